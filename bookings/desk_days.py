"""Which day or week the desk looks at, and whose: read from an address, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.times import BadTime, read_day
from practitioners.models import Practitioner

DAY = timedelta(days=1)
EARLIEST, LATEST = date(2000, 1, 8), date(2099, 12, 24)  # a week beside it is a date, too


def day_asked(query: Mapping[str, str], today: date, name: str = "day") -> tuple[date, str]:
    """The day that an address or a person names, and what is wrong with what they typed."""
    text = query.get(name, "")
    if not text:
        return today, ""
    try:
        day = read_day(text)
    except BadTime as problem:
        return today, problem.sentence
    return min(max(day, EARLIEST), LATEST), ""


def bounds(day: date, zone: ZoneInfo, *, days: int = 1) -> tuple[datetime, datetime]:
    """From the first to the last moment of some local days, whatever their clocks do."""
    start = datetime.combine(day, time(0), tzinfo=zone)
    return start, datetime.combine(day + days * DAY, time(0), tzinfo=zone)


def whose_calendar(
    user: Any, query: Mapping[str, str]
) -> tuple[Practitioner | None, list[Practitioner]]:
    """Whose visits are shown (None: the whole clinic's) and who may be chosen.

    A practitioner starts with the own ones; the desk with everybody's.
    """
    people = list(Practitioner.objects.handled_by(user))
    slug = query.get("practitioner", "")
    chosen = next((one for one in people if one.slug == slug), None)
    if (chosen is None and user.is_practitioner and slug != "all") or not user.is_desk_staff:
        chosen = chosen or user.practitioner
    return chosen, people
