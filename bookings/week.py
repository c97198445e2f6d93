"""A week as columns: what stands where on the wall clock, in quarters of an hour.

The wall clock is that of the place: nine o'clock in New York stands beside nine o'clock
in London, each where its own people look for it.

The page places everything by two classes, `starts-N` (the quarter it begins in, counted
from the first hour shown) and `lasts-N`: a style of its own would need a hole in the
content policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bookings.days_off import DayOff
from bookings.kept_times import Kept
from bookings.models import Appointment
from bookings.working_hours import Stretch
from practitioners.models import Practitioner

QUARTER, HOUR, WHOLE_DAY = 15, 60, 24 * 60  # minutes
USUAL = (8 * HOUR, 18 * HOUR)
LONGEST = 48  # quarters that one class can span
TWO_LINES = 3  # quarters
Span = tuple[int, int]  # minutes of the local day


@dataclass(frozen=True, slots=True)
class Placed:
    """Something in a column, by the classes of the stylesheet."""

    starts: int
    lasts: int
    visit: Appointment | None = None
    kept: Kept | None = None
    away: DayOff | None = None
    nobody_in: str = ""  # why not, of a visit that somebody must move


@dataclass(slots=True)
class Column:
    """One day of one person."""

    on: date
    person: Practitioner
    zone: ZoneInfo
    visits: list[Appointment]
    hours: list[Stretch]
    kept: list[Kept] = field(default_factory=list)
    days_off: list[DayOff] = field(default_factory=list)
    nobody_in: Mapping[int, str] = field(default_factory=dict)  # why, by the key of the visit
    entries: list[Placed] = field(default_factory=list)
    off: list[Placed] = field(default_factory=list)
    away: list[Placed] = field(default_factory=list)
    away_words: list[Placed] = field(default_factory=list)  # the same, where nothing hides them
    now: int = 0  # the quarter that it is now; 0 on any other day

    @property
    def begins_at(self) -> datetime | None:
        """When its person is first in or has a visit, which is what its clock is known by."""
        known = [begins for begins, _ in self.hours] + [visit.starts_at for visit in self.visits]
        return min(known, default=None)


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns, and the hours beside them."""

    columns: list[Column]
    labels: list[tuple[str, Placed]]

    @property
    def names_places(self) -> bool:
        """Whether its columns go by more than one clock, so that each has to say by which."""
        return len({column.zone for column in self.columns if column.begins_at}) > 1


def lay_out(columns: list[Column], *, style: str, now: datetime) -> Grid:
    """Place everything in order of time; the grid is as high as the hours and visits of its columns need."""
    begins, ends = _height(columns)
    for column in columns:
        column.entries = sorted(_entries(column, begins), key=lambda one: one.starts)
        column.off = list(_gaps(column, begins, ends))
        column.away = list(_away(column, begins, ends))
        column.away_words = [_uncovered(one, column.entries) for one in column.away]
        local = now.astimezone(column.zone)
        minute = local.hour * HOUR + local.minute
        if local.date() == column.on and begins <= minute < ends:
            column.now = (minute - begins) // QUARTER + 1
    hours = range(begins, ends, HOUR)
    labels = [(_clock(at, style), _placed((at, at + HOUR), begins)) for at in hours]
    return Grid(columns, labels)


def _entries(column: Column, begins: int) -> Iterable[Placed]:
    """The visits of a column, and what is kept in it."""
    on, zone = column.on, column.zone
    for visit in column.visits:
        span = _span(visit.starts_at, visit.ends_at, on, zone)
        why = column.nobody_in.get(visit.pk, "")
        yield replace(_placed(span, begins), visit=visit, nobody_in=why)
    for kept in column.kept:
        hold = kept.hold
        span = _span(hold.starts_at, hold.ends_at, on, zone)
        yield replace(_placed(span, begins), kept=kept)


def _span(starts_at: datetime, ends_at: datetime, on: date, zone: ZoneInfo) -> Span:
    """From which to which minute of the local day something lasts, cut at midnight."""
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    begins = 0 if first.date() < on else first.hour * HOUR + first.minute
    ends = WHOLE_DAY if last.date() > on else last.hour * HOUR + last.minute
    return begins, max(ends, begins + QUARTER)


def _height(columns: Iterable[Column]) -> Span:
    spans = [
        _span(begins, ends, column.on, column.zone)
        for column in columns
        for begins, ends in (
            *column.hours,
            *((visit.starts_at, visit.ends_at) for visit in column.visits),
            *((kept.hold.starts_at, kept.hold.ends_at) for kept in column.kept),
        )
    ]
    first = min((begins for begins, _ in spans), default=USUAL[0])
    last = max((ends for _, ends in spans), default=USUAL[1])
    return first // HOUR * HOUR, min(-(-last // HOUR) * HOUR, WHOLE_DAY)


def _placed(span: Span, begins: int) -> Placed:
    first = (span[0] - begins) // QUARTER
    last = -(-(span[1] - begins) // QUARTER)
    return Placed(first + 1, min(max(last - first, 1), LONGEST))


def _gaps(column: Column, begins: int, ends: int) -> Iterable[Placed]:
    """Where nobody is in, in pieces that a class can span."""
    at = begins
    spans = [_span(first, last, column.on, column.zone) for first, last in column.hours]
    for first, last in [*spans, (ends, ends)]:
        while at < first:
            piece = min(first, at + LONGEST * QUARTER)
            yield _placed((at, piece), begins)
            at = piece
        at = max(at, last)


def _away(column: Column, begins: int, ends: int) -> Iterable[Placed]:
    """Time off, as far as the grid goes; what is beyond stands at its edge, so that it is read."""
    for one in column.days_off:
        first, last = _span(one.starts_at, one.ends_at, column.on, column.zone)
        first = min(max(first, begins), ends - QUARTER)
        last = max(min(last, ends), first + QUARTER)
        yield replace(_placed((first, last), begins), away=one)


def _uncovered(block: Placed, entries: Iterable[Placed]) -> Placed:
    """Where in a block there is room for words beside what stands there; all of it where there is none."""
    taken = {one.starts + nth for one in entries for nth in range(one.lasts)}
    runs: list[Placed] = []
    for quarter in range(block.starts, block.starts + block.lasts):
        if quarter in taken:
            continue
        last = runs[-1] if runs else None
        if last and last.starts + last.lasts == quarter:
            runs[-1] = replace(last, lasts=last.lasts + 1)
        else:
            runs.append(replace(block, starts=quarter, lasts=1))
    roomy = [run for run in runs if run.lasts >= TWO_LINES]
    return (roomy or sorted(runs, key=lambda run: -run.lasts) or [block])[0]


def _clock(minute: int, style: str) -> str:
    hour = minute // HOUR
    return f"{hour:02d}:00" if style == "24h" else f"{hour % 12 or 12}{'am' if hour < 12 else 'pm'}"
