"""Who is away when, in words for the day and the week at the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bookings.desk_days import bounds
from bookings.models import Appointment
from bookings.outside_hours import WORDS, Hours, may_be_left
from practitioners.models import Practitioner, TimeOff
from practitioners.models.people import changes_everybodys_hours


@dataclass(frozen=True, slots=True)
class DayOff:
    """What of a time off lies in one day, with its reason where the reader may know it."""

    starts_at: datetime
    ends_at: datetime
    reason: str = ""


def days_off(
    rows: Iterable[TimeOff], person: Practitioner, on: date, zone: ZoneInfo, *, seen_by: Any
) -> list[DayOff]:
    """The time off of a person on one local day, in order."""
    begins, ends = bounds(on, zone)
    knows = changes_everybodys_hours(seen_by) or person.user_id == seen_by.pk
    there = sorted(
        (row for row in rows if row.practitioner_id == person.pk),
        key=lambda row: (row.starts_at, row.pk),
    )
    return [
        DayOff(
            max(row.starts_at, begins),
            min(row.ends_at, ends),
            row.reason if knows else "",
        )
        for row in there
        if row.starts_at < ends and row.ends_at > begins
    ]


def nobody_in(hours: Hours, visits: Iterable[Appointment], *, now: datetime) -> dict[int, str]:
    """Why nobody is in for some of these visits, by their keys: those that somebody must move."""
    found = {}
    for visit in visits:
        if may_be_left(visit, now=now) and (reason := hours.why_outside(visit)):
            found[visit.pk] = WORDS[reason]
    return found
