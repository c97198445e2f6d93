"""Times that are kept for somebody and booked by nobody yet, for who works at the desk.

They block like a session: whoever finds such a time gone is told that it is only kept,
until when, and for whom if the waiting list keeps it. Who books online is known to nobody yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from bookings.availability import givers
from bookings.models import Appointment, Client, WaitlistEntry
from bookings.models.waiting import WAITLIST
from bookings.timetable import Timetable
from practitioners.models import Practitioner

BOOKING, WAITING = "somebody who is booking", "somebody on the waiting list"


@dataclass(frozen=True, slots=True)
class Kept:
    """A time that is kept, with the client it is kept for where the reader may know them."""

    hold: Appointment
    is_waited_for: bool = False
    client: Client | None = None

    @property
    def whom(self) -> str:
        """For whom, in words."""
        if self.client:
            return self.client.name
        return WAITING if self.is_waited_for else BOOKING


def kept_around(
    user: Any, people: Collection[Practitioner], first_day: date, *, days: int, now: datetime
) -> list[Kept]:
    """What is kept of these people's time around some days, in order. Two queries, or one."""
    live = Appointment.objects.live_holds(now=now).filter(practitioner__in=people)
    return _with_names(user, live.around(first_day, days=days).with_details())


def kept_instead(user: Any, table: Timetable, starts_at: datetime) -> Kept | None:
    """What is kept where a session would begin then; None where nothing is. Three queries at most."""
    service = table.service
    begin = starts_at - timedelta(minutes=service.turnover_before)
    end = starts_at + timedelta(minutes=service.minutes + service.turnover_after)
    people = [table.person.pk] if table.person else givers(service)
    live = Appointment.objects.live_holds(now=table.now).filter(practitioner__in=people)
    found = live.overlapping(begin, end).with_details()[:1]
    return next(iter(_with_names(user, found)), None)


def say_kept(kept: Kept, table: Timetable, wished: datetime) -> str:
    """Why a time cannot be booked at the desk, and for how long not."""
    words, until = table.words, kept.hold.held_until
    assert until is not None  # every hold has one
    when = f"{words.time(wished)} on {words.day(wished, today=table.today)}"
    return (
        f"{when} is kept for {kept.whom} until {words.time(until)}. Nothing was booked."
        " Choose another time, or wait until then."
    )


def _with_names(user: Any, holds: Iterable[Appointment]) -> list[Kept]:
    """Each with the client of the waiting list, as far as this user may see them."""
    rows = list(holds)
    keys = {row.pk: key for row in rows if (key := _entry_key(row.held_by))}
    if not keys:
        return [Kept(row) for row in rows]
    entries = WaitlistEntry.objects.visible_to(user).filter(public_id__in=keys.values())
    known = {entry.public_id: entry.client for entry in entries.select_related("client")}
    clients = {pk: known.get(key) for pk, key in keys.items()}
    return [Kept(row, row.pk in keys, clients.get(row.pk)) for row in rows]


def _entry_key(visitor: str) -> UUID | None:
    """Which entry of the waiting list keeps a time, if one does."""
    kind, _, key = visitor.partition(":")
    try:
        return UUID(key) if kind == WAITLIST else None
    except ValueError:
        return None
