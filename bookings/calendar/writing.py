"""What every change of the calendar does to the rows, once it holds the locks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from bookings.availability import free_rooms
from bookings.calendar.attempts import LookAgain
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM, lock, lock_one
from bookings.errors import ClientBusy, NoRoom
from bookings.extensions import Event, tell_listeners
from bookings.messages import appointments as mails
from bookings.models import Appointment, Client
from practitioners.models import Room, Service
from practitioners.prepared import PreparedInsert, PreparedQuery, PreparedUpdate

Status = Appointment.Status
DAY = timedelta(days=1)
CLASHES = PreparedQuery(
    "clashes",
    {"client": "bigint", "begin": "timestamptz", "end": "timestamptz", "but": "bigint"},
    lambda client, begin, end, but: (
        Appointment.objects.exclude(status=Status.CANCELLED)
        .filter(client=client, starts_at__lt=end, ends_at__gt=begin)
        .exclude(pk=but)[:1]
    ),
)
INSERT = PreparedInsert(Appointment)
BY_REFERENCE = {field.name for field in Appointment._meta.concrete_fields if field.is_relation}


def locked(
    visit: Appointment, *more: tuple[int, int | None], kinds: Collection[int]
) -> Appointment:
    """Lock what a visit stands on, as far as those kinds go, and more; then read it again.

    Its practitioner is always among them, so nobody else changes it now. What it only
    gives up, like the old room of a moved visit, needs no lock. Raises LookAgain when
    the visit was moved while we waited.
    """
    rows = Appointment.objects.filter(pk=visit.pk)
    seen = rows.values_list("practitioner", "room", "client").get()
    own = zip((PRACTITIONER, ROOM, CLIENT), seen, strict=True)
    lock(*(pair for pair in own if pair[0] in kinds), *more)
    fresh = rows.select_related("service", "practitioner", "location", "client", "room").get()
    if (fresh.practitioner_id, fresh.room_id, fresh.client_id) != seen:
        raise LookAgain
    return fresh


def derive(visit: Appointment) -> None:
    """Set length, blocked range and price from the service as it is now, whatever a page read."""
    visit.service = Service.objects.get(pk=visit.service_id)
    visit.ends_at, visit.busy, visit.price = terms(visit.service, visit.starts_at)


def terms(service: Service, starts_at: datetime) -> tuple[datetime, DateTimeTZRange, Decimal]:
    """When a visit that starts then ends, what it blocks, and what it costs."""
    ends_at = starts_at + service.length
    busy = DateTimeTZRange(
        starts_at - timedelta(minutes=service.turnover_before),
        ends_at + timedelta(minutes=service.turnover_after),
    )
    return ends_at, busy, service.price


def take_room(
    visit: Appointment,
    *,
    now: datetime,
    wanted: Room | None = None,
    moving: Appointment | None = None,
    visitor: str = "",
) -> Room | None:
    """Choose and lock a room: the one the visit has, else the least used free one.

    None for a service that needs none. Raises NoRoom. One lock is waited for at most;
    that somebody else took the room before it was ours is what `insert` and `update` find.
    """
    if not visit.service.needs_room and wanted is None:
        return None
    free = free_rooms(
        visit.location, visit.busy.lower, visit.busy.upper, now=now, moving=moving, visitor=visitor
    )
    if wanted is not None:
        free = [room for room in free if room == wanted]
    elif visit.room in free:
        free = [visit.room, *(room for room in free if room != visit.room)]
    if not free:
        raise NoRoom
    got = lock_one(ROOM, [room.pk for room in free])
    return next(room for room in free if room.pk == got)


def check_client_is_free(client: Client, visit: Appointment) -> None:
    """Nobody can be in two places. Raises ClientBusy."""
    clash = CLASHES.first(
        client=client.pk, begin=visit.starts_at, end=visit.ends_at, but=visit.pk or 0
    )
    if clash:
        raise ClientBusy(visit=clash)


def clear_the_way(visit: Appointment, *, now: datetime, visitor: str = "") -> None:
    """Delete holds that ran out where the visit shall be, and what the visitor kept before.

    They are locked first, in order of their ids: another visit may be clearing some of
    them at the same time for the sake of its room.
    """
    here = Q(practitioner=visit.practitioner) | Q(room__isnull=False, room=visit.room)
    over = Q(held_until__lte=now) & here & Q(busy__overlap=visit.busy)
    old = Q(held_until__lte=now - DAY, practitioner=visit.practitioner)
    mine = Q(held_by=visitor) if visitor else Q()
    holds = Appointment.objects.filter(status=Status.HELD).exclude(pk=visit.pk)
    found = holds.filter(over | old | mine if visitor else over | old)
    keys = list(found.order_by("pk").select_for_update().values_list("pk", flat=True))
    if keys:
        with connection.cursor() as cursor:  # nothing refers to a hold, so nothing is to follow
            cursor.execute("DELETE FROM bookings_appointment WHERE id = ANY(%s)", [keys])


def insert(visit: Appointment) -> None:
    """Insert a visit unless a constraint says no: then LookAgain finds the reason."""
    check(visit)
    visit.pk = next(iter(INSERT.write([visit])), None)
    if visit.pk is None:
        raise LookAgain
    visit._state.adding, visit._state.db = False, DEFAULT_DB_ALIAS


def update(visit: Appointment, *fields: str) -> None:
    """Write some fields of a visit; what a constraint refuses makes the verb look again."""
    check(visit)
    if not update_of(fields).write(visit):
        raise LookAgain


@cache
def update_of(fields: tuple[str, ...]) -> PreparedUpdate:
    """The statement that writes some fields of a visit."""
    return PreparedUpdate(Appointment, *fields)


def check(visit: Appointment) -> None:
    """Refuse text that is too long and the like. Raises ValidationError."""
    visit.clean_fields(exclude={*BY_REFERENCE, "busy"})


def announce(event: Event, visit: Appointment, *, now: datetime) -> None:
    """Tell whoever listens, and write the messages, in the same transaction."""
    tell_listeners(event, visit, now=now)
    mails.follow(event, visit, now=now)


def announce_together(event: Event, visits: Sequence[Appointment], *, now: datetime) -> None:
    """Tell listeners of each, and the client once of all."""
    for visit in visits:
        tell_listeners(event, visit, now=now)
    mails.follow_together(event, visits, now=now)
