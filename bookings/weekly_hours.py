"""The hours of every week, changed at the desk under the locks of the calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from typing import Any

from bookings import calendar
from bookings.errors import NotPossible
from practitioners.hours import Stretch, are_inside
from practitioners.models import Availability, Location, Practitioner
from practitioners.models.places import WEEKDAYS

WEEKDAY_NAMES = dict(WEEKDAYS)
BEYOND = (
    "By its opening hours {place} is not open all that time on {days}. "
    "It can be booked all the same, so look whether you meant it."
)


class HoursOverlap(NotPossible):
    code = "hours_overlap"
    sentence = "These hours overlap with others of the same person. Change one of them."


def coming_weeks(person: Practitioner, *, today: date) -> list[Availability]:
    """The weekly hours of somebody that are not over, as they follow in a week. One query."""
    rows = person.availability.select_related("location")
    return [row for row in rows if row.valid_until is None or row.valid_until >= today]


def add_weekly(
    person: Practitioner,
    weekdays: Iterable[int],
    location: Location,
    starts_at: time,
    ends_at: time,
    *,
    valid_from: date | None,
    valid_until: date | None,
    by: Any,
    now: datetime,
) -> list[Availability]:
    """Let somebody be in on these days of every week, on all or on none.

    The same again is the same. Raises HoursOverlap, Busy.
    """
    wanted = [
        Availability(
            practitioner=person, location=location, weekday=day, starts_at=starts_at,
            ends_at=ends_at, valid_from=valid_from, valid_until=valid_until,
        )
        for day in weekdays
    ]  # fmt: skip

    def write() -> list[Availability]:
        known = list(person.availability.all())
        new = [row for row in wanted if not any(_is_same(row, other) for other in known)]
        _refuse_overlap(new, known)
        return Availability.objects.bulk_create(new)

    return calendar.change_hours([person.pk], write, by=by, now=now)


def change_weekly(row: Availability, *, by: Any, now: datetime) -> None:
    """Save what was changed about some weekly hours. Raises HoursOverlap, Busy."""

    def write() -> None:
        others = Availability.objects.filter(practitioner=row.practitioner_id).exclude(pk=row.pk)
        _refuse_overlap([row], list(others))
        row.save()

    calendar.change_hours([row.practitioner_id], write, by=by, now=now)


def remove_weekly(row: Availability, *, by: Any, now: datetime) -> None:
    """Let somebody no longer be in then. Raises Busy."""
    calendar.change_hours([row.practitioner_id], row.delete, by=by, now=now)


def beyond_opening(
    location: Location, weekdays: Iterable[int], starts_at: time, ends_at: time
) -> str:
    """What to say of hours in which visitors find the place closed by its opening hours; empty for none.

    They can be booked all the same: who is in decides that. A place without opening hours says nothing.
    """
    by_day: dict[int, list[tuple[time, time]]] = {}
    for row in location.opening_hours.all():
        by_day.setdefault(row.weekday, []).append((row.opens_at, row.closes_at))
    outside = [day for day in weekdays if not are_inside(starts_at, ends_at, by_day.get(day, []))]
    if not by_day or not outside:
        return ""
    return BEYOND.format(
        place=location.name, days=" and ".join(WEEKDAY_NAMES[day] for day in outside)
    )


def _refuse_overlap(new: Collection[Availability], known: Collection[Availability]) -> None:
    if any(_stretch(row).meets(_stretch(other)) for row in new for other in known):
        raise HoursOverlap


def _stretch(row: Availability) -> Stretch:
    first, last = row.valid_from or date.min, row.valid_until or date.max
    return Stretch(row.weekday, row.starts_at, row.ends_at, first, last)


def _is_same(row: Availability, other: Availability) -> bool:
    return row.location_id == other.location_id and _stretch(row) == _stretch(other)
