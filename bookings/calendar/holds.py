"""A time kept for a visitor for a few minutes, before anything is known about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bookings.availability import least_loaded, slots_at
from bookings.calendar.attempts import LookAgain, in_one_transaction
from bookings.calendar.locks import PRACTITIONER, ROOM, VISITOR, visitor_number
from bookings.calendar.taking import lock_kept, stands_on_its_locks, take_room, take_time
from bookings.calendar.writing import (
    Status,
    clear_the_way,
    derive,
    insert,
    judge,
    update,
    wish_for,
)
from bookings.errors import BookingError, HoldExpired, NotOffered, NotPossible, SlotTaken, Taken
from bookings.marks import Locks
from bookings.models import Appointment
from bookings.refusals import Wish, why_not
from practitioners.models import ClinicSettings, Location, Practitioner, Room, Service
from practitioners.prepared import PreparedQuery

PEOPLE_ASKED_WHY = 5
KEPT = PreparedQuery(
    "kept_time",
    {"visitor": "text"},
    lambda visitor: Appointment.objects.held_for(visitor).annotate(locks=Locks()),
)


def kept_for(visitor: str, *, after: str = "") -> Appointment | None:
    """The time kept for this visitor, even if it has run out; read after what was `said`."""
    return KEPT.first(visitor=visitor, after=after)


def live_hold(visitor: str, *, now: datetime) -> Appointment | None:
    """The time kept for this visitor, if it has not run out."""
    kept = kept_for(visitor)
    return kept if kept and kept.held_until and kept.held_until > now else None


def hold(
    service: Service,
    starts_at: datetime,
    *,
    visitor: str,
    now: datetime,
    practitioner: Practitioner | None = None,
    location: Location | None = None,
    room: Room | None = None,
    keep_for: timedelta | None = None,
) -> Appointment:
    """Keep a time for a visitor; what they kept before is given back once this is theirs.

    Without a practitioner the least loaded one who is free is chosen; each is tried in
    a transaction of its own, so that nobody waits for one while keeping another. It is
    kept as long as the clinic says, or for `keep_for`; in whichever room is free, or in `room`.
    Raises SlotTaken, NoRoom, or the error that names why the start cannot be booked.
    """
    refusal: BookingError | None = None
    for person, place in _candidates(service, starts_at, visitor, now, practitioner, location):
        try:
            return _keep(
                service,
                person,
                place,
                starts_at,
                visitor=visitor,
                now=now,
                keep_for=keep_for,
                room=room,
            )
        except (Taken, NotPossible) as lost:
            refusal = lost
    raise refusal or _why_nobody(service, starts_at, visitor, now, practitioner, location)


def _candidates(
    service: Service,
    starts_at: datetime,
    visitor: str,
    now: datetime,
    practitioner: Practitioner | None,
    location: Location | None,
) -> Iterator[tuple[Practitioner, Location]]:
    """Who may be asked to give the session, and where: the least loaded first."""
    if practitioner and location:
        yield practitioner, location
        return
    only = [practitioner.pk] if practitioner else None
    slots = slots_at(
        service, starts_at, now=now, practitioners=only, location=location, visitor=visitor
    )
    slots = least_loaded(slots, now=now)
    people = Practitioner.objects.in_bulk([slot.practitioner_id for slot in slots])
    places = Location.objects.in_bulk({slot.location_id for slot in slots})
    for slot in slots:
        yield people[slot.practitioner_id], places[slot.location_id]


@in_one_transaction
def _keep(
    service: Service,
    practitioner: Practitioner,
    location: Location,
    starts_at: datetime,
    *,
    visitor: str,
    now: datetime,
    keep_for: timedelta | None,
    room: Room | None,
) -> Appointment:
    keep_for = keep_for or timedelta(minutes=ClinicSettings.current().hold_minutes)
    kept = Appointment(
        service=service,
        practitioner=practitioner,
        location=location,
        starts_at=starts_at,
        status=Status.HELD,
        held_by=visitor,
        held_until=now + keep_for,
        created_at=now,
    )
    wish = wish_for(kept, now=now, visitor=visitor)
    take_time(wish, (VISITOR, visitor_number(visitor)), with_room=room is None)
    judge(kept, wish)
    kept.room_id = take_room(kept, now=now, wanted=room, visitor=visitor, wish=wish)
    clear_the_way(kept, now=now, visitor=visitor)
    insert(kept)
    return kept


def _why_nobody(
    service: Service,
    starts_at: datetime,
    visitor: str,
    now: datetime,
    practitioner: Practitioner | None,
    location: Location | None,
) -> BookingError:
    """Name why nobody is free: rather that it is taken than that somebody is not in."""
    service = Service.objects.get(pk=service.pk)
    everybody = service.practitioners.filter(is_active=True).order_by("pk")
    reasons = []
    for person in [practitioner] if practitioner else everybody[:PEOPLE_ASKED_WHY]:
        place = location or Location.objects.active().worked_at_by(person).first()
        if place is not None:
            reasons.append(why_not(service, person, place, starts_at, now=now, visitor=visitor))
    found = [reason or SlotTaken() for reason in reasons] or [NotOffered()]
    return next((reason for reason in found if isinstance(reason, Taken)), found[0])


def locked_hold(visitor: str, *, with_room: bool = True) -> Appointment | None:
    """Lock what a visitor keeps and read it; None when they keep nothing. Raises LookAgain."""
    kept = kept_for(visitor, after=lock_kept(visitor, with_room=with_room))
    kinds = (PRACTITIONER, ROOM) if with_room else (PRACTITIONER,)
    if kept and not stands_on_its_locks(kept, kinds):
        raise LookAgain
    return kept


def kept_wish(kept: Appointment, *, now: datetime, client: int = 0) -> Wish:
    """What a kept time asks for, for a client. The notice counted when it was chosen."""
    return wish_for(kept, now=now, moving=kept, for_staff=True, client=client)


def why_no_longer(wish: Wish) -> BookingError | None:
    """Name why a kept time cannot be booked any more."""
    return wish.why_not() if wish.is_shown else NotOffered()


@in_one_transaction
def extend_hold(visitor: str, *, now: datetime) -> Appointment:
    """Keep the visitor's time five minutes longer, once. Raises HoldExpired."""
    kept = locked_hold(visitor)
    if kept is None or kept.held_until is None or kept.held_until <= now:
        raise HoldExpired
    clinic = ClinicSettings.current()
    longest = timedelta(minutes=clinic.hold_minutes + clinic.hold_extension_minutes)
    kept.held_until = max(kept.held_until, kept.created_at + longest)
    update(kept, "held_until")
    return kept


@in_one_transaction
def renew_hold(visitor: str, *, now: datetime) -> None:
    """Bring what a visitor keeps up to date with its service, or give it back."""
    kept = locked_hold(visitor, with_room=False)
    if kept is None:
        return
    if why_no_longer(kept_wish(kept, now=now)):
        kept.delete()
        return
    derive(kept)
    kept.room_id = take_room(kept, now=now, visitor=visitor)
    clear_the_way(kept, now=now)
    update(kept, "room", "ends_at", "busy", "price")


@in_one_transaction
def release_hold(visitor: str) -> None:
    """Give a kept time back."""
    kept = locked_hold(visitor)
    if kept is not None:
        kept.delete()
