"""Answers that a session keeps for as long as it would read the very same rows.

PostgreSQL says which transactions a statement sees. Two statements that see the same ones see
the same rows of every table, whoever writes them and how:

    nothing else is seen  ──►  nothing at all has been written since: what was found is right
    anything else         ──►  it is found anew

What is seen is asked for before the answer is found: one that already knew more is never given
again, and once will do for all that one look asks. Nothing is kept within a transaction, which sees
also what it has written itself, and nothing beyond a session, so that no other server or restored
one can be meant.
Only the clock is left. A hold that has run out is seen; dates on the wall belong to the question,
and whoever asks says until when an answer is right.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections

from practitioners.prepared import Prepared

Answer = TypeVar("Answer")
SEEN = Prepared(
    "seen",
    "SELECT pg_current_snapshot()::text, (SELECT min(held_until) FROM bookings_appointment"
    " WHERE status = 'held' AND held_until > %(now)s)",
    {"now": "timestamptz"},
)
KEPT = 128  # questions in each session; a crawler may ask for any


class Seen(NamedTuple):
    """What a session saw at a moment."""

    session: Any
    what: tuple[Any, ...]


class Kept(NamedTuple):
    """What was found, from when until when it is right, and what was seen then."""

    seen: tuple[Any, ...]
    since: datetime
    until: datetime
    answer: Any


def seen(*, now: datetime) -> Seen | None:
    """What the session sees; nothing within a transaction. One query."""
    line: Any = connections[DEFAULT_DB_ALIAS]
    if line.in_atomic_block:
        return None
    (what,) = SEEN.rows({"now": now})
    return Seen(line.connection, what)


class KeptAnswers:
    """Under each question its answer, which nobody may change."""

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[Any, dict[Hashable, Kept]] = WeakKeyDictionary()

    def kept_or_found(
        self,
        question: Hashable,
        find: Callable[[], Answer],
        until: Callable[[Answer], datetime],
        *,
        seen: Seen,
        now: datetime,
    ) -> Answer:
        """The answer that is right now, of what has just been seen. No query but those that find it."""
        answers = self._kept.setdefault(seen.session, {})
        kept = answers.get(question)
        if not kept or kept.seen != seen.what or not kept.since <= now <= kept.until:
            found = find()
            if len(answers) >= KEPT:
                answers.clear()
            kept = answers[question] = Kept(seen.what, now, until(found), found)
        answer: Answer = kept.answer
        return answer

    def __len__(self) -> int:
        """How many are kept, in all sessions."""
        return sum(map(len, self._kept.values()))

    def forget(self) -> None:
        """Find all of them anew."""
        self._kept.clear()
