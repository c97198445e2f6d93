"""Messages decided before their turn: a batch is read at once, each mark makes sure of what was read.

    read     all that the messages of a batch are about, by one statement; nothing is locked
    decide   and render when its turn comes, from what was read, without asking the database
    mark     one trip, one transaction: lock its rows, see that they are as they were read,
             mark it as being sent
    else     whatever is not to be sent, or asks for more, or has changed meanwhile, is locked,
             read, decided and marked as ever (`delivery.commit`)

Why nothing goes after a stop: the mark takes the locks that every stop takes, before it
compares, and holds them until it is committed. It compares by a statement of its own, behind
the one that locks, so it sees all that was committed before the locks were had, however long
they were waited for. PostgreSQL gives a row another `xmin` with each change, so rows with the
same are those that the decision was made of. A stop is committed before the locks, and then
the mark is not set; or it waits, and finds the message on its way. It was like that before:
what may be minutes old is only what the mark then finds to be still so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet, TextField
from django.db.models.expressions import RawSQL

from bookings.extensions import message_source
from bookings.messages import texts
from bookings.messages.claim import Proviso, marking
from bookings.models import Message
from practitioners.models import ClinicSettings
from practitioners.prepared import Prepared, PreparedQuery


class NotRead(Exception):
    """Something was asked for that was not read ahead."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a message is about, as it was read."""

    row: Any
    mark: Prepared
    locks: Prepared

    def proviso(self) -> Proviso:
        """That the row and all that was read with it are as they were read, once it is locked."""
        return Proviso(self.mark, {"key": self.row.pk, "seen": self.row.seen}, self.locks)


class Ahead:
    """How the messages of a source are read ahead.

    `told_of` gives its rows with all that decisions and words are made of; `seen` is a query for
    the versions of all of these rows, by the `{key}` of one; `lock` is what locks one of them,
    and `ready` makes it what the source's own `lock` answers.
    """

    def __init__(
        self,
        name: str,
        *,
        lock: PreparedQuery[Any],
        told_of: Callable[[], QuerySet[Any]],
        seen: str,
        ready: Callable[[Any], Any],
    ) -> None:
        self._lock, self._told_of, self._seen, self._ready = lock, told_of, seen, ready
        as_seen = f"AND %(seen)s = ({seen.format(key='%(key)s')})"
        self._mark = marking(f"mark_{name}_as_seen", as_seen, key="bigint", seen="text")
        self.read_by = PreparedQuery(f"{name}s_read_ahead", {"keys": "text"}, self._rows)

    def _rows(self, keys: str) -> QuerySet[Any]:
        rows = self._told_of()
        seen = self._seen.format(key=f'"{rows.model._meta.db_table}"."id"')
        versions = RawSQL(f"({seen})", (), output_field=TextField())  # noqa: S611  words of ours
        chosen = RawSQL("SELECT unnest(%s::bigint[])", [keys])
        return rows.filter(pk__in=chosen).annotate(seen=versions)

    def read(self, messages: Collection[Message]) -> dict[int, Known]:
        """What is known of each of these messages, by its key. One query."""
        locks = self._lock.prepared  # Django puts it together in a transaction only
        keys = {message.pk: int(message.source_id) for message in messages}
        found = self.read_by.rows(keys=f"{{{','.join(map(str, keys.values()))}}}")
        rows = {row.pk: self._ready(row) for row in found}
        return {
            message: Known(rows[key], self._mark, locks)
            for message, key in keys.items()
            if key in rows
        }


@transaction.atomic(durable=True)
def read(batch: Collection[Message]) -> dict[int, Known]:
    """What is known of the messages of a batch before their turn, by their keys.

    Durable, because what is not committed could be sent and then never have happened.
    """
    by_source: dict[str, list[Message]] = {}
    for message in batch:
        by_source.setdefault(message.source_type, []).append(message)
    known: dict[int, Known] = {}
    for source_type, messages in by_source.items():
        if ahead := getattr(message_source(source_type), "ahead", None):
            known |= ahead.read(messages)
    if known:
        ClinicSettings.current()  # which all of them ask for
        texts.read_own_words()
    return known


@contextmanager
def asking_nothing() -> Iterator[None]:
    """Within it a query raises NotRead."""
    with connection.execute_wrapper(_refuse):
        yield


def _refuse(*_asked: Any) -> Any:
    raise NotRead
