"""Weekly hours: giving a whole week the hours of its Monday, and rows that get in each other's way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from itertools import combinations

from django.db import transaction

from practitioners.models import Availability, Practitioner

MONDAY = 1
OTHER_WORKDAYS = (2, 3, 4, 5)


@transaction.atomic
def copy_monday(practitioner: Practitioner) -> int:
    """Give Tuesday to Friday the hours of Monday, in place of their own.

    Returns how many rows Monday has; with none, nothing is changed.
    """
    monday = list(practitioner.availability.filter(weekday=MONDAY))
    if monday:
        practitioner.availability.filter(weekday__in=OTHER_WORKDAYS).delete()
        Availability.objects.bulk_create(
            Availability(
                practitioner=practitioner,
                location_id=row.location_id,
                weekday=day,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
            for day in OTHER_WORKDAYS
            for row in monday
        )
    return len(monday)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some hours of one weekday, or of one date, and the dates for which they count."""

    day: int | date
    starts_at: time
    ends_at: time
    first: date = date.min
    last: date = date.max

    def meets(self, other: Stretch) -> bool:
        """Tell whether both ask for somebody at one and the same moment."""
        return (
            self.day == other.day
            and self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
            and self.first <= other.last
            and other.first <= self.last
        )


def are_inside(starts_at: time, ends_at: time, opening: Iterable[tuple[time, time]]) -> bool:
    """Tell whether hours of a day lie within its opening hours, which may touch each other."""
    reached = starts_at
    for opens_at, closes_at in sorted(opening):
        if opens_at <= reached:
            reached = max(reached, closes_at)
    return reached >= ends_at


def first_overlap(stretches: Iterable[Stretch]) -> tuple[Stretch, Stretch] | None:
    """The first two that ask for one moment twice, if any do."""
    pairs = combinations(stretches, 2)
    return next(((one, other) for one, other in pairs if one.meets(other)), None)
