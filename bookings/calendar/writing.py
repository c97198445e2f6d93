"""What every change of the calendar does to the rows, once it holds the locks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import OuterRef, QuerySet

from bookings.calendar.attempts import LookAgain
from bookings.calendar.taking import lock_under, stands_on_its_locks
from bookings.errors import ClientBusy
from bookings.extensions import Event, facts_about, tell_listeners
from bookings.marks import Locks
from bookings.messages import appointments as mails
from bookings.models import Appointment, Client
from bookings.refusals import Wish
from practitioners.later import later
from practitioners.models import Service
from practitioners.prepared import Prepared, PreparedQuery
from practitioners.prepared_rows import PreparedInsert, PreparedUpdate

Status = Appointment.Status
DAY = timedelta(days=1)


def clashes(client: Any, begin: Any, end: Any, but: Any) -> QuerySet[Appointment]:
    """What a client has at that time already."""
    theirs = Appointment.objects.exclude(status=Status.CANCELLED).filter(client=client)
    return theirs.filter(starts_at__lt=end, ends_at__gt=begin).exclude(pk=but)


CLASHES = PreparedQuery(
    "clashes",
    {"client": "bigint", "begin": "timestamptz", "end": "timestamptz", "but": "bigint"},
    lambda **about: clashes(**about)[:1],
)
SERVICE = PreparedQuery("service", {"key": "bigint"}, lambda key: Service.objects.filter(pk=key))
WITH_DETAILS = PreparedQuery(
    "with_details",
    {"key": "bigint"},
    lambda key: (
        Appointment.objects.filter(pk=key)
        .with_details()
        .annotate(**facts_about(client=OuterRef("client"), visit=OuterRef("pk")), locks=Locks())
    ),
)
INSERT = PreparedInsert(
    Appointment,
    usual=(
        "arrived_at", "completed_at", "cancelled_at", "cancelled_by", "cancel_reason",
        "is_late_cancellation", "version", "link_version",
    ),
)  # fmt: skip
# Locked in order of their ids: another visit may be clearing some of them at the same time
# for the sake of its room. Nothing refers to a hold, so nothing is to follow.
CLEAR = Prepared(
    "clear_the_way",
    """
WITH over AS MATERIALIZED (
    SELECT id FROM bookings_appointment
    WHERE status = 'held' AND id <> %(but)s
      AND (held_until <= %(now)s AND busy && %(busy)s
           AND (practitioner_id = %(practitioner)s OR room_id = %(room)s)
        OR held_until <= %(yesterday)s AND practitioner_id = %(practitioner)s
        OR held_by = %(visitor)s AND held_by <> '')
    ORDER BY id FOR UPDATE
)
DELETE FROM bookings_appointment AS hold USING over WHERE hold.id = over.id
""",
    {
        "but": "bigint",
        "now": "timestamptz",
        "busy": "tstzrange",
        "practitioner": "bigint",
        "room": "bigint",
        "yesterday": "timestamptz",
        "visitor": "text",
    },
)
EVERY_FIELD = {field.name for field in Appointment._meta.concrete_fields}
BY_REFERENCE = {field.name for field in Appointment._meta.concrete_fields if field.is_relation}


def locked(
    visit: Appointment, *more: tuple[int, int | None], kinds: Collection[int]
) -> Appointment:
    """Lock what a visit stands on, as far as those kinds go, and more; then read it again.

    Its practitioner is always among them, so nobody else changes it now. What it only
    gives up, like the old room of a moved visit, needs no lock. Raises LookAgain when
    the visit was moved while we waited.
    """
    return read_locked(visit, lock_under(visit, *more, kinds=kinds), kinds)


def read_locked(visit: Appointment, locks: str, kinds: Collection[int]) -> Appointment:
    """Read a visit again behind its locks, which are `said`. Raises LookAgain when it stands on others."""
    fresh = WITH_DETAILS.only(key=visit.pk, after=locks)
    if not stands_on_its_locks(fresh, kinds):
        raise LookAgain
    return fresh


def derive(visit: Appointment) -> None:
    """Set length, blocked range and price from the service as it is now, whatever a page read."""
    _settle(visit, SERVICE.only(key=visit.service_id))


def wish_for(visit: Appointment, *, now: datetime, **about: Any) -> Wish:
    """What a visit asks for: service, who gives it, where and when."""
    return Wish(
        visit.service, visit.practitioner, visit.location, visit.starts_at, now=now, **about
    )


def judge(visit: Appointment, wish: Wish) -> None:
    """Raise why a visit cannot be as it is wished; else derive it from the service as it is now."""
    reason = wish.why_not()
    if reason:
        raise reason
    visit.location = wish.location
    _settle(visit, wish.service)


def _settle(visit: Appointment, service: Service) -> None:
    visit.service = service
    visit.ends_at, visit.busy, visit.price = terms(service, visit.starts_at)


def terms(service: Service, starts_at: datetime) -> tuple[datetime, DateTimeTZRange, Decimal]:
    """When a visit that starts then ends, what it blocks, and what it costs."""
    ends_at = starts_at + service.length
    busy = DateTimeTZRange(
        starts_at - timedelta(minutes=service.turnover_before),
        ends_at + timedelta(minutes=service.turnover_after),
    )
    return ends_at, busy, service.price


def check_client_is_free(client: Client, visit: Appointment) -> None:
    """Nobody can be in two places. Raises ClientBusy."""
    clash = CLASHES.first(
        client=client.pk, begin=visit.starts_at, end=visit.ends_at, but=visit.pk or 0
    )
    if clash:
        raise ClientBusy(visit=clash)


def clear_the_way(visit: Appointment, *, now: datetime, visitor: str = "") -> None:
    """Delete holds that ran out where the visit shall be, and what the visitor kept before."""
    later(
        CLEAR.said(
            {
                "but": visit.pk or 0,
                "now": now,
                "busy": visit.busy,
                "practitioner": visit.practitioner_id,
                "room": visit.room_id,
                "yesterday": now - DAY,
                "visitor": visitor,
            }
        )
    )


def insert(visit: Appointment) -> None:
    """Insert a visit unless a constraint says no. Raises ClientBusy; else LookAgain finds the reason."""
    check(visit)
    visit.pk = next(iter(INSERT.write([visit])), None)
    if visit.pk is None:
        if visit.client:
            check_client_is_free(visit.client, visit)
        raise LookAgain
    visit._state.adding, visit._state.db = False, DEFAULT_DB_ALIAS


def update(visit: Appointment, *fields: str) -> None:
    """Write some fields of a visit; what a constraint refuses makes the verb look again.

    What is locked and was read is there to be written: nobody asks whether it was.
    """
    check(visit, *fields)
    later(_update_of(fields).said(visit))


@cache
def _update_of(fields: tuple[str, ...]) -> PreparedUpdate:
    """The statement that writes some fields of a visit."""
    return PreparedUpdate(Appointment, *fields)


def check(visit: Appointment, *fields: str) -> None:
    """Refuse text that is too long and the like, in these fields or all. Raises ValidationError."""
    unwritten = EVERY_FIELD.difference(fields) if fields else ()
    visit.clean_fields(exclude={*BY_REFERENCE, "busy", *unwritten})


def announce(event: Event, visit: Appointment, *, now: datetime) -> None:
    """Write the messages, and tell whoever listens, in the same transaction."""
    mails.follow(event, visit, now=now)
    tell_listeners(event, visit, now=now)
    visit.facts = {}  # nobody else shall go by what was true behind the locks


def announce_together(event: Event, visits: Sequence[Appointment], *, now: datetime) -> None:
    """Tell listeners of each, and the client once of all."""
    for visit in visits:
        tell_listeners(event, visit, now=now)
    mails.follow_together(event, visits, now=now)
