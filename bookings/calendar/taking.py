"""Locks on what is still to be had, found and locked by one statement each.

A lock is good for what is read after it. So what these find is looked at once more behind
them: the time by the rules, the room by its constraint, a visit by reading it. Most are
sent together with what reads behind them, see `marks`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.asked import IN_THE_WAY
from bookings.calendar.attempts import LookAgain
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
from bookings.marks import LEAVE, MARK, pairs_of
from bookings.models import Appointment
from bookings.refusals import Wish
from bookings.rooms import FREE_ROOMS, a_room, room_wish
from bookings.wall_clock import DAY
from practitioners.models import Room
from practitioners.prepared import Prepared, PreparedAround

LOCKED = {"kinds": "int[]", "keys": "int[]"}
UNLESS_TAKEN = PreparedAround(
    "lock_unless_taken",
    f"""
WITH in_the_way AS MATERIALIZED ({{}}), locked AS MATERIALIZED (
    SELECT kind, id, pg_advisory_xact_lock(kind, id)
    FROM unnest(%(kinds)s, %(keys)s) AS wanted (kind, id)
    WHERE NOT EXISTS (SELECT FROM in_the_way)
)
{LEAVE}
""",  # noqa: S608  our own words
    IN_THE_WAY,
    **LOCKED,
)
# Who waits for the client does so afterwards, because the locked room must be known first.
# Adds to the mark of the locks that were taken before; without those it does nothing.
WHICHEVER_IS_FREE = PreparedAround(
    "lock_free_room",
    f"""
WITH free AS MATERIALIZED (
    SELECT * FROM ({{}}) AS room WHERE %(at_once)s OR current_setting('{MARK}', true) <> ''
), got AS MATERIALIZED (
    SELECT id FROM free WHERE pg_try_advisory_xact_lock({ROOM}, (id & {LARGEST})::int) LIMIT 1
), locked AS MATERIALIZED (
    SELECT kind, key AS id, pg_advisory_xact_lock(kind, key + 0 * got.id::int)
    FROM got, unnest(%(kinds)s, %(keys)s) AS more (kind, key)
)
SELECT id, set_config('{MARK}', concat_ws(' ', current_setting('{MARK}', true), {ROOM} || ':' || id,
    (SELECT string_agg(kind || ':' || id, ' ') FROM locked)), true) FROM got
""",  # noqa: S608  our own words
    FREE_ROOMS,
    at_once="boolean",
    **LOCKED,
)


# Sorted within, so that the locks are taken in their one order.
WHAT_IS_KEPT = Prepared(
    "lock_what_is_kept",
    f"""
WITH kept AS MATERIALIZED (
    SELECT practitioner_id, room_id FROM bookings_appointment
    WHERE held_by = %(visitor)s AND status = 'held'
), locked AS MATERIALIZED (
    SELECT kind, id, pg_advisory_xact_lock(kind, id) FROM (
        SELECT kind, (key & {LARGEST})::int AS id FROM (
            SELECT {PRACTITIONER} AS kind, practitioner_id AS key FROM kept
            UNION SELECT {ROOM}, room_id FROM kept WHERE %(with_room)s AND room_id IS NOT NULL
            UNION SELECT kind, key FROM unnest(%(kinds)s, %(keys)s) AS more (kind, key)
        ) AS wanted ORDER BY kind, id
    ) AS one
)
{LEAVE}
""",  # noqa: S608  our own numbers
    {"visitor": "text", "with_room": "boolean", **LOCKED},
)


WHAT_IT_STANDS_ON = f"""
stands AS MATERIALIZED (
    SELECT practitioner_id, room_id, client_id FROM bookings_appointment WHERE id = %(visit)s
), locked AS MATERIALIZED (
    SELECT kind, id, pg_advisory_xact_lock(kind, id) FROM (
        SELECT kind, (key & {LARGEST})::int AS id FROM (
            SELECT {PRACTITIONER} AS kind, practitioner_id AS key FROM stands
            UNION SELECT {ROOM}, room_id FROM stands
            UNION SELECT {CLIENT}, client_id FROM stands
            UNION SELECT kind, key FROM unnest(%(kinds)s, %(keys)s) AS more (kind, key)
        ) AS wanted WHERE kind = ANY (%(only)s) AND key IS NOT NULL ORDER BY kind, id
    ) AS one WHERE NOT EXISTS (SELECT FROM in_the_way)
)
{LEAVE}
"""  # noqa: S608  our own numbers
STANDS: dict[str, str] = {"visit": "bigint", "only": "int[]", **LOCKED}
STANDS_ON = Prepared(
    "lock_what_it_stands_on",
    f"WITH in_the_way AS (SELECT WHERE false), {WHAT_IT_STANDS_ON}",
    STANDS,
)
STANDS_ON_UNLESS_TAKEN = PreparedAround(
    "lock_what_it_stands_on_unless_taken",
    f"WITH in_the_way AS MATERIALIZED ({{}}), {WHAT_IT_STANDS_ON}",
    IN_THE_WAY,
    **STANDS,
)


def take_time(wish: Wish, *more: tuple[int, int], with_room: bool = True) -> None:
    """Lock the calendar of a practitioner, and more, unless somebody stands there already.

    With them a room and the client, for `take_room`. Of a crowd that wants one time nobody
    waits for nothing. The offer is read behind the locks, or without them where they are of
    no use. Raises the reason why it cannot be booked.
    """
    wanted = _pairs((PRACTITIONER, wish.practitioner.pk), *more)
    locks = UNLESS_TAKEN.said(**wish.there, **wanted)
    wish.offer = wish.read(
        after=locks + (room_with_it(wish, wish.client or None) if with_room else "")
    )
    if wish.offer is None or not pairs_of(wish.offer):
        raise wish.why_not() or SlotTaken()  # it may be free again by now


def room_with_it(wish: Wish, client: int | None) -> str:
    """Lock a room and the client behind other locks, if those were taken: said to go after them.

    It is for the wish as it is now: `take_room` asks again when that was mistaken.
    """
    if not wish.service.needs_room:
        return ""
    there, own = wish.there, (wish.moving and wish.moving.room_id) or 0
    near = {name: there[name] for name in ("now", "visitor", "moving")}
    asked = a_room(wish.location.pk, there["busy"], own=own, **near)
    return WHICHEVER_IS_FREE.said(at_once=False, **asked, **_pairs((CLIENT, client)))


def take_room(
    visit: Appointment,
    *,
    now: datetime,
    wanted: Room | None = None,
    moving: Appointment | None = None,
    visitor: str = "",
    wish: Wish | None = None,
) -> int | None:
    """Choose and lock a room: the one the visit has, else the least used free one; then the client.

    None for a service that needs none. Raises NoRoom. Whichever is not locked by somebody is
    taken, the one that was locked with the time of the `wish` before all, and one room is
    waited for at most; that somebody else took it before it was ours is what `insert` and
    `update` find.
    """
    client = (CLIENT, visit.client_id)
    if not visit.service.needs_room and wanted is None:
        lock(client)
        return None
    with_time = _room_of(wish) if wish and not wanted else None
    if with_time and wish and not wish.was_mistaken:
        return with_time
    asked = room_wish(visit, now=now, moving=moving, visitor=visitor)
    got = [] if wanted else WHICHEVER_IS_FREE.rows(at_once=True, **asked, **_pairs(client))
    if got:
        return int(got[0][0])
    free = FREE_ROOMS.keys(**asked)
    if not free or (wanted and wanted.pk not in free):
        raise NoRoom
    if with_time:  # for another stretch, and nobody waits for a second room
        raise LookAgain
    key = wanted.pk if wanted else free[0]
    lock((ROOM, key), client)
    return key


def _room_of(wish: Wish) -> int | None:
    """The room that was locked when the offer of a wish was read."""
    return next((key for kind, key in pairs_of(wish.offer) if kind == ROOM), None)


def lock_kept(visitor: str, *more: tuple[int, int | None], with_room: bool = True) -> str:
    """Lock a visitor, what they keep, and more, as it stands when asked: said to go before a query."""
    wanted = _pairs((VISITOR, visitor_number(visitor)), *more)
    return WHAT_IS_KEPT.said({"visitor": visitor, "with_room": with_room, **wanted})


def lock_under(visit: Appointment, *more: tuple[int, int | None], kinds: Collection[int]) -> str:
    """Lock what a visit stands on, as far as those kinds go, and more: said to go before a query."""
    return STANDS_ON.said({"visit": visit.pk, "only": list(kinds), **_pairs(*more)})


def lock_to_move(visit: Appointment, wish: Wish) -> str:
    """Lock whom a visit is with and whom it moves to, unless somebody stands there: then nothing.

    With them a room and the client. Looks where the visit would take place, without its
    turnover. Said to go before a query.
    """
    ends_at = wish.starts_at + (visit.ends_at - visit.starts_at)
    there = {"busy": DateTimeTZRange(wish.starts_at, ends_at), "until": ends_at}
    locks = STANDS_ON_UNLESS_TAKEN.said(
        visit=visit.pk,
        only=[PRACTITIONER],
        **{**wish.there, "since": wish.starts_at - DAY, **there},
        **_pairs((PRACTITIONER, wish.practitioner.pk)),
    )
    return locks + room_with_it(wish, visit.client_id)


def stands_on_its_locks(visit: Appointment, kinds: Collection[int]) -> bool:
    """Whether a visit was read behind its own locks: it may have changed while they were waited for."""
    own = zip(
        (PRACTITIONER, ROOM, CLIENT),
        (visit.practitioner_id, visit.room_id, visit.client_id),
        strict=True,
    )
    return pairs_of(visit).issuperset(in_order(pair for pair in own if pair[0] in kinds))


def _pairs(*wanted: tuple[int, int | None]) -> dict[str, list[int]]:
    pairs = in_order(wanted)
    return {"kinds": [kind for kind, _ in pairs], "keys": [key for _, key in pairs]}
