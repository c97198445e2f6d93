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
    entry = WaitlistEntry(**wish, created_by=by, created_at=now)
    _check(entry, now=now)
    entry.save()
    return entry


@in_one_transaction
def come_back(entry: WaitlistEntry, *, by: Any, now: datetime) -> WaitlistEntry:
    """Wait again in the old place, for whoever was taken off by mistake. Twice is fine.

    What was kept for the entry is not any more. Raises what `join` raises.
    """
    lock((CLIENT, entry.client_id))
    rows = WaitlistEntry.objects.select_for_update(of=("self",)).with_details()
    entry = rows.get(pk=entry.pk)
    if entry.status == Status.LEFT:
        _check(entry, now=now)
        entry.status = Status.WAITING
        entry.save(update_fields=["status"])
    return entry


def _check(entry: WaitlistEntry, *, now: datetime) -> None:
    """Refuse what nobody can wait for. Raises NotPossible, Ended."""
    waiting, visit = WaitlistEntry.objects.in_line().filter(client=entry.client), entry.visit
    if entry.last_day < max(entry.first_day, now.astimezone(entry.location.zone).date()):
        raise NotPossible("Choose days that are not over.")
    if visit and (visit.status != Appointment.Status.BOOKED or visit.starts_at <= now):
        raise Ended
    same = waiting.filter(service=entry.service, location=entry.location, visit=visit)
    if any(_meet(one, entry) for one in same):
        raise NotPossible(
            "This session is waited for already on some of these days: two times would be kept"
            " for one person. Leave that place in the list first."
        )
    if waiting.count() >= MOST_ENTRIES:
        raise NotPossible(f"You wait for {MOST_ENTRIES} times already. Leave one of them first.")


def _meet(one: WaitlistEntry, other: WaitlistEntry) -> bool:
    """Tell whether one time could be offered to both."""
    is_with_both = None in (one.practitioner_id, other.practitioner_id) or (
        one.practitioner_id == other.practitioner_id
    )
    is_in_both = not (one.part and other.part) or one.part == other.part
    is_on_both = one.first_day <= other.last_day and other.first_day <= one.last_day
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
