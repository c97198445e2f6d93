"""Statements whose answer nobody waits for: they go along with the next one.

What a statement writes is often of no use to whoever wrote it, and each answer of the
database costs more than to send another statement along. Whoever collects them sends them
in their order, before the next one of the same transaction and at the latest before its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection

Keep = Callable[[str], None]
_keep: ContextVar[Keep | None] = ContextVar("keep", default=None)


@contextmanager
def collecting(keep: Keep) -> Iterator[None]:
    """Let what is said `later` within it be kept by somebody who sends it along."""
    token = _keep.set(keep)
    try:
        yield
    finally:
        _keep.reset(token)


class GoesAlong:
    """One of Django's `execute_wrappers` that only puts something in front of a statement.

    So a prepared statement need not be executed in Django's own way, which takes longer.
    """

    def before(self, values: Any) -> str:
        """What is to be put in front of a statement with these values, if it has some."""
        raise NotImplementedError


def later(said: str) -> None:
    """Execute what a prepared statement has `said` along with the next one; at once where nobody collects.

    What a constraint says against it is raised by the statement that it goes along with.
    """
    keep = _keep.get()
    if keep and said:
        keep(said)
    elif said:
        with connection.cursor() as cursor:
            cursor.execute(said, ())
