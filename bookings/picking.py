"""Free starts laid out for a person to pick from: days, parts of the day, words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bookings.models import Appointment
from bookings.starts import Slot
from bookings.times import Words, place, say_day

DAYS_SHOWN = 4
TIMES_IN_SHORT = 6
NOON = 12
MANY = 8  # more than so many times in a day are grouped
KEPT = 64  # pages whose times are laid out already, in each process
SHOWN = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,10})")
PARTS = ((12, "Morning"), (17, "Afternoon"), (24, "Evening"))


class Choice(NamedTuple):
    """One radio button: its value, what is seen and what is read aloud."""

    value: str
    seen: str
    read: str
    also: str = ""


class Part(NamedTuple):
    name: str
    choices: tuple[Choice, ...]


class Day(NamedTuple):
    """One local day; a day without choices is shown as fully booked."""

    weekday: str
    date: str
    parts: tuple[Part, ...]

    @property
    def choices(self) -> list[Choice]:
        return [choice for part in self.parts for choice in part.choices]


def lay_out(
    starts: Iterable[datetime],
    *,
    first_day: date,
    words: Words,
    theirs: ZoneInfo | None = None,
    days: int = DAYS_SHOWN,
    today: date | None = None,
) -> tuple[Day, ...]:
    """Put each start, in order, on its local day; a day says its year when that is not today's."""
    year = today.year if today else None
    return _laid_out(tuple(starts), first_day, words, theirs, days, year)


@lru_cache(KEPT)
def _laid_out(
    starts: tuple[datetime, ...],
    first_day: date,
    words: Words,
    theirs: ZoneInfo | None,
    days: int,
    year: int | None,
) -> tuple[Day, ...]:
    by_day: dict[date, list[datetime]] = {}
    for at in starts:
        local = at.astimezone(words.zone)
        by_day.setdefault(local.date(), []).append(local)
    shown = (first_day + timedelta(days=offset) for offset in range(days))
    return tuple(
        Day(f"{on:%A}", _day_and_month(on, year), tuple(_parts(by_day.get(on, []), words, theirs)))
        for on in shown
    )


def _day_and_month(on: date, year: int | None) -> str:
    """1 December, with its own year when that is not the one given."""
    said = f"{on.day} {on:%B}"
    return said if year in (None, on.year) else f"{said} {on.year}"


def _parts(starts: list[datetime], words: Words, theirs: ZoneInfo | None) -> Iterator[Part]:
    """Of one day, by its own clock."""
    choices = _choices(starts, words, theirs)
    if len(choices) <= MANY:
        if choices:
            yield Part("", choices)
        return
    begins = 0
    for ends, name in PARTS:
        inside = tuple(choices[nth] for nth, at in enumerate(starts) if begins <= at.hour < ends)
        if inside:
            yield Part(name, inside)
        begins = ends


def _choices(
    starts: Sequence[datetime], words: Words, theirs: ZoneInfo | None
) -> tuple[Choice, ...]:
    """Each with its words; those of the day and the place are the same for all."""
    if not starts:
        return ()
    day, here = say_day(starts[0].date(), today=starts[0].date()), place(words.zone)
    own = Words(theirs, words.style) if theirs else None
    said = [words.time(at) for at in starts]
    return tuple(
        Choice(value_of(at), seen, f"{day}, {seen}, {here} time", _by(own, at) if own else "")
        for at, seen in zip(starts, said, strict=True)
    )


def _by(own: Words, at: datetime) -> str:
    """A local time by another clock, with the day of the week where it is another day there."""
    there, said = at.astimezone(own.zone), own.time(at)
    return said if there.date() == at.date() else f"{there:%a} {said}"


def half_days(
    slots: Iterable[Slot], zones: Mapping[int, ZoneInfo], *, count: int = TIMES_IN_SHORT
) -> list[Slot]:
    """Of times in order, the first of each half day, so many of them."""
    found: dict[tuple[date, bool], Slot] = {}
    for slot in slots:
        if slot.location_id in zones:
            local = slot.starts_at.astimezone(zones[slot.location_id])
            found.setdefault((local.date(), local.hour >= NOON), slot)
            if len(found) == count:
                break
    return list(found.values())


def spread(
    slots: Sequence[Slot], zones: Mapping[int, ZoneInfo], *, count: int = TIMES_IN_SHORT
) -> list[Slot]:
    """A few times for a glance: the first of each half day, then whatever is next; in order."""
    chosen = {slot.starts_at: slot for slot in half_days(slots, zones, count=count)}
    for slot in slots:
        if len(chosen) == count:
            break
        if slot.location_id in zones:
            chosen.setdefault(slot.starts_at, slot)
    return [chosen[at] for at in sorted(chosen)]


def value_of(at: datetime) -> str:
    """How a start travels in a form: seconds since 1970."""
    return str(int(at.timestamp()))


def read_start(text: str) -> datetime | None:
    """Read such a start; None for anything that cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    at = datetime.fromtimestamp(int(text), tz=ZoneInfo("UTC"))
    return at if 2000 <= at.year < 2100 and at.second == 0 else None


def shown_value(kept: Appointment) -> str:
    """How what a page showed travels in its form: the session, with whom, and when."""
    return f"{kept.service_id}.{kept.practitioner_id}.{value_of(kept.starts_at)}"


def read_shown(text: str) -> tuple[int, int, datetime] | None:
    """Read such a value; None for anything that cannot be one."""
    found = SHOWN.fullmatch(text)
    at = read_start(found[3]) if found else None
    return (int(found[1]), int(found[2]), at) if found and at else None
