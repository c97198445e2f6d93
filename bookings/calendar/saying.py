"""What goes along with the statements of a transaction, which spares round trips.

With the first: BEGIN, how long it may wait, and who does it. With the last: COMMIT. With any:
what was to be said `later`. What a savepoint takes back before it was said is not said at all.

pghistory says before every statement who does it, which costs as much as a small query; but
it lasts until the transaction ends, so it is said again only when it changes or was taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db import connection
from pghistory import config, runtime
from psycopg2 import Error
from psycopg2.extensions import TRANSACTION_STATUS_INERROR, TRANSACTION_STATUS_INTRANS

from practitioners.later import GoesAlong, collecting
from practitioners.prepared import execute, whole_line

BEGIN, COMMIT, ROLLBACK = "BEGIN; ", "COMMIT", "ROLLBACK"
STILL_OPEN = {TRANSACTION_STATUS_INTRANS, TRANSACTION_STATUS_INERROR}
TAKES_BACK = "ROLLBACK TO"
WHO = (
    "SELECT set_config('pghistory.context_id', %s, true),"
    " set_config('pghistory.context_metadata', %s, true); "
)


@contextmanager
def saying_once(first: str) -> Iterator[None]:
    """Say something with the first statement of a transaction, and who does it for all of them.

    The transaction of Django's outermost block is begun and committed so, too.
    """
    wrappers, theirs = connection.execute_wrappers, runtime._inject_history_context
    before, is_outermost = list(wrappers), len(connection.atomic_blocks) == 1
    saying = _Saying(BEGIN + first if is_outermost else first)
    # In front of others, so that they see what goes along.
    wrappers[:] = [saying, *(one for one in before if one is not theirs)]
    try:
        with collecting(saying.keep), _beginning_it() if is_outermost else nullcontext():
            yield
            saying.say_the_rest(COMMIT if is_outermost and not connection.needs_rollback else "")
    finally:
        wrappers[:] = before


@contextmanager
def _beginning_it() -> Iterator[None]:
    """Let the driver neither begin nor end the transaction, each by a round trip of its own.

    Django's block goes on as ever, but its commit finds nothing to be done. Whatever is still
    open at the end, because of an error or because somebody wanted it so, is taken back.
    """
    line: Any = connection.connection
    line.autocommit = True
    try:
        yield
    finally:
        if line.info.transaction_status in STILL_OPEN:
            _take_back(line)


def _take_back(line: Any) -> None:
    try:
        with line.cursor() as cursor:
            cursor.execute(ROLLBACK)
    except Error:
        connection.close()  # then the server does it


class _Saying(GoesAlong):
    """Puts in front of a statement what has not been said yet."""

    def __init__(self, first: str) -> None:
        self._unsaid = first
        self._who: tuple[Any, dict[str, Any]] | None = None

    def keep(self, said: str) -> None:
        """Let a statement go along with the next one, by whoever does things now."""
        self._unsaid += self._who_if_new() + said

    def say_the_rest(self, end: str = "") -> None:
        """Say what no statement has followed, and the end of the transaction with it."""
        rest, self._unsaid = self._unsaid + end, ""
        if rest:
            execute(whole_line(), rest, ())

    def __call__(self, execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        if statement.startswith(TAKES_BACK):
            self._unsaid, self._who = "", None
            return execute(statement, values, many, context)
        if many:  # it is to be said once, and not before each
            self.say_the_rest()
        return execute(self.before(values) + statement, values, many, context)

    def before(self, values: Any) -> str:
        """What has not been said yet."""
        unsaid, self._unsaid = self._unsaid + self._who_if_new(), ""
        return unsaid.replace("%%", "%") if values is None else unsaid

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
