"""What suits a client, of all the days and hours that are right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time


@dataclass(frozen=True, slots=True)
class Wishes:
    """What suits the client: weekdays (1 Monday to 7 Sunday) and hours [from, until).

    Empty means any. Wishes choose among the days that are right; they never make a
    wrong one right.
    """

    weekdays: frozenset[int] = frozenset()
    hours: tuple[tuple[int, int], ...] = ()

    def suits_day(self, on: date) -> bool:
        return not self.weekdays or on.isoweekday() in self.weekdays

    def suits_time(self, at: time) -> bool:
        return not self.hours or any(begins <= at.hour < ends for begins, ends in self.hours)


ANY = Wishes()
