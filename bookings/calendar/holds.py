"""A time kept for a visitor for a few minutes, before anything is known about them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.availability import free_rooms, least_loaded, slots_at, why_not
from bookings.calendar.locks import (
    PRACTITIONER,
    ROOM,
    drop_expired_holds,
    in_one_transaction,
    lock,
    lock_visitor,
)
from bookings.errors import HoldExpired, NoRoom, NotOffered, SlotTaken
from bookings.models import Appointment
from practitioners.models import ClinicSettings, Location, Practitioner, Room, Service

Status = Appointment.Status


def live_hold(visitor: str, *, now: datetime) -> Appointment | None:
    """The time kept for this visitor, if it has not run out."""
    return (
        Appointment.objects.filter(held_by=visitor, status=Status.HELD, held_until__gt=now)
        .select_related("service", "practitioner", "location")
        .first()
    )


@in_one_transaction
def hold(
    service: Service,
    starts_at: datetime,
    *,
    visitor: str,
    now: datetime,
    practitioner: Practitioner | None = None,
    location: Location | None = None,
) -> Appointment:
    """Keep a time for a visitor; whatever they kept before is given back.

    Without a practitioner the least loaded one who is free is chosen. Raises
    SlotTaken, or the error that names why the start cannot be booked.
    """
    lock_visitor(visitor)
    Appointment.objects.filter(held_by=visitor, status=Status.HELD).delete()
    free = slots_at(
        service,
        starts_at,
        now=now,
        practitioners=[practitioner.pk] if practitioner else None,
        location=location,
        visitor=visitor,
    )
    for slot in least_loaded(free):
        chosen = Practitioner.objects.get(pk=slot.practitioner_id)
        where = Location.objects.get(pk=slot.location_id)
        lock(PRACTITIONER, [chosen.pk])
        drop_expired_holds([chosen.pk], now=now)
        if why_not(service, chosen, where, starts_at, now=now, visitor=visitor):
            continue
        minutes = ClinicSettings.current().hold_minutes
        kept = Appointment(
            practitioner=chosen,
            location=where,
            service=service,
            starts_at=starts_at,
            status=Status.HELD,
            held_by=visitor,
            held_until=now + timedelta(minutes=minutes),
        )
        derive(kept)
        kept.room = take_room(kept, now=now)
        if insert(kept):
            return kept
    raise _refusal(service, starts_at, practitioner, location, visitor, now)


def _refusal(
    service: Service,
    starts_at: datetime,
    practitioner: Practitioner | None,
    location: Location | None,
    visitor: str,
    now: datetime,
) -> Exception:
    """Name why nobody could be held: the one person asked for, or everybody."""
    if practitioner is None:
        people = list(service.practitioners.filter(is_active=True))
        where = location or Location.objects.filter(is_active=True).first()
        if not people or where is None:
            return NotOffered()
        practitioner = people[0]
    else:
        people = [practitioner]
        where = location or Location.objects.filter(availability__practitioner=practitioner).first()
        if where is None:
            return NotOffered()
    reasons = [
        reason
        for person in people[:5]
        if (reason := why_not(service, person, where, starts_at, now=now, visitor=visitor))
    ]
    return next((one for one in reasons if isinstance(one, SlotTaken)), None) or (
        reasons[0] if reasons else SlotTaken()
    )


@in_one_transaction
def extend_hold(visitor: str, *, now: datetime) -> Appointment:
    """Keep the visitor's time five minutes longer, once. Raises HoldExpired."""
    kept = live_hold(visitor, now=now)
    if kept is None:
        raise HoldExpired
    clinic = ClinicSettings.current()
    longest = timedelta(minutes=clinic.hold_minutes + clinic.hold_extension_minutes)
    kept.held_until = kept.created_at + longest
    kept.save(update_fields=["held_until"])
    return kept


def release_hold(visitor: str) -> None:
    """Give a kept time back."""
    Appointment.objects.filter(held_by=visitor, status=Status.HELD).delete()


def derive(visit: Appointment) -> None:
    """Set end, busy range and price from the service, whatever a form may have said."""
    service = visit.service
    visit.ends_at = visit.starts_at + service.length
    visit.busy = DateTimeTZRange(
        visit.starts_at - timedelta(minutes=service.turnover_before),
        visit.ends_at + timedelta(minutes=service.turnover_after),
    )
    visit.price = service.price


def take_room(
    visit: Appointment, *, now: datetime, moving: Appointment | None = None
) -> Room | None:
    """Choose and lock a free room, or None for a service that needs none. Raises NoRoom."""
    if not visit.service.needs_room:
        return None
    begin, end = visit.busy.lower, visit.busy.upper
    for room in free_rooms(visit.location, begin, end, now=now, moving=moving):
        lock(ROOM, [room.pk])
        still = free_rooms(visit.location, begin, end, now=now, moving=moving)
        if room in still:
            drop_holds_in_room(room, begin, end, now=now)
            return room
    raise NoRoom


def drop_holds_in_room(room: Room, begin: datetime, end: datetime, *, now: datetime) -> None:
    """Delete holds on a room that ran out: the constraint still sees them."""
    Appointment.objects.filter(
        room=room, status=Status.HELD, held_until__lte=now, busy__overlap=(begin, end)
    ).delete()


def insert(visit: Appointment) -> bool:
    """Insert unless a constraint says no; nothing is raised and no rival deadlocks."""
    Appointment.objects.bulk_create([visit], ignore_conflicts=True)
    stored = Appointment.objects.filter(public_id=visit.public_id).first()
    if stored is None:
        return False
    visit.pk = stored.pk
    visit.busy = stored.busy
    visit._state.adding = False
    return True
