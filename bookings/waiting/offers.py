"""Offering a time that has opened, in the order of the line.

The time is kept as for a visitor who has chosen it, so nobody else can be offered it or
book it meanwhile: two who accept at once cannot both have it. Whose cancellation or move can
still be undone has not left their time, nor their room, to who waits yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from bookings.availability import free_slots
from bookings.calendar import hold, in_one_transaction
from bookings.calendar.locks import VISITOR, lock, visitor_number
from bookings.calendar.putting_back import Place, may_come_back
from bookings.calendar.writing import terms
from bookings.errors import BookingError, NoRoom
from bookings.messages import outbox
from bookings.messages.routes import route
from bookings.models import Appointment, Task, WaitlistEntry, WaitlistOffer
from bookings.rooms import free_rooms
from bookings.starts import Slot
from bookings.wall_clock import day_of, next_opening
from practitioners.models import ClinicSettings, Practitioner, Room
from practitioners.prepared import PreparedQuery

SOURCE = "waiting_list"
FRONT_DESK = "Front desk"
MOST_LOOKED_AT = 300  # entries in one sweep
MOST_TRIED = 3  # times that may slip away while we keep them
Status = WaitlistEntry.Status
Outcome = WaitlistOffer.Outcome


IN_LINE = PreparedQuery(
    "waiting_in_line",
    {},
    lambda: WaitlistEntry.objects.in_line().without_offer().with_details()[:MOST_LOOKED_AT],
)


def sweep(*, now: datetime) -> int:
    """Offer what is free to who waits for it; returns how many offers were made.

    Closes what has run out first. About three queries per entry that waits.
    """
    close(now=now)
    clinic = ClinicSettings.current()
    entries = [entry for entry in IN_LINE.rows() if _may_be_told(entry, clinic, now=now)]
    left_lately = may_come_back(since=_told_since(now)) if entries else []
    return sum(offer_something(entry, left_lately, now=now) for entry in entries)


def _told_since(now: datetime) -> datetime:
    """What was changed later can still be undone, and nobody is told of it yet."""
    return now - timedelta(seconds=settings.MESSAGE_GRACE_SECONDS)


def close(*, now: datetime) -> None:
    """End offers that ran out, and entries whose days or visits are over. Three queries."""
    open_ones = WaitlistOffer.objects.filter(outcome=Outcome.OPEN)
    open_ones.filter(until__lte=now).update(outcome=Outcome.EXPIRED)
    waiting = WaitlistEntry.objects.filter(status=Status.WAITING)
    yesterday = (now - timedelta(days=1)).date()  # wherever the location is
    off = Q(visit__status=Appointment.Status.CANCELLED, visit__cancelled_at__gt=_told_since(now))
    gone = ~Q(visit__status=Appointment.Status.BOOKED) & ~off | Q(visit__starts_at__lte=now)
    waiting.filter(Q(last_day__lt=yesterday) | Q(visit__isnull=False) & gone).update(
        status=Status.OVER
    )


def offer_something(
    entry: WaitlistEntry, left_lately: Sequence[Place] = (), *, now: datetime
) -> bool:
    """Keep the first time that suits an entry, and tell the client or the desk."""
    suiting = [slot for slot in _suiting(entry, now=now) if not _meets(slot, left_lately)]
    for slot in suiting[:MOST_TRIED]:
        try:
            return _offer(entry, slot, _room_beside(left_lately, entry, slot, now=now), now=now)
        except BookingError:
            continue  # gone a moment ago: the next one
    return False


def _suiting(entry: WaitlistEntry, *, now: datetime) -> list[Slot]:
    """Free times that suit, without those offered before, soonest first."""
    today = now.astimezone(entry.location.zone).date()
    first_day = max(entry.first_day, today)
    slots = free_slots(
        entry.service,
        first_day=first_day,
        days=(entry.last_day - first_day).days + 1,
        now=now,
        practitioners=[entry.practitioner_id] if entry.practitioner_id else None,
        location=entry.location,
    )
    seen = set(entry.offers.values_list("practitioner", "starts_at"))
    return [
        slot
        for slot in slots
        if entry.suits(slot.starts_at) and (slot.practitioner_id, slot.starts_at) not in seen
    ]


def _meets(slot: Slot, places: Sequence[Place]) -> bool:
    """Whether a slot takes up some of the time in which one of these visits stood."""
    return any(
        one.practitioner == slot.practitioner_id
        and slot.starts_at < one.busy.upper
        and slot.ends_at > one.busy.lower
        for one in places
    )


def _room_beside(
    places: Sequence[Place], entry: WaitlistEntry, slot: Slot, *, now: datetime
) -> Room | None:
    """A room that none of these visits may come back to, where that is to be minded.

    Raises NoRoom. One query then, else none.
    """
    if not entry.service.needs_room:
        return None
    _, busy, _ = terms(entry.service, slot.starts_at)
    lately = {
        one.room for one in places if one.busy.lower < busy.upper and one.busy.upper > busy.lower
    } - {None}
    if not lately:
        return None
    there = Appointment(location=entry.location, busy=busy)
    others = [room for room in free_rooms(there, now=now) if room.pk not in lately]
    if not others:
        raise NoRoom
    return others[0]


@in_one_transaction
def _offer(entry: WaitlistEntry, slot: Slot, room: Room | None, *, now: datetime) -> bool:
    # One offer of a service at a time, however many entries a person waits with.
    asked = f"waitlist:{entry.client_id}:{entry.service_id}"
    lock(*((VISITOR, visitor_number(one)) for one in (entry.visitor, asked)))
    waiting = WaitlistEntry.objects.in_line().without_offer()
    if not waiting.filter(pk=entry.pk).exists():
        return False
    keep_for = timedelta(minutes=settings.WAITLIST_KEEP_MINUTES)
    kept = hold(
        entry.service,
        slot.starts_at,
        practitioner=Practitioner.objects.get(pk=slot.practitioner_id),
        location=entry.location,
        room=room,
        visitor=entry.visitor,
        now=now,
        keep_for=keep_for,
    )
    offer = WaitlistOffer.objects.create(
        entry=entry,
        practitioner=kept.practitioner,
        starts_at=kept.starts_at,
        until=now + keep_for,
        made_at=now,
    )
    _tell(entry, offer, now=now)
    return True


def _tell(entry: WaitlistEntry, offer: WaitlistOffer, *, now: datetime) -> None:
    """A message; who cannot be reached, or wants no such message, is called by the desk."""
    if route(entry.client, "waiting_list_offer").address:
        outbox.write(
            "waiting_list_offer",
            source_type=SOURCE,
            source_id=offer.pk,
            client=entry.client,
            now=now,
            expires_at=offer.until,
        )
        outbox.kick()
        return
    Task.objects.get_or_create(
        reason_key=f"waiting:{offer.pk}",
        defaults={
            "kind": "waiting",
            "title": "A time has opened for somebody on the waiting list: call",
            "link": "/desk/waiting/",
            "role": FRONT_DESK,
            "client": entry.client,
            "due_at": offer.until,
        },
    )


def _may_be_told(entry: WaitlistEntry, clinic: ClinicSettings, *, now: datetime) -> bool:
    """Nothing is offered in the night, while the time it is kept would run out unread."""
    if entry.client.is_deceased or (entry.visit and entry.visit.is_cancelled):
        return False
    there, home = entry.client.time_zone, entry.location.zone
    zone = ZoneInfo(there) if there else home
    kept_until = now + timedelta(minutes=settings.WAITLIST_KEEP_MINUTES)
    last = kept_until - timedelta(microseconds=1)  # may be the moment at which they close
    return day_of(last, zone) == day_of(now, zone) and all(
        _is_waking_hour(at, zone, home, clinic) for at in (now, last)
    )


def _is_waking_hour(at: datetime, zone: ZoneInfo, home: ZoneInfo, clinic: ClinicSettings) -> bool:
    opens_at, closes_at = clinic.send_opens_at, clinic.send_closes_at
    return next_opening(at, zone, home=home, opens_at=opens_at, closes_at=closes_at) == at
