"""Locks on what is still to be had, found and locked by one statement each.

A lock is good for what is read after it. So what these find is looked at once more behind
them: the time by the rules, the room by its constraint.
"""

from __future__ import annotations

from datetime import datetime

from bookings.calendar.locks import (
    CLIENT,
    LARGEST,
    PRACTITIONER,
    ROOM,
    VISITOR,
    in_order,
    lock,
    visitor_number,
)
from bookings.errors import NoRoom, SlotTaken
from bookings.models import Appointment
from bookings.refusals import IN_THE_WAY, Wish
from bookings.rooms import FREE_ROOMS, room_wish
from practitioners.models import Room
from practitioners.prepared import Prepared, PreparedAround

Pair = tuple[int, int]  # kind and id
LOCKED = {"kinds": "int[]", "keys": "int[]"}
UNLESS_TAKEN = PreparedAround(
    "lock_unless_taken",
    """
WITH in_the_way AS MATERIALIZED ({})
SELECT pg_advisory_xact_lock(kind, id) FROM unnest(%(kinds)s, %(keys)s) AS wanted (kind, id)
WHERE NOT EXISTS (SELECT FROM in_the_way)
""",
    IN_THE_WAY,
    **LOCKED,
)
# Who waits for the client does so afterwards, because the locked room must be known first.
WHICHEVER_IS_FREE = PreparedAround(
    "lock_free_room",
    f"""
WITH free AS MATERIALIZED ({{}}), got AS MATERIALIZED (
    SELECT id FROM free WHERE pg_try_advisory_xact_lock({ROOM}, (id & {LARGEST})::int) LIMIT 1
)
SELECT id, (SELECT count(pg_advisory_xact_lock(kind, key + 0 * got.id::int))
            FROM unnest(%(kinds)s, %(keys)s) AS more (kind, key)) FROM got
""",  # noqa: S608  our own numbers
    FREE_ROOMS,
    **LOCKED,
)


# Sorted within, so that the locks are taken in their one order.
WHAT_IS_KEPT = Prepared(
    "lock_what_is_kept",
    f"""
WITH kept AS MATERIALIZED (
    SELECT practitioner_id, room_id FROM bookings_appointment
    WHERE held_by = %(visitor)s AND status = 'held'
)
SELECT kind, id, pg_advisory_xact_lock(kind, id) FROM (
    SELECT kind, (key & {LARGEST})::int AS id FROM (
        SELECT {PRACTITIONER} AS kind, practitioner_id AS key FROM kept
        UNION SELECT {ROOM}, room_id FROM kept WHERE %(with_room)s AND room_id IS NOT NULL
        UNION SELECT kind, key FROM unnest(%(kinds)s, %(keys)s) AS more (kind, key)
    ) AS wanted ORDER BY kind, id
) AS one
""",  # noqa: S608  our own numbers
    {"visitor": "text", "with_room": "boolean", **LOCKED},
)


def is_taken(wish: Wish) -> bool:
    """Tell whether somebody stands there. One cheap query."""
    return IN_THE_WAY.first(**wish.there) is not None


def take_time(wish: Wish, *more: tuple[int, int]) -> None:
    """Lock the calendar of a practitioner, and more, unless somebody stands there already.

    Of a crowd that wants one time nobody waits for nothing. Raises the reason why it
    cannot be booked.
    """
    wanted = _pairs((PRACTITIONER, wish.practitioner.pk), *more)
    if not UNLESS_TAKEN.rows(**wish.there, **wanted):
        raise wish.why_not() or SlotTaken()  # it may be free again by now


def take_room(
    visit: Appointment,
    *,
    now: datetime,
    wanted: Room | None = None,
    moving: Appointment | None = None,
    visitor: str = "",
) -> int | None:
    """Choose and lock a room: the one the visit has, else the least used free one; then the client.

    None for a service that needs none. Raises NoRoom. Whichever is not locked by somebody is
    taken, and one room is waited for at most; that somebody else took it before it was ours
    is what `insert` and `update` find.
    """
    client = (CLIENT, visit.client_id)
    if not visit.service.needs_room and wanted is None:
        lock(client)
        return None
    asked = room_wish(visit, now=now, moving=moving, visitor=visitor)
    got = [] if wanted else WHICHEVER_IS_FREE.rows(**asked, **_pairs(client))
    if got:
        return int(got[0][0])
    free = FREE_ROOMS.keys(**asked)
    if not free or (wanted and wanted.pk not in free):
        raise NoRoom
    key = wanted.pk if wanted else free[0]
    lock((ROOM, key), client)
    return key


def lock_kept(visitor: str, *more: tuple[int, int | None], with_room: bool = True) -> set[Pair]:
    """Lock a visitor, what they keep, and more, as it stands when asked; what is locked now."""
    wanted = _pairs((VISITOR, visitor_number(visitor)), *more)
    rows = WHAT_IS_KEPT.rows({"visitor": visitor, "with_room": with_room, **wanted})
    return {(kind, key) for kind, key, _ in rows}


def _pairs(*wanted: tuple[int, int | None]) -> dict[str, list[int]]:
    pairs = in_order(wanted)
    return {"kinds": [kind for kind, _ in pairs], "keys": [key for _, key in pairs]}
