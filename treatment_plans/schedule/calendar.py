"""The clinic's days: open, closed, and those on which a message may go out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bookings import wall_clock
from bookings.wall_clock import DAY, MIDNIGHT, day_of, moment

UTC = ZoneInfo("UTC")
LONGEST_CLOSURE = 400  # days looked ahead for an open day before giving up


@dataclass(frozen=True, slots=True)
class ClinicCalendar:
    """Zone, weekdays (1 Monday to 7 Sunday) and single dates of one location."""

    zone: ZoneInfo
    open_weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5, 6})
    closed: frozenset[date] = field(default_factory=frozenset)
    public_holidays: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def build(
        cls,
        zone: ZoneInfo,
        *,
        open_weekdays: Iterable[int] = (1, 2, 3, 4, 5, 6),
        closures: Iterable[tuple[date, date, bool]] = (),
    ) -> ClinicCalendar:
        """Spread closures of (first day, last day, is a public holiday) over single dates."""
        closed: set[date] = set()
        holidays: set[date] = set()
        for first, last, is_holiday in closures:
            for offset in range((last - first).days + 1):
                (holidays if is_holiday else closed).add(first + offset * DAY)
        return cls(zone, frozenset(open_weekdays), frozenset(closed), frozenset(holidays))

    def is_open(self, day: date) -> bool:
        """Tell whether clients can be seen that day."""
        return (
            day.isoweekday() in self.open_weekdays
            and day not in self.closed
            and day not in self.public_holidays
        )

    def next_open(self, day: date) -> date:
        """The day itself or the next open one; the day itself if none is in sight."""
        for offset in range(LONGEST_CLOSURE):
            if self.is_open(day + offset * DAY):
                return day + offset * DAY
        return day

    def is_send_day(self, day: date) -> bool:
        """Tell whether a follow-up may go out that day."""
        return wall_clock.is_send_day(day, self.public_holidays)

    def send_day_from(self, day: date) -> date:
        """The day itself or the next send day."""
        while not self.is_send_day(day):
            day += DAY
        return day

    def send_day_until(self, day: date) -> date:
        """The day itself or the send day before it."""
        while not self.is_send_day(day):
            day -= DAY
        return day

    def day_of(self, at: datetime) -> date:
        """The location's date at an instant."""
        return day_of(at, self.zone)

    def moment(self, day: date, at: time = MIDNIGHT) -> datetime:
        """The instant of a time on the location's wall."""
        return moment(day, at, self.zone)
