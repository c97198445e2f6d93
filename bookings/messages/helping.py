"""More than one message at a time in one worker: while one waits for a disk or the relay, another goes on.

To the rows a helper is one more worker, with claims, a connection and a line to the relay of
its own. They come once there is more than a batch of work, end when it does, and are in
this process: it ends after they have, and who kills it kills them.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from django.conf import settings

Found = TypeVar("Found")


class Helpers(Generic[Found]):
    """Threads that all do the same piece of work, if they are called."""

    def __init__(self, work: Callable[[], Found]) -> None:
        self._work = work
        self._most = settings.MESSAGE_HELPERS
        self._pool = ThreadPoolExecutor(max(1, self._most), thread_name_prefix="helper")
        self._called: list[Future[Found]] = []

    def __enter__(self) -> Helpers[Found]:
        return self

    def __exit__(self, *_problem: Any) -> None:
        """Wait until they have ended."""
        self._pool.shutdown()

    def call(self) -> None:
        """Let them come; once they have, more calls do nothing."""
        if not self._called:
            self._called = [self._pool.submit(self._work) for _ in range(self._most)]

    def results(self) -> list[Found]:
        """What each has found. Raises what has ended one of them."""
        return [one.result() for one in self._called]
