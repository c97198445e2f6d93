"""Reading what hardly ever changes once, for a short piece of work that asks for it often."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

Read = TypeVar("Read")
_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("known", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Remember within it what `once` has read."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once(name: Hashable, read: Callable[[], Read]) -> Read:
    """What was read under this name before; outside of `read_once` it is read every time."""
    kept = _known.get()
    if kept is None:
        return read()
    if name not in kept:
        kept[name] = read()
    found: Read = kept[name]
    return found


def known(name: Hashable) -> Any:
    """What was read under this name before, if anything."""
    return (_known.get() or {}).get(name)


def remember(name: Hashable, read: Any) -> None:
    """Let `once` know what was read otherwise; outside of `read_once` nothing is kept."""
    kept = _known.get()
    if kept is not None:
        kept[name] = read
