"""What goes along with the statements of a transaction, which spares round trips.

With the first: how long it may wait, and who does it. pghistory says before every statement
who does it, which costs as much as a small query; but it lasts until the transaction ends,
so it is said again only when it changes or was taken back. With any: what was to be said
`later`. What a savepoint takes back before it was said is not said at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from pghistory import config, runtime

from practitioners.later import collecting

TAKES_BACK = "ROLLBACK TO"
WHO = (
    "SELECT set_config('pghistory.context_id', %s, true),"
    " set_config('pghistory.context_metadata', %s, true); "
)


@contextmanager
def saying_once(first: str) -> Iterator[None]:
    """Say something with the first statement of a transaction, and who does it for all of them."""
    wrappers, theirs = connection.execute_wrappers, runtime._inject_history_context
    before, saying = list(wrappers), _Saying(first)
    # In front of others, so that they see what goes along.
    wrappers[:] = [saying, *(one for one in before if one is not theirs)]
    try:
        with collecting(saying.keep):
            yield
            saying.say_the_rest()
    finally:
        wrappers[:] = before


class _Saying:
    """Puts in front of a statement what has not been said yet."""

    def __init__(self, first: str) -> None:
        self._unsaid = first
        self._who: tuple[Any, dict[str, Any]] | None = None

    def keep(self, said: str) -> None:
        """Let a statement go along with the next one, by whoever does things now."""
        self._unsaid += self._who_if_new() + said

    def say_the_rest(self) -> None:
        """Say what no statement has followed."""
        rest, self._unsaid = self._unsaid, ""
        if rest:
            with connection.cursor() as cursor:
                cursor.execute(rest, ())

    def __call__(self, execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        if statement.startswith(TAKES_BACK):
            self._unsaid, self._who = "", None
            return execute(statement, values, many, context)
        if many:  # it is to be said once, and not before each
            self.say_the_rest()
        unsaid, self._unsaid = self._unsaid + self._who_if_new(), ""
        if values is None:
            unsaid = unsaid.replace("%%", "%")
        return execute(unsaid + statement, values, many, context)

    def _who_if_new(self) -> str:
        """Who does it, as pghistory would say it, unless that has been said."""
        now = getattr(runtime._tracker, "value", None)
        who = (now.id, dict(now.metadata)) if now else None
        if who is None or who == self._who:
            return ""
        self._who = who
        return _said_by(*who)


def _said_by(key: Any, about: dict[str, Any]) -> str:
    words = json.dumps(about, cls=config.json_encoder())
    with connection.connection.cursor() as cursor:
        return str(cursor.mogrify(WHO, [str(key), words]).decode()).replace("%", "%%")
