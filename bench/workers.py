"""Processes of our own that work at the same time, each with its own connections."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from django.db import connection, connections

from clinic.memory import freeze

FORK = multiprocessing.get_context("fork")


@dataclass
class Worker:
    """One process and what it will answer."""

    process: Any
    answers: Connection

    def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()

    def result(self) -> Any:
        """What its work returned. Raises RuntimeError when it failed or was killed."""
        try:
            is_good, found = self.answers.recv()
        except EOFError:
            is_good, found = False, "The worker died."
        self.process.join()
        if not is_good:
            raise RuntimeError(found)
        return found


def start(work: Callable[[], Any]) -> Worker:
    """Start a process that does a piece of work once, with its memory as `clinic/gunicorn_conf.py` has it."""
    connections.close_all()
    freeze()
    mine, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_do, args=(work, theirs))
    process.start()
    theirs.close()
    return Worker(process, mine)


def _do(work: Callable[[], Any], answers: Connection) -> None:
    try:
        answers.send((True, work()))
    except Exception:
        answers.send((False, traceback.format_exc()))
    finally:
        connections.close_all()


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Let so many processes do their part; returns what each found."""
    workers = [start(lambda number=number: work(number)) for number in range(count)]  # type: ignore[misc]
    return [worker.result() for worker in workers]


def timed(count: int, work: Callable[[], Any]) -> tuple[float, list[Any]]:
    """Let so many processes do the same; seconds until the last one has finished, and their answers.

    All start at once, with their connections open.
    """
    gate = FORK.Barrier(count + 1)

    def once() -> tuple[float, Any]:
        connection.ensure_connection()
        gate.wait()
        found = work()
        return time.perf_counter(), found

    started = [start(once) for _ in range(count)]
    gate.wait()
    began = time.perf_counter()
    ended = [worker.result() for worker in started]
    return max(at for at, _ in ended) - began, [found for _, found in ended]
