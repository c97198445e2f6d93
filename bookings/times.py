"""How a time is said: the one place that turns an instant into words.

A visit reads the same on the page, in the mail, in the calendar file and at the
desk, because all of them ask here. Pure: zone, style and today are arguments.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
EARLIEST_YEAR = 2000
LATEST_YEAR = 2100


class BadTime(ValueError):
    """A date or time that cannot be meant, with a sentence for the page."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code, self.sentence = code, sentence
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Words:
    """A zone and a style ("12h" or "24h") that times are said in."""

    zone: ZoneInfo
    style: str = "12h"

    def time(self, at: datetime) -> str:
        """10:15am or 10:15; a time that occurs twice that day carries its offset."""
        local = at.astimezone(self.zone)
        said = clock(local.time(), self.style)
        return f"{said} ({offset(local)})" if is_repeated(local) else said

    def day(self, at: datetime, *, today: date | None = None) -> str:
        """Tuesday 1 December, with the year when it is not today's."""
        return say_day(at.astimezone(self.zone).date(), today=today)

    def when(self, at: datetime, *, today: date | None = None) -> str:
        """Tuesday 1 December, 10:15am, London time."""
        return f"{self.day(at, today=today)}, {self.time(at)}, {place(self.zone)} time"

    def short(self, at: datetime) -> str:
        """Tue 1 Dec, 10:15am: for subjects and tables."""
        local = at.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b}, {self.time(at)}"

    def zone_line(self, at: datetime) -> str:
        """London (GMT): the place with the name of its offset at that moment."""
        return f"{place(self.zone)} ({at.astimezone(self.zone):%Z})"


def clock(at: time, style: str) -> str:
    """Say a wall-clock time in the clinic's style."""
    if style == "24h":
        return f"{at:%H:%M}"
    hour = at.hour % 12 or 12
    return f"{hour}:{at:%M}{'am' if at.hour < 12 else 'pm'}"


def say_day(day: date, *, today: date | None = None) -> str:
    """Tuesday 1 December, with the year when it is not today's."""
    said = f"{day:%A} {day.day} {day:%B}"
    return said if today is not None and day.year == today.year else f"{said} {day.year}"


def place(zone: ZoneInfo) -> str:
    """London, for Europe/London."""
    return zone.key.split("/")[-1].replace("_", " ")


def offset(local: datetime) -> str:
    """The zone's own short name, or UTC+5:45 where it has none."""
    name = local.strftime("%Z")
    if name and not name.startswith(("+", "-")):
        return name
    minutes = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    sign = "+" if minutes >= 0 else "-"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


def is_repeated(local: datetime) -> bool:
    """Tell whether the clock shows this time twice on its day."""
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() and exists(local)


def exists(local: datetime) -> bool:
    """Tell whether the clock ever shows this local time."""
    there = local.astimezone(UTC).astimezone(local.tzinfo)
    return there.replace(tzinfo=None) == local.replace(tzinfo=None)


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Make an instant of a local date and time.

    Raises BadTime for a time that the clock skips, and for years outside 2000 to
    2100. Of a time that occurs twice the first is meant.
    """
    if not EARLIEST_YEAR <= day.year < LATEST_YEAR:
        raise BadTime("year", f"Choose a date between {EARLIEST_YEAR} and {LATEST_YEAR}.")
    local = datetime.combine(day, at, tzinfo=zone)
    if not exists(local):
        raise BadTime(
            "skipped",
            f"On {say_day(day)} the clock skips {at:%H:%M}. Please choose another time.",
        )
    return local.astimezone(UTC)


def read_day(text: str) -> date:
    """Read 2026-12-01 or 1/12/2026 as typed. Raises BadTime with what to do."""
    cleaned = text.strip()[:20]
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y"):
        try:
            found = datetime.strptime(cleaned, form).date() if cleaned.isascii() else None  # noqa: DTZ007
        except ValueError:
            continue
        if found and EARLIEST_YEAR <= found.year < LATEST_YEAR:
            return found
    raise BadTime("date", "Enter a date like 1/12/2026.")


def known_zone(name: str, default: ZoneInfo) -> ZoneInfo:
    """The named zone if it is on the list of names, else the default."""
    return ZoneInfo(name) if name in zoneinfo.available_timezones() else default


def money(amount: Decimal, currency: str) -> str:
    """£58, or £58.50; other currencies after the number."""
    number = f"{amount:,.2f}".removesuffix(".00")
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"
