"""Which days the page of times shows, and the addresses of the same page with other days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode

from bookings.picking import DAYS_SHOWN, read_start, value_of
from bookings.times import BadTime, read_day, say_day
from bookings.timetable import Timetable

MINE = "mine"
KEPT = 1024  # sets of parameters in each process


class PageLinks:
    """Addresses of one page of times. They name specialist and place, so that both stay."""

    def __init__(self, table: Timetable, path: str, *, zone: str = "") -> None:
        self.path = path
        known = {"zone": zone if zone == MINE else ""}
        if table.moving is None or table.for_staff:
            known["practitioner"] = table.person.slug if table.person else ""
            known["location"] = table.location.slug
        self.kept = {name: value for name, value in known.items() if value}

    def to(self, **changes: str) -> str:
        """The page with some parameters changed; an empty one is left out."""
        wanted = {**self.kept, **changes}
        query = query_of(*((name, value) for name, value in wanted.items() if value))
        return f"{self.path}?{query}" if query else self.path

    def at(self, moment: datetime) -> str:
        """The page with the day of a time, and that time chosen."""
        return self.to(at=value_of(moment))

    def day(self, first_day: date) -> str:
        return self.to(**{"from": f"{first_day}"})

    def month(self, first_day: date) -> str:
        """The page as a table of the month that a day is in."""
        return self.to(month=f"{first_day:%Y-%m}")


@lru_cache(KEPT)
def query_of(*parameters: tuple[str, str]) -> str:
    """Parameters as they stand in an address; the same ones stand on page after page."""
    return urlencode(parameters)


def first_day_of(query: Mapping[str, str], table: Timetable) -> tuple[date, str]:
    """The first day to show, and what is wrong with a date that somebody typed.

    Links may lead to a day that has passed since: that is nobody's mistake.
    """
    at = read_start(query.get("at", ""))
    if at:
        return _clamped(at.astimezone(table.location.zone).date(), table), ""
    typed = query.get("date", "")
    text = typed or query.get("from", "")
    if not text:  # whoever moves a session rather looks for one near it than for the soonest
        return _clamped(table.moving.local_day if table.moving else table.today, table), ""
    try:
        day = read_day(text)
    except BadTime as problem:
        return table.today, _bounds(table) if problem.code == "year" else problem.sentence
    is_outside = not table.today <= day <= table.last_day
    return _clamped(day, table), _bounds(table) if typed and is_outside else ""


def _clamped(day: date, table: Timetable) -> date:
    return min(max(day, table.today), table.last_day)


def _bounds(table: Timetable) -> str:
    return f"Please choose a date between today and {say_day(table.last_day)}."


def turning(table: Timetable, links: PageLinks, first_day: date) -> dict[str, str]:
    """Addresses of the days before and after, as far as there are any to book."""
    step = timedelta(days=DAYS_SHOWN)
    earlier, later = max(table.today, first_day - step), first_day + step
    return {
        "earlier": links.day(earlier) if first_day > table.today else "",
        "later": links.day(later) if later <= table.last_day else "",
    }
