"""The locks of a change of the calendar.

    visitor ──► practitioner ──► room ──► client        ids ascending within a kind

All are PostgreSQL's advisory locks and last until the transaction ends. Every lock is
taken before the first row is written, and nobody waits for a second room: so no two
changes can wait for each other.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from django.db import connection

VISITOR, PRACTITIONER, ROOM, CLIENT = range(4)
LARGEST = 0x7FFFFFFF

# A function scan hands its rows out in the order of the arrays.
WAIT = """
SELECT pg_advisory_xact_lock(kind, id) FROM unnest(%s::int[], %s::int[]) AS wanted (kind, id)
"""


def visitor_number(visitor: str) -> int:
    """The lock of a visitor; two who share a number only wait for each other."""
    return zlib.crc32(visitor.encode()) & LARGEST


def lock(*wanted: tuple[int, int | None]) -> None:
    """Wait for some locks in their one order; a pair without an id asks for none."""
    pairs = in_order(wanted)
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(WAIT, [[kind for kind, _ in pairs], [key for _, key in pairs]])


def in_order(wanted: Iterable[tuple[int, int | None]]) -> list[tuple[int, int]]:
    """Pairs of kind and id as they are locked, without those that ask for none."""
    return sorted({(kind, key & LARGEST) for kind, key in wanted if key is not None})


def lock_visitor(visitor: str) -> None:
    """Let one visitor do one thing at a time, whatever their browser sends at once."""
    lock((VISITOR, visitor_number(visitor)))
