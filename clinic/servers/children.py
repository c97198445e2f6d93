"""The programs of one `up`: started, watched, stopped, and found again after it was killed.

Every `up` has a mark and a file of that name, locked for as long as it lives. The
kernel lets go of the lock however it ends, so a file that can be locked belongs
to one that was killed, and whatever still carries its mark is an orphan.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from clinic.servers.errors import ServerError
from clinic.servers.processes import MARK, end_marked

POLL = 0.3  # seconds between looks at the children
STOP_SECONDS = 25  # a worker finishes the message in hand


class Server(Protocol):
    """What is watched besides the children: an embedded server."""

    name: str

    def is_running(self) -> bool: ...


class Children:
    """What one `up` has started, by name."""

    def __init__(self, folder: Path) -> None:
        self.mark = secrets.token_hex(8)
        self._file = folder / f"up-{self.mark}"
        self._lock = _locked_file(self._file)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], env: dict[str, str]) -> None:
        """Start one in a session of its own, so that Ctrl+C reaches only us."""
        self._running[name] = subprocess.Popen(
            command,
            env={**env, MARK: self.mark},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dead(self) -> str | None:
        """The name of one that has ended."""
        return next((name for name, one in self._running.items() if one.poll() is not None), None)

    def wait_for_a_death(self, servers: Sequence[Server]) -> str:
        """The name of the first child or server that ends."""
        while True:
            stopped = (one.name for one in servers if not one.is_running())
            if name := self.dead() or next(stopped, None):
                return name
            time.sleep(POLL)

    def stop(self) -> None:
        """End all of them, and what they have started, and forget them."""
        end_marked(self.mark, STOP_SECONDS)
        for child in self._running.values():
            child.wait()
        self._file.unlink(missing_ok=True)
        self._lock.close()


def end_orphans(folder: Path) -> int:
    """End what is left of every `up` that was killed; one that lives keeps its own."""
    count = 0
    for file in folder.glob("up-*"):
        with file.open() as handle:
            if _can_lock(handle):
                count += end_marked(file.name.removeprefix("up-"), STOP_SECONDS)
                file.unlink(missing_ok=True)
    return count


def hold_alone(file: Path) -> IO[str]:
    """Lock a file until this process ends. Raises ServerError while another one does."""
    handle = file.open("a")
    if not _can_lock(handle):
        raise ServerError("The clinic already runs from this folder; stop it first.")
    return handle


def _locked_file(file: Path) -> IO[str]:
    """Make a file that is never seen unlocked."""
    unfinished = file.with_name(f"new-{file.name}")
    handle = unfinished.open("w")
    os.fchmod(handle.fileno(), 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    unfinished.rename(file)
    return handle


def _can_lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
