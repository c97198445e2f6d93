"""Booking for somebody on the phone: with whom they like, or with whoever is free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from bookings import calendar
from bookings.availability import givers, least_loaded, slots_at
from bookings.errors import AlreadyUsed, BookingError, NotOffered, NotPossible, Taken
from bookings.models import Appointment, Client
from bookings.timetable import Timetable
from practitioners.models import Practitioner


def book_by_phone(
    table: Timetable,
    starts_at: datetime,
    *,
    client: Client,
    by: Any,
    form_token: UUID,
    desk_note: str = "",
) -> Appointment:
    """Book a start of the times shown; neither notice nor horizon counts for staff.

    Without a specialist the least loaded one who is free gets it. The same form sent again
    returns the same visit. Raises what `calendar.book` raises.
    """
    refusal: BookingError = NotOffered()
    for person in _candidates(table, starts_at):
        try:
            return calendar.book(
                table.service,
                person,
                starts_at,
                client=client,
                by=by,
                now=table.now,
                location=table.location,
                form_token=form_token,
                desk_note=desk_note,
            )
        except AlreadyUsed as used:
            return _the_same(used, client, starts_at)
        except (Taken, NotPossible) as lost:
            refusal = lost
    raise refusal


def _candidates(table: Timetable, starts_at: datetime) -> Iterator[Practitioner]:
    """Who may be asked: the one chosen, else the free ones, else anybody to name the reason."""
    if table.person:
        yield table.person
        return
    slots = slots_at(
        table.service, starts_at, now=table.now, location=table.location, for_staff=True
    )
    slots = least_loaded(slots, now=table.now)
    keys = [slot.practitioner_id for slot in slots] or givers(table.service)[:1]
    people = Practitioner.objects.in_bulk(keys)
    yield from (people[key] for key in keys)


def _the_same(used: AlreadyUsed, client: Client, starts_at: datetime) -> Appointment:
    """What the form has booked, when only the choice among "any specialist" differs."""
    earlier: Appointment | None = used.appointment
    if earlier and earlier.client_id == client.pk and earlier.starts_at == starts_at:
        return earlier
    raise used
