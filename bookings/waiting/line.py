"""Joining the line and leaving it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bookings.calendar import in_one_transaction, release_hold
from bookings.calendar.locks import CLIENT, lock, lock_visitor
from bookings.errors import Ended, NotPossible
from bookings.models import Appointment, Client, WaitlistEntry, WaitlistOffer
from practitioners.models import Location, Practitioner, Service

MOST_ENTRIES = 5  # that one person may wait in at a time
Status = WaitlistEntry.Status
Outcome = WaitlistOffer.Outcome


@in_one_transaction
def join(
    client: Client,
    service: Service,
    location: Location,
    *,
    practitioner: Practitioner | None,
    first_day: date,
    last_day: date,
    by: Any,
    now: datetime,
    part: str = "",
    visit: Appointment | None = None,
) -> WaitlistEntry:
    """Wait for a time, or for an earlier one than that of a visit. The same again is the same.

    Raises NotPossible for a window that is over, for times that an entry waits for already or
    for one entry too many, and Ended for a visit that can no longer be moved.
    """
    lock((CLIENT, client.pk))
    wish = {
        "client": client,
        "service": service,
        "location": location,
        "practitioner": practitioner,
        "visit": visit,
        "first_day": first_day,
        "last_day": last_day,
        "part": part,
    }
    waiting = WaitlistEntry.objects.in_line().filter(client=client)
    earlier = waiting.filter(**wish).first()
    if earlier:
        return earlier
    if last_day < max(first_day, now.astimezone(location.zone).date()):
        raise NotPossible("Choose days that are not over.")
    if visit and (visit.status != Appointment.Status.BOOKED or visit.starts_at <= now):
        raise Ended
    same = waiting.filter(service=service, location=location, visit=visit)
    if any(_meet(one, practitioner, first_day, last_day, part) for one in same):
        raise NotPossible(
            "This session is waited for already on some of these days: two times would be kept"
            " for one person. Leave that place in the list first."
        )
    if waiting.count() >= MOST_ENTRIES:
        raise NotPossible(f"You wait for {MOST_ENTRIES} times already. Leave one of them first.")
    return WaitlistEntry.objects.create(**wish, created_by=by, created_at=now)


def _meet(
    entry: WaitlistEntry,
    practitioner: Practitioner | None,
    first_day: date,
    last_day: date,
    part: str,
) -> bool:
    """Tell whether one time could be offered to an entry and to another wish."""
    is_with_both = practitioner is None or entry.practitioner_id in (None, practitioner.pk)
    is_in_both = not (part and entry.part) or part == entry.part
    is_on_both = entry.first_day <= last_day and first_day <= entry.last_day
    return is_with_both and is_in_both and is_on_both


@in_one_transaction
def leave(entry: WaitlistEntry, *, by: Any, now: datetime) -> WaitlistEntry:
    """Wait no longer; a time kept for the entry is free for the next. Twice is fine."""
    lock_visitor(entry.visitor)
    entry = WaitlistEntry.objects.select_for_update().get(pk=entry.pk)
    if entry.status != Status.WAITING:
        return entry
    entry.offers.filter(outcome=Outcome.OPEN).update(outcome=Outcome.DECLINED)
    release_hold(entry.visitor)
    entry.status = Status.LEFT
    entry.save(update_fields=["status"])
    return entry
