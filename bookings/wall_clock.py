"""From a date and a time on somebody's wall to the one moment they mean.

    a wall in London     28 Mar 2027   00:59 GMT | 02:00 BST     01:30 does not exist: 02:00 BST
                         25 Oct 2026   01:30 BST | 01:30 GMT     01:30 comes twice: the first, BST

Dates and wall-clock times are combined here and nowhere by adding hours: two
days before ten o'clock is ten o'clock, also when one of the days has 25 hours.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# Outside these hours people are left alone. US rules are wider (47 CFR 64.1200(c)).
OPENS_AT = time(9)
CLOSES_AT = time(19)
MIDNIGHT = time(0)
SUNDAY = 7
REMINDER_DAYS = 2
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC moment of a wall-clock time.

    A time that does not exist becomes the first valid minute after it, one
    that comes twice its first occurrence.
    """
    wall = datetime.combine(day, at)
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    while found.astimezone(zone).replace(tzinfo=None) != wall:
        wall = wall.replace(second=0, microsecond=0) + MINUTE
        found = wall.replace(tzinfo=zone).astimezone(UTC)
    return found


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The local date of a moment. Raises ValueError for one without a time zone."""
    if at.tzinfo is None:
        raise ValueError("A moment without a time zone has no date.")
    return at.astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A date somewhere: the moments from which and to which it lasts, and its clock.

    The clock is `ahead` of UTC until `jumps_at` and `ahead_after` from then on; on
    nearly every day it does not jump.
    """

    on: date
    begins: datetime
    ends: datetime
    ahead: timedelta
    ahead_after: timedelta
    jumps_at: datetime | None


@lru_cache(maxsize=4096)
def local_day(on: date, zone: ZoneInfo) -> LocalDay:
    """Tell how long a date lasts on a wall, and what its clock does on it."""
    begins, ends = moment(on, time(0), zone), moment(on + DAY, time(0), zone)
    # A minute before: where midnight is skipped, the clock jumps as the day begins.
    last, first = _ahead(begins - MINUTE, zone), _ahead(ends, zone)
    jumps_at = _jump(begins - MINUTE, ends, zone) if last != first else None
    return LocalDay(on, begins, ends, last, first, jumps_at)


class Stretch(NamedTuple):
    """A time in which a clock does not jump: from `since` until `until`, None at the ends of time."""

    since: datetime | None
    until: datetime | None
    ahead: timedelta
    ahead_before: timedelta


@lru_cache(maxsize=4096)
def stretches(first: date, last: date, zone: ZoneInfo) -> tuple[Stretch, ...]:
    """How far a clock is ahead of UTC on some dates: one stretch, and one more for each jump."""
    days = [local_day(first + number * DAY, zone) for number in range((last - first).days + 1)]
    # Where midnight is skipped, the day before jumps, too.
    jumps = {day.jumps_at: day.ahead_after for day in days if day.jumps_at}
    since = [None, *jumps]
    ahead = [days[0].ahead, *jumps.values()]
    return tuple(map(Stretch, since, [*since[1:], None], ahead, [ahead[0], *ahead]))


def _ahead(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first minute with the later of two offsets, found by halves."""
    while after - before > MINUTE:
        middle = before + (after - before) // MINUTE // 2 * MINUTE
        if _ahead(middle, zone) == _ahead(after, zone):
            after = middle
        else:
            before = middle
    return after


def appointment_reminder_at(
    starts_at: datetime,
    zone: ZoneInfo,
    *,
    booked_at: datetime,
    opens_at: time = OPENS_AT,
    closes_at: time = CLOSES_AT,
) -> datetime | None:
    """When to remind of a visit: two calendar days before, at its own wall-clock time.

    `zone` is the location's. A time outside the sending hours moves earlier. None when
    the visit was booked after that moment.
    """
    day, at = before(starts_at, zone, days=REMINDER_DAYS, opens_at=opens_at, closes_at=closes_at)
    remind_at = moment(day, at, zone)
    return remind_at if booked_at <= remind_at else None


def before(
    starts_at: datetime,
    zone: ZoneInfo,
    *,
    days: int,
    opens_at: time = OPENS_AT,
    closes_at: time = CLOSES_AT,
) -> tuple[date, time]:
    """So many calendar days before a visit, at its own time, or earlier to be in the hours.

    To one hour before they close: the same evening for a late visit, the evening before
    for an early one. (Not the last allowed minute: a slow relay would carry it past the
    closing time.)
    """
    day = day_of(starts_at, zone) - timedelta(days=days)
    at = starts_at.astimezone(zone).time()
    if opens_at <= at < closes_at:
        return day, at
    day = day if at >= closes_at else day - timedelta(days=1)
    return day, max(opens_at, (datetime.combine(day, closes_at) - HOUR).time())


def is_send_day(day: date, public_holidays: Collection[date]) -> bool:
    """Monday to Saturday and not a public holiday; other closures do not stop sending."""
    return day.isoweekday() != SUNDAY and day not in public_holidays


def next_opening(
    now: datetime,
    zone: ZoneInfo,
    *,
    home: ZoneInfo,
    is_send_day: Callable[[date], bool] = lambda day: True,
    opens_at: time = OPENS_AT,
    closes_at: time = CLOSES_AT,
) -> datetime:
    """Now, if somebody in `zone` may be written to; else the next moment at which they may.

    The day must be a send day on both walls: with a client far away it can be Monday
    there and still Sunday at `home`, the clinic. Their window then opens at the
    clinic's midnight, if it is open by that time.
    """
    day = day_of(now, zone)
    while True:
        if is_send_day(day):
            opens = max(now, moment(day, opens_at, zone))
            here = day_of(opens, home)
            if not is_send_day(here):
                opens = moment(_first(here, is_send_day), MIDNIGHT, home)
            if opens < moment(day, closes_at, zone):
                return opens
        day += DAY


def _first(day: date, wanted: Callable[[date], bool]) -> date:
    while not wanted(day):
        day += DAY
    return day
