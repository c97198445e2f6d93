"""When people are in, day by day: weekly hours and extra hours less time off and closures.

Mon   09:00 ─────────── 12:30      13:30 ─────── 17:30      weekly rows and extra hours
           10:00 ─ 11:00                                    time off
in    09 ─ 10     11 ── 12:30      13:30 ─────── 17:30
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from bookings.wall_clock import DAY, moment
from practitioners.models import Availability, Closure, ExtraHours, Practitioner, TimeOff

Stretch = tuple[datetime, datetime]


def windows(
    people: Collection[Practitioner], first_day: date, days: int
) -> dict[tuple[int, date], list[Stretch]]:
    """The stretches in which each of these people is in, by person and local day. Four queries.

    They are on the wall clock of the place where the day's first shift is.
    """
    last_day = first_day + (days - 1) * DAY
    away = stretches_off(time_off(people, first_day, last_day))
    return windows_of(shifts(people, first_day, days), closures(first_day, last_day), away)


def windows_of(
    rows: Iterable[tuple[Any, date]],
    closures: Collection[Closure],
    away: Mapping[int, list[Stretch]],
) -> dict[tuple[int, date], list[Stretch]]:
    """The same of hours, closures and time off that were read already."""
    found: dict[tuple[int, date], list[Stretch]] = {}
    zones: dict[tuple[int, date], ZoneInfo] = {}
    for row, on in rows:
        if not any(is_closed(one, row.location_id, on) for one in closures):
            zone = row.location.zone
            stretch = (moment(on, row.starts_at, zone), moment(on, row.ends_at, zone))
            found.setdefault((row.practitioner_id, on), []).append(stretch)
            zones.setdefault((row.practitioner_id, on), zone)
    return {
        key: [
            (begins.astimezone(zones[key]), ends.astimezone(zones[key]))
            for begins, ends in without(merged(stretches), away.get(key[0], []))
        ]
        for key, stretches in found.items()
    }


def shifts(people: Collection[Practitioner], first_day: date, days: int) -> list[tuple[Any, date]]:
    """Weekly and extra hours of these people with each date on which they count. Two queries."""
    dates = [first_day + offset * DAY for offset in range(days)]
    weekly = Availability.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=dates[-1]),
        Q(valid_until=None) | Q(valid_until__gte=dates[0]),
        practitioner__in=people,
    ).select_related("location")
    extra = ExtraHours.objects.filter(practitioner__in=people, on__range=(dates[0], dates[-1]))
    by_week = [(row, on) for row in weekly for on in dates if _counts(row, on)]
    return [*by_week, *((row, row.on) for row in extra.select_related("location"))]


def _counts(row: Availability, on: date) -> bool:
    begun = row.valid_from is None or row.valid_from <= on
    lasts = row.valid_until is None or row.valid_until >= on
    return row.weekday == on.isoweekday() and begun and lasts


def is_closed(closure: Closure, location_id: int, on: date) -> bool:
    """Tell whether a closure keeps a location shut on a date."""
    here = closure.location_id in (None, location_id)
    return here and closure.starts_on <= on <= closure.ends_on


def closures(first_day: date, last_day: date) -> list[Closure]:
    """The closures of these days. One query."""
    return list(Closure.objects.filter(starts_on__lte=last_day, ends_on__gte=first_day))


def time_off(people: Collection[Practitioner], first_day: date, last_day: date) -> list[TimeOff]:
    """Time off around these days; a day on either side covers every time zone. One query."""
    rows = TimeOff.objects.filter(
        practitioner__in=people,
        ends_at__date__gte=first_day - DAY,
        starts_at__date__lte=last_day + DAY,
    )
    return list(rows)


def stretches_off(rows: Iterable[TimeOff]) -> dict[int, list[Stretch]]:
    """From when to when each person is away."""
    found: dict[int, list[Stretch]] = {}
    for row in rows:
        found.setdefault(row.practitioner_id, []).append((row.starts_at, row.ends_at))
    return found


def merged(stretches: list[Stretch]) -> list[Stretch]:
    """The same hours with those that meet or touch made one, in order."""
    whole: list[Stretch] = []
    for begins, ends in sorted(stretches):
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], ends))
        elif begins < ends:
            whole.append((begins, ends))
    return whole


def without(stretches: list[Stretch], away: Iterable[Stretch]) -> list[Stretch]:
    """What is left of some stretches when others are taken out of them."""
    left = stretches
    for begins, ends in away:
        parts = [[(a, min(b, begins)), (max(a, ends), b)] for a, b in left]
        left = [(a, b) for pair in parts for a, b in pair if a < b]
    return left
