"""How a time is said and read: the one place that turns an instant into words and back.

A visit reads the same on the page, in the mail, in the calendar file and at the
desk, because all of them ask here. Pure: zone, style and today are arguments.

    instant ── Words ──►  "Tuesday 1 December, 10:15am, London time (GMT)"
    typed   ── read_day, read_clock, local_moment ──►  instant, or BadTime with a sentence
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
EARLIEST_YEAR = 2000
LATEST_YEAR = 2100  # the first year that is refused
MINUTE = timedelta(minutes=1)
NEAR = {0: "today", 1: "tomorrow"}
# Names in the zone folder that are a machine's own choice, not a place.
NOT_PLACES = {"localtime", "Factory"}
CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?([ap]m)?", re.ASCII | re.IGNORECASE)


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
        """Tuesday 1 December, 10:15am, London time (GMT)."""
        return _when(self, at.astimezone(UTC), today)

    def short(self, at: datetime, *, today: date | None = None) -> str:
        """Tue 1 Dec, 10:15am: for subjects and tables; with the year when it is not today's, if that is said."""
        return _short(self, at.astimezone(UTC), today.year if today else None)

    def span(self, begins_at: datetime, ends_at: datetime, *, today: date | None = None) -> str:
        """Tue 1 Dec, 10:15am to 2:30pm; Tue 1 Dec, all day; Tue 1 Dec to Fri 4 Dec for whole days.

        With the years when one of them is not today's, if that is said.
        """
        first, end = begins_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        last = end.date() - timedelta(days=1) if end.time() == time(0) else end.date()
        years = {first.year, last.year, today.year} if today else set()
        year = 0 if len(years) > 1 else None  # no date is of that one, so each says its own
        if first.time() == end.time() == time(0):
            until = f" to {short_day(last, year)}" if last != first.date() else ", all day"
            return short_day(first.date(), year) + until
        begins = _short(self, begins_at.astimezone(UTC), year)
        if end.time() == time(0):
            return f"{begins} to the end of {short_day(last, year)}"
        is_same_day = first.date() == end.date()
        until = self.time(ends_at) if is_same_day else _short(self, ends_at.astimezone(UTC), year)
        return f"{begins} to {until}"

    def within_day(self, begins_at: datetime, ends_at: datetime) -> str:
        """10:15am to 2:30pm; from 10:15am, until 2:30pm or all day where a day's own end is meant."""
        first, last = begins_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        from_midnight, to_midnight = first.time() == time(0), last.time() == time(0)
        if from_midnight and to_midnight:
            return "all day"
        if from_midnight:
            return f"until {self.time(ends_at)}"
        if to_midnight:
            return f"from {self.time(begins_at)}"
        return f"{self.time(begins_at)} to {self.time(ends_at)}"

    def soon(self, at: datetime, *, today: date) -> str:
        """today 4:45pm, tomorrow 9:00am, else Tue 1 Dec, 10:15am."""
        near = self.near_day(at, today=today)
        return f"{near} {self.time(at)}" if near in NEAR.values() else self.short(at)

    def near_day(self, at: datetime, *, today: date) -> str:
        """today, tomorrow, else Tue 1 Dec."""
        local = at.astimezone(self.zone)
        near = NEAR.get((local.date() - today).days)
        return near or f"{local:%a} {local.day} {local:%b}"

    def zone_line(self, at: datetime) -> str:
        """London (GMT): the place with the name of its offset at that moment."""
        return f"{place(self.zone)} ({offset(at.astimezone(self.zone))})"

    def clock_line(self, at: datetime) -> str:
        """London time (GMT): whose clock a time is said by."""
        return f"{place(self.zone)} time ({offset(at.astimezone(self.zone))})"


# Kept: the mails of a morning name the same few times. Always of UTC, because moments of another
# zone that a clock shows twice are equal.
@lru_cache(maxsize=512)
def _when(words: Words, at: datetime, today: date | None) -> str:
    local = at.astimezone(words.zone)
    said = clock(local.time(), words.style)
    if is_repeated(local):
        said += f", the {'second' if local.fold else 'first'} time"
    return f"{words.day(at, today=today)}, {said}, {words.clock_line(at)}"


@lru_cache(maxsize=512)
def _short(words: Words, at: datetime, year: int | None) -> str:
    local = at.astimezone(words.zone)
    return f"{short_day(local.date(), year)}, {words.time(at)}"


def short_day(on: date, year: int | None = None) -> str:
    """Tue 1 Dec, with its own year when that is not the one given."""
    said = f"{on:%a} {on.day} {on:%b}"
    return said if year in (None, on.year) else f"{said} {on.year}"


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
    first, second = _both(local)
    return first > second


def exists(local: datetime) -> bool:
    """Tell whether the clock ever shows this local time."""
    first, second = _both(local)
    return first >= second


def _both(local: datetime) -> tuple[timedelta, timedelta]:
    """The offsets that the first and the second reading of a wall time stand for.

    Equal nearly always. After clocks went back the first is larger; for a time
    that is skipped the second is.
    """
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    return first or timedelta(), second or timedelta()


def local_moment(
    day: date, at: time, zone: ZoneInfo, *, which: Literal["first", "second"] | None = None
) -> datetime:
    """Make an instant of a local date and time.

    Raises BadTime for years outside 2000 to 2099, for a time that the clock
    skips, and for one that it shows twice unless `which` of them is said.
    """
    if not EARLIEST_YEAR <= day.year < LATEST_YEAR:
        raise BadTime("year", f"Choose a date between {EARLIEST_YEAR} and {LATEST_YEAR - 1}.")
    local = datetime.combine(day, at, tzinfo=zone)
    if not exists(local):
        begins, ends = skipped(local)
        raise BadTime(
            "skipped",
            f"On {day.day} {day:%B} the clock skips {begins:%H:%M} to {ends:%H:%M}."
            " Please choose another time.",
        )
    if is_repeated(local) and which is None:
        raise BadTime(
            "twice",
            f"On {day.day} {day:%B} the clock shows {at:%H:%M} twice."
            " Say whether you mean the first or the second.",
        )
    return local.replace(fold=1 if which == "second" else 0).astimezone(UTC)


def skipped(local: datetime) -> tuple[datetime, datetime]:
    """The stretch of wall clock around a skipped time: from 01:00 to 02:00, say."""
    before, after = _both(local)
    change = local.replace(tzinfo=UTC) - after  # no later than the change; walk up to it
    while change.astimezone(local.tzinfo).utcoffset() == before:
        change += MINUTE
    naive = change.replace(tzinfo=None)
    return naive + before, naive + after


def read_day(text: str) -> date:
    """Read 2026-12-01 or 1/12/2026 as typed. Raises BadTime with what to do.

    Its code is "year" for a real date outside 2000 to 2099, "date" for anything else.
    """
    cleaned = text.strip()[:30]
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %m %Y", "%d %B %Y", "%d %b %Y"):
        try:
            found = datetime.strptime(cleaned, form).date() if cleaned.isascii() else None  # noqa: DTZ007
        except ValueError:
            continue
        if found and EARLIEST_YEAR <= found.year < LATEST_YEAR:
            return found
        if found:
            raise BadTime("year", f"Choose a date between {EARLIEST_YEAR} and {LATEST_YEAR - 1}.")
    raise BadTime("date", "Enter a date like 1/12/2026.")


def read_clock(text: str) -> time:
    """Read 10:15, 10.15, 10:15am or 3pm as typed. Raises BadTime with what to do."""
    found = CLOCK.fullmatch(text.strip()[:10])
    if found:
        hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
        if half and 1 <= hour <= 12:
            hour = hour % 12 + (12 if half == "pm" else 0)
        elif half or found[2] is None:  # "14am", or a bare "10" that may be a date
            hour = 24
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise BadTime("time", "Enter a time like 10:15 or 2:30pm.")


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every name of a time zone; reading them takes a walk over a folder, so once."""
    return frozenset(zoneinfo.available_timezones() - NOT_PLACES)


def known_zone(name: str, default: ZoneInfo) -> ZoneInfo:
    """The named zone if it is on the list of names, else the default."""
    return ZoneInfo(name) if name in zone_names() else default


def validated_zone(text: str) -> ZoneInfo:
    """The named zone. Raises BadTime for anything that is not on the list of names."""
    if text not in zone_names():
        raise BadTime("zone", "Choose a time zone from the list, for example Europe/London.")
    return ZoneInfo(text)


def money(amount: Decimal, currency: str) -> str:
    """£58, or £58.50; other currencies after the number."""
    number = f"{amount:,.2f}".removesuffix(".00")
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"
