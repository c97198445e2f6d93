"""Where everything of a chart stands: from values and days to points on a sheet.

      top ┌───────────────────────────────┐
          │    ┆ v2       a plan change    │ names of lines
       y  │ ●──●    ●──■  ← a gap where a  │ at their ends
          │ ░░░░░░░░░░░░    visit was      │
          │                 missed         │
          └─┬──┬────x──┬───────────────────┘
            sessions, missed visits            one time axis for all charts of a page

Nothing here knows a colour, a row or a clock. The y axis is the whole scale, so that a
small change looks small.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby, pairwise

from treatment_plans.axes import axis_of, threshold_at, ticks
from treatment_plans.outcomes import Point, Series, plain

SHAPES = ("circle", "square", "triangle", "diamond", "cross", "ring")
ON_PAPER = ("#0b5d5e", "#a34a24", "#4a4e9e", "#7a5d00")
LABEL_WIDTH = 22  # letters of a name beside the drawing
SHORTEST = timedelta(days=14)  # of a time axis
LABEL_HEIGHT = 17  # between two names at the ends of lines
LETTER = 7.6  # its usual width
DATE_WIDTH = 60  # from one date under the axis to the next
STEPS = 24  # places of a stretch of a line that are looked at


@dataclass(frozen=True, slots=True)
class Happenings:
    """What happened along the way: sessions, missed visits, and changes of the plan."""

    sessions: tuple[date, ...] = ()
    missed: tuple[date, ...] = ()
    changes: tuple[tuple[date, str], ...] = ()

    @property
    def days(self) -> list[date]:
        return [*self.sessions, *self.missed, *(day for day, _ in self.changes)]


@dataclass(frozen=True, slots=True)
class Frame:
    """A sheet and the margins around what is drawn on it."""

    name: str
    width: int
    height: int
    left: int
    right: int
    top: int = 26
    bottom: int = 52


WIDE = Frame("wide", 680, 280, left=44, right=190)
WIDE_ALONE = Frame("wide", 680, 280, left=44, right=60)  # one line needs no name at its end
NARROW = Frame("narrow", 340, 260, left=36, right=40)
SMALL = Frame("small", 340, 220, left=44, right=44)


@dataclass(frozen=True, slots=True)
class Mark:
    """A word or a line at a place; `anchor` says which end of a word stands there."""

    x: float
    y: float
    text: str = ""
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Level:
    """A value across the chart; it ends before a name or number that stands in its way."""

    y: float
    text: str
    until: float


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its path with gaps, its markers, and its name at the end."""

    series: Series
    number: int
    path: str
    markers: tuple[Mark, ...]
    label: Mark
    value_label: Mark

    @property
    def shape(self) -> str:
        return SHAPES[self.number % len(SHAPES)]

    @property
    def colour(self) -> str:
        """On paper; a page takes the colours of its theme."""
        return ON_PAPER[self.number % len(ON_PAPER)]

    @property
    def label_lines(self) -> list[str]:
        """The name with its value, broken where it would not fit beside the drawing."""
        return textwrap.wrap(self.label.text, LABEL_WIDTH)


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the scale across the chart, with its edges."""

    y: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything of one chart on one frame."""

    frame: Frame
    lines: tuple[Line, ...]
    rows: tuple[Mark, ...]
    days: tuple[Mark, ...]
    sessions: tuple[Mark, ...]
    missed: tuple[Mark, ...]
    changes: tuple[Mark, ...]
    band: Band | None = None
    target: Level | None = None
    target_word: Mark | None = None
    reference: Level | None = None

    @property
    def bottom(self) -> int:
        return self.frame.height - self.frame.bottom

    @property
    def right(self) -> int:
        return self.frame.width - self.frame.right

    @property
    def width(self) -> int:
        return self.right - self.frame.left


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn together: lines on one scale, what counts as change, what is aimed at."""

    title: str
    series: tuple[Series, ...]
    happenings: Happenings
    span: tuple[date, date]
    target: Decimal | None = None
    goal: str = ""

    @property
    def key(self) -> str:
        """A name that is unique on a page and can be an id."""
        return self.series[0].key.replace(" ", "-")

    @property
    def names(self) -> list[tuple[str, str]]:
        """Each line's name with the shape of its markers."""
        return [(one.name, SHAPES[n % len(SHAPES)]) for n, one in enumerate(self.series)]

    @property
    def table(self) -> list[tuple[date, list[str], str]]:
        """Every day with the value of each line and the occasion, oldest first; a baseline by itself."""
        by_day: dict[tuple[date, bool], dict[str, Point]] = {}
        for one in self.series:
            for point in one.points:
                by_day.setdefault(point.place, {})[one.key] = point
        return [
            (
                day,
                [s.scale.number(found[s.key].value) if s.key in found else "" for s in self.series],
                next(iter(found.values())).occasion,
            )
            for (day, _), found in sorted(by_day.items())
        ]

    @property
    def axis(self) -> tuple[Decimal, Decimal]:
        return axis_of(self.series)

    @property
    def banded(self) -> Series:
        """Around whose first value a change does not count yet: what was measured most often."""
        return max(self.series, key=lambda one: len(one.points))

    def on(self, frame: Frame) -> Chart:
        """Lay it out on a frame."""
        lines = tuple(self._line(one, number, frame) for number, one in enumerate(self.series))
        lines = spread(lines, frame)
        aim = "" if self.target is None else self._number(self.target)
        target = self._level(self.target, f"Target {aim}", lines, frame)
        return Chart(
            frame,
            lines,
            rows=tuple(self._rows(frame)),
            days=tuple(self._days(frame)),
            sessions=tuple(self._strip(self.happenings.sessions, frame)),
            missed=tuple(self._strip(self.happenings.missed, frame)),
            changes=tuple(
                Mark(self._x(day, frame), frame.top, text)
                for day, text in self.happenings.changes
                if self.span[0] <= day <= self.span[1]
            ),
            band=self._band(frame),
            target=target,
            target_word=word_beside(target, lines, frame) if target else None,
            reference=self._level(self._reference, f"{plain(self._reference)} usual", lines, frame),
        )

    @property
    def _reference(self) -> Decimal | None:
        return self.series[0].reference

    def _number(self, value: Decimal) -> str:
        return self.series[0].scale.number(value)

    def _x(self, day: date, frame: Frame) -> float:
        start, end = self.span
        inner = frame.width - frame.left - frame.right
        return round(frame.left + inner * ((day - start) / (end - start)), 1)

    def _y(self, value: Decimal, frame: Frame) -> float:
        inner, (low, high) = frame.height - frame.top - frame.bottom, self.axis
        share = (value - low) / (high - low)
        return round(frame.height - frame.bottom - inner * float(share), 1)

    def _line(self, series: Series, number: int, frame: Frame) -> Line:
        places = [Mark(self._x(p.on, frame), self._y(p.value, frame)) for p in series.points]
        path = " ".join(
            f"M{a.x} {a.y}L{b.x} {b.y}"
            for (one, a), (other, b) in pairwise(zip(series.points, places, strict=True))
            if not is_gap(one, other, self.happenings)
        )
        last = places[-1]
        value = series.scale.number(series.last.value)
        words = f"{series.name} {value}" if len(self.series) > 1 else value
        return Line(
            series, number, path, tuple(places),
            label=Mark(last.x + 12, last.y + 5, words, "start"),
            value_label=Mark(last.x + 10, last.y + 5, value, "start"),
        )  # fmt: skip

    def _rows(self, frame: Frame) -> Iterator[Mark]:
        for value in ticks(*self.axis):
            yield Mark(frame.left - 8, self._y(value, frame), self._number(value), "end")

    def _days(self, frame: Frame) -> Iterator[Mark]:
        """Dates of sessions, each under its own mark, as many as have room; else of what was measured."""
        start, end = self.span
        measured = (point.on for one in self.series for point in one.points)
        held = sorted({day for day in self.happenings.sessions or measured if start <= day <= end})
        kept: dict[float, date] = {}
        for day in (start, *held[-1:], *held, *([] if held[1:] else [end])):
            x = self._x(day, frame)
            if all(abs(x - other) >= DATE_WIDTH for other in kept):
                kept[x] = day
        for x, day in sorted(kept.items()):
            yield Mark(x, frame.height - 8, f"{day.day} {day:%b}")

    def _strip(self, days: Iterable[date], frame: Frame) -> Iterator[Mark]:
        for day in days:
            if self.span[0] <= day <= self.span[1]:
                yield Mark(self._x(day, frame), frame.height - frame.bottom + 12)

    def _band(self, frame: Frame) -> Band | None:
        """Around the first value: nearer than what usually counts as change."""
        series = self.banded
        width = threshold_at(series)
        if width is None:
            return None
        low, high = self.axis
        top = self._y(min(series.first.value + width, high), frame)
        bottom = self._y(max(series.first.value - width, low), frame)
        return Band(top, round(bottom - top, 1), series.scale.threshold)

    def _level(
        self, value: Decimal | None, text: str, lines: Sequence[Line], frame: Frame
    ) -> Level | None:
        if value is None or not self.axis[0] <= value <= self.axis[1]:
            return None
        y = self._y(value, frame)
        ends = (x - 6 for x, top, bottom in _words_of(lines, frame) if top <= y <= bottom)
        return Level(y, text, min([*ends, float(frame.width - frame.right)]))


def is_gap(one: Point, other: Point, happenings: Happenings) -> bool:
    """Whether nothing was measured between two values because a visit was missed.

    A visit missed among others that took place leaves no gap: the values of baseline
    and review belong together.
    """
    was_missed = any(one.on < day < other.on for day in happenings.missed)
    was_there = any(one.on < day < other.on for day in happenings.sessions)
    return was_missed and not was_there


def spread(lines: Sequence[Line], frame: Frame) -> tuple[Line, ...]:
    """Move names apart that would lie on each other; lines stay where they are."""
    lowest = float(frame.top)
    moved = {}
    for line in sorted(lines, key=lambda one: one.label.y):
        y = max(line.label.y, lowest)
        lowest = y + LABEL_HEIGHT * (len(line.label_lines) if frame == WIDE else 1)
        moved[line.number] = Line(
            line.series, line.number, line.path, line.markers,
            label=Mark(line.label.x, y, line.label.text, "start"),
            value_label=Mark(line.value_label.x, y, line.value_label.text, "start"),
        )  # fmt: skip
    return tuple(moved[line.number] for line in lines)


def _words_of(lines: Sequence[Line], frame: Frame) -> Iterator[tuple[float, float, float]]:
    """Where the word at the end of each line begins, and between which heights it stands."""
    for line in lines:
        word = line.label if frame.name == "wide" else line.value_label
        more = len(line.label_lines) - 1 if frame.name == "wide" else 0
        yield word.x, word.y - LABEL_HEIGHT, word.y + 5 + more * LABEL_HEIGHT


def word_beside(level: Level, lines: Sequence[Line], frame: Frame) -> Mark:
    """Where the word of a level across the chart stands: at an end of it, where least lies below it."""
    left, right = frame.left + 4, level.until - 4
    places = [
        Mark(x, y, level.text, anchor)
        for x, anchor in ((left, "start"), (right, "end"))
        for y in (level.y - 5, level.y + LABEL_HEIGHT)
        if y < frame.height - frame.bottom
    ]
    drawn = [place for line in lines for place in _places_of(line)]
    return min(places, key=lambda word: sum(_lies_on(word, x, y) for x, y in drawn))


def _places_of(line: Line) -> Iterator[tuple[float, float]]:
    """Points all along a line and its last value."""
    for one, other in pairwise(line.markers):
        for step in range(STEPS + 1):
            share = step / STEPS
            yield one.x + (other.x - one.x) * share, one.y + (other.y - one.y) * share
    yield from ((mark.x, mark.y) for mark in line.markers)
    for letter in range(len(line.value_label.text)):
        yield line.value_label.x + letter * LETTER, line.value_label.y - 5


def _lies_on(word: Mark, x: float, y: float) -> bool:
    width = LETTER * len(word.text)
    left = word.x - (width if word.anchor == "end" else 0)
    return left - 8 <= x <= left + width + 8 and word.y - 20 <= y <= word.y + 8


def panels(series: Iterable[Series], happenings: Happenings) -> list[Panel]:
    """Draw together what belongs together, all on one time axis."""
    series = list(series)
    if not series:
        return []
    days = [point.on for one in series for point in one.points] + happenings.days
    span = (min(days), max(*days, min(days) + SHORTEST))
    ordered = sorted(enumerate(series), key=lambda item: _first_of(series, item[1].panel))
    return [
        Panel(title, tuple(one for _, one in group), happenings, span)
        for title, group in groupby(ordered, key=lambda item: item[1].panel)
    ]


def _first_of(series: Sequence[Series], panel: str) -> int:
    return next(number for number, one in enumerate(series) if one.panel == panel)
