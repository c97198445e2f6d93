"""Threads of one process that change the calendar take turns.

A thread in the middle of a change holds locks that others wait for. The more of them work at
once, the longer each waits for Python itself, with its locks held, and some for very long:
neither Python nor its own semaphore minds who came first.
"""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType

AT_ONCE = 4  # enough for two cores while some wait for the disk or for a lock of another process


class Turns:
    """So many at once; whoever else comes waits, and the first to come is the next to go."""

    def __init__(self, at_once: int) -> None:
        self._free, self._lock = at_once, threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            mine.acquire()
        except BaseException:  # interrupted: whoever waits behind must not wait for it
            self._give_up(mine)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def _give_up(self, mine: threading.Lock) -> None:
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return
        self.__exit__(None, None, None)  # it was given the turn a moment ago


turns = Turns(AT_ONCE)
