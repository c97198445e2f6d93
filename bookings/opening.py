"""Opening hours as people say them: days in a row with the same hours are one line.

Monday to Friday, 8:00am to 12:30pm and 1:30pm to 7:00pm
Saturday, 9:00am to 1:00pm
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from bookings.times import clock
from practitioners.models import OpeningHours
from practitioners.models.places import WEEKDAYS

NAMES = dict(WEEKDAYS)
Spans = tuple[tuple[time, time], ...]


@dataclass(frozen=True, slots=True)
class OpenDays:
    """Days in a row, Monday is 1, that are open at the same times."""

    first: int
    last: int
    spans: Spans

    def say(self, style: str) -> str:
        """Monday to Friday, 8:00am to 7:00pm, in the clinic's style."""
        apart = " and " if self.last == self.first + 1 else " to "
        days = NAMES[self.first] + (apart + NAMES[self.last] if self.last > self.first else "")
        times = [f"{clock(opens, style)} to {clock(closes, style)}" for opens, closes in self.spans]
        return f"{days}, {' and '.join(times)}"

    @property
    def codes(self) -> list[str]:
        """Mo-Fr 08:00-19:00, as search engines read them, one for each stretch of a day."""
        days = NAMES[self.first][:2]
        if self.last > self.first:
            days += f"-{NAMES[self.last][:2]}"
        return [f"{days} {opens:%H:%M}-{closes:%H:%M}" for opens, closes in self.spans]


def open_days(rows: Iterable[OpeningHours]) -> list[OpenDays]:
    """Put rows of a week together, Monday first."""
    by_day: dict[int, list[tuple[time, time]]] = defaultdict(list)
    for row in rows:
        by_day[row.weekday].append((row.opens_at, row.closes_at))
    found: list[OpenDays] = []
    for day in sorted(by_day):
        spans = tuple(sorted(by_day[day]))
        if found and found[-1].last == day - 1 and found[-1].spans == spans:
            found[-1] = OpenDays(found[-1].first, day, spans)
        else:
            found.append(OpenDays(day, day, spans))
    return found
