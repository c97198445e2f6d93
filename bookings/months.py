"""A month of free times as a table: a row per week, a cell per day, Monday first."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)
FREE, FULL, OUT = "free", "full", "out"


@dataclass(frozen=True, slots=True)
class MonthDay:
    """One day: how many times are free, or whether it cannot be booked at all."""

    on: date
    count: int
    state: str


def read_month(text: str, *, first: date, last: date) -> date:
    """The first day of the month meant, as near as there is anything to book.

    Links may be old or cut off: that is nobody's mistake.
    """
    found = MONTH.fullmatch(text)
    wanted = date(int(found[1]), int(found[2]), 1) if found else first.replace(day=1)
    return min(max(wanted, first.replace(day=1)), last.replace(day=1))


def next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def last_month(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def days_of(month: date) -> int:
    return calendar.monthrange(month.year, month.month)[1]


def lay_out_month(
    starts: Iterable[datetime], month: date, *, zone: ZoneInfo, first: date, last: date
) -> list[list[MonthDay | None]]:
    """Put the free starts of a month on its days; days of other months stay empty.

    Days before `first` and after `last` cannot be booked, whatever is free on them. A start
    that several could give counts once.
    """
    counted = Counter(start.astimezone(zone).date() for start in set(starts))
    weeks = calendar.Calendar().monthdatescalendar(month.year, month.month)
    return [
        [_day(on, counted[on], first, last) if on.month == month.month else None for on in week]
        for week in weeks
    ]


def _day(on: date, count: int, first: date, last: date) -> MonthDay:
    if not first <= on <= last:
        return MonthDay(on, 0, OUT)
    return MonthDay(on, count, FREE if count else FULL)
