"""Telling processes of this machine apart: what one is, and which of them an `up` started.

A number alone says nothing: it may belong to somebody else since. What an `up`
starts carries a random mark in its environment, and hands it on to its own children.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MARK = "CLINIC_UP"
PROC = Path("/proc")


def command_of(pid: int) -> str:
    """The command line of a process; nothing when there is none or it has ended."""
    if not PROC.is_dir():
        return _ask_ps("-ww", "-o", "command=", "-p", str(pid)).strip()
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
    except OSError:
        return ""


def pid_in(file: Path) -> int | None:
    """The number on the first line of a process file, or None."""
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def marked(mark: str) -> dict[int, int]:
    """Every living process with this mark, and its parent."""
    word = f"{MARK}={mark}"
    found = _from_proc(word) if PROC.is_dir() else _from_ps(word)
    found.pop(os.getpid(), None)
    return found


def end_marked(mark: str, seconds: float) -> int:
    """Ask the eldest to end, then whom they leave behind; kill whoever is left in the end.

    A parent may let its children finish what they have in hand, so they are not asked
    before it has gone. Returns how many were found.
    """
    asked: set[int] = set()
    count = len(marked(mark))

    def has_ended() -> bool:
        found = marked(mark)
        eldest = {pid for pid, parent in found.items() if parent not in found}
        send(signal.SIGTERM, eldest - asked)
        asked.update(eldest)
        return not found

    if not until(has_ended, seconds):
        send(signal.SIGKILL, marked(mark))
        until(lambda: not marked(mark), 5)
    return count


def send(number: signal.Signals, pids: Iterable[int]) -> None:
    """Send a signal to those that are still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def until(is_so: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Wait until something is so; False when it is not in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _from_proc(word: str) -> dict[int, int]:
    found = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            if word.encode() in (folder / "environ").read_bytes().split(b"\0"):
                # The name in brackets may hold anything; state and parent follow it.
                after_name = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                found[int(folder.name)] = int(after_name[1])
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return found


def _from_ps(word: str) -> dict[int, int]:
    lines = _ask_ps("axeww", "-o", "pid=,ppid=,command=").splitlines()
    rows = [line.split() for line in lines]
    return {int(row[0]): int(row[1]) for row in rows if word in row[2:]}


def _ask_ps(*words: str) -> str:
    return subprocess.run(["ps", *words], capture_output=True, text=True).stdout
