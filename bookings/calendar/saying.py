"""What is said once for a whole transaction: how long it may wait, and who does it.

Both go with the first statement, which spares round trips. pghistory says before every
statement who does it, which costs as much as a small query; but it lasts until the
transaction ends, so it is said again only when it changes or was taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from pghistory import config, runtime

TAKES_BACK = "ROLLBACK TO"
WHO = (
    "SELECT set_config('pghistory.context_id', %s, true),"
    " set_config('pghistory.context_metadata', %s, true); "
)


@contextmanager
def saying_once(first: str) -> Iterator[None]:
    """Say something with the first statement of a transaction, and who does it for all of them."""
    wrappers, theirs = connection.execute_wrappers, runtime._inject_history_context
    before = list(wrappers)
    wrappers[:] = [one for one in before if one is not theirs]
    try:
        with connection.execute_wrapper(_Saying(first)):
            yield
    finally:
        wrappers[:] = before


class _Saying:
    """Puts in front of a statement what has not been said yet."""

    def __init__(self, first: str) -> None:
        self._unsaid = first
        self._who: tuple[Any, dict[str, Any]] | None = None

    def __call__(self, execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        unsaid, self._unsaid = self._unsaid, ""
        now = getattr(runtime._tracker, "value", None)  # what pghistory would say
        who = (now.id, dict(now.metadata)) if now else None
        if who and who != self._who:
            unsaid += _said_by(context["cursor"], *who)
        self._who = None if statement.startswith(TAKES_BACK) else who
        if values is not None:
            unsaid = unsaid.replace("%", "%%")
        return execute(unsaid + statement, values, many, context)


def _said_by(cursor: Any, key: Any, about: dict[str, Any]) -> str:
    words = json.dumps(about, cls=config.json_encoder())
    return str(cursor.mogrify(WHO, [str(key), words]).decode())
