"""Locks that tell the next statement what is locked.

What is read behind a lock has to be read by a later statement than the one that waited for
it, but both may be sent together: the first leaves a mark, the second brings it along. A mark
lasts until the transaction ends or the next one is left.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Func, TextField, Value

Pair = tuple[int, int]  # kind and id, see `calendar.locks`
MARK = "calendar.locks"
# Around a list of pairs in the order in which they are locked, named `locked (kind, id, …)`.
LEAVE = f"""
SELECT set_config('{MARK}', coalesce(string_agg(kind || ':' || id, ' '), ''), true) FROM locked
"""  # noqa: S608  our own word


class Locks(Func):
    """What the last statement that left a mark has locked, as text for `pairs_of`."""

    function = "current_setting"
    output_field = TextField()

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        super().__init__(*(expressions or (Value(MARK), Value(True))), **extra)


def pairs_of(row: Any) -> set[Pair]:
    """The pairs that were locked before a row was read."""
    pairs = (one.split(":") for one in (row.locks or "").split())
    return {(int(kind), int(key)) for kind, key in pairs}
