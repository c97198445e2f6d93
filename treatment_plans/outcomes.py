"""What scores say: arithmetic on a scale, with no row, no setting and no clock.

    baseline ─┐
              ├─► change ─► reading ─┐
    now ──────┘    on a scale        ├─► suggestion for a review, never an action
    reviews so far ──────────────────┘

A scale knows which way is better and how much change usually counts (the MCID, minimal
clinically important difference, of its source). Reaching the figure in points or the
figure in percent of the baseline counts. Numbers are added up as they are shown: a mean
is rounded to one decimal before anything is taken from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

TENTH = Decimal("0.1")
REVIEWS_WITHOUT_CHANGE = 2  # frequency.md 3: after that many, change or refer

Reading = Literal["better", "worse", "below", "unclear", "clear", "none"]
Advice = Literal["continue", "taper", "change", "refer", "stop"]
READINGS: dict[Reading, str] = {
    "better": "better by at least what usually counts",
    "worse": "worse by at least what usually counts",
    "below": "less than what usually counts",
    "unclear": "no clear change: measuring itself differs by about {error}",
    "clear": "more than measuring differs by; no figure for what counts",
    "none": "no figure for what counts",
}
Bands = tuple[tuple[Decimal, str], ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """From where to where, in which steps, which way is better, and how much change counts."""

    minimum: Decimal
    maximum: Decimal
    step: Decimal
    lower_is_better: bool
    unit: str = "points"
    mcid_value: Decimal | None = None
    mcid_percent: Decimal | None = None
    source: str = ""
    error: Decimal | None = None
    bands: Bands = ()

    @property
    def has_threshold(self) -> bool:
        return self.mcid_value is not None or self.mcid_percent is not None

    @property
    def threshold(self) -> str:
        """How much counts, in words: "2 points or 30%"; empty where no figure is trusted."""
        points = "" if self.mcid_value is None else self.counted(self.mcid_value)
        percent = f"{plain(self.mcid_percent)}%" if self.mcid_percent is not None else ""
        return " or ".join(words for words in (points, percent) if words)

    @property
    def goes_both_ways(self) -> bool:
        """Whether 0 is its middle and says that nothing has changed."""
        return self.minimum == -self.maximum

    def number(self, value: Decimal) -> str:
        """A value as the scale spells it: +5 where it goes both ways, else 5."""
        sign = "+" if self.goes_both_ways and value > 0 else ""
        return f"{sign}{plain(value)}"

    def counted(self, value: Decimal) -> str:
        """So many of its unit: 1 point, 2 points."""
        return f"{plain(value)} {self.unit.removesuffix('s') if value == 1 else self.unit}"

    def band(self, value: Decimal) -> str:
        """The name of the band that a value lies in; empty for a scale without bands."""
        return next((name for lowest, name in reversed(self.bands) if value >= lowest), "")

    def problem_with(self, value: Decimal) -> str:
        """Say what is wrong with a value, naming the range and the step; empty when nothing is."""
        is_inside = value.is_finite() and self.minimum <= value <= self.maximum
        if is_inside and (value - self.minimum) % self.step == 0:
            return ""
        steps = "whole numbers" if self.step == 1 else f"steps of {plain(self.step)}"
        return f"Enter {self.number(self.minimum)} to {self.number(self.maximum)} in {steps}."


@dataclass(frozen=True, slots=True)
class Change:
    """From one score to a later one on the same scale."""

    baseline: Decimal
    now: Decimal
    scale: Scale = field(repr=False)

    @property
    def difference(self) -> Decimal:
        """Later minus earlier, whichever way is better."""
        return self.now - self.baseline

    @property
    def gain(self) -> Decimal:
        """How far it moved the better way; below zero when it moved the other."""
        return -self.difference if self.scale.lower_is_better else self.difference

    @property
    def percent(self) -> Decimal | None:
        """The gain in percent of the baseline, one decimal; None from a baseline of zero."""
        if not self.baseline:
            return None
        return rounded(self.gain * 100 / abs(self.baseline))

    @property
    def reading(self) -> Reading:
        """What may be said about it.

        better, worse   by at least what usually counts
        below           less than what usually counts
        unclear         less than measuring itself differs by
        clear           more than that, on a scale without a figure that counts
        none            no figure to hold it against
        """
        if self.scale.error is not None and abs(self.difference) < self.scale.error:
            return "unclear"
        if not self.scale.has_threshold:
            return "clear" if self.scale.error is not None else "none"
        if not self._counts:
            return "below"
        return "better" if self.gain > 0 else "worse"

    @property
    def words(self) -> str:
        """The reading in words: about the figure, never about the person."""
        return READINGS[self.reading].format(error=f"{plain(self.scale.error)} {self.scale.unit}")

    @property
    def said(self) -> str:
        """3 points lower, 2.7 points higher, the same."""
        if not self.difference:
            return "the same"
        way = "higher" if self.difference > 0 else "lower"
        return f"{self.scale.counted(abs(self.difference))} {way}"

    @property
    def is_meaningful(self) -> bool:
        return self.reading in ("better", "worse")

    @property
    def _counts(self) -> bool:
        size, scale = abs(self.difference), self.scale
        by_points = scale.mcid_value is not None and size >= scale.mcid_value
        by_percent = (
            scale.mcid_percent is not None
            and self.baseline != 0
            and size * 100 >= scale.mcid_percent * abs(self.baseline)
        )
        return by_points or by_percent


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a reviewer may want to do, the likeliest first, and why."""

    advice: tuple[Advice, ...]
    because: str


def suggestion(changes: Iterable[Change], *, reviews: int) -> Suggestion:
    """Suggest how a review may end, after `reviews` of them with this one counted.

    Only measures with a figure that counts are asked. A change for the worse comes first:
    it is the one that must not be overlooked.
    """
    readings = [change.reading for change in changes if change.scale.has_threshold]
    if "worse" in readings:
        return Suggestion(("stop", "refer"), "A score is worse by at least what usually counts.")
    if "better" in readings:
        return Suggestion(
            ("taper", "continue"), "A score is better by at least what usually counts."
        )
    if not readings:
        return Suggestion(("continue",), "There are no two scores to compare yet.")
    if reviews >= REVIEWS_WITHOUT_CHANGE:
        because = f"No score has changed by what usually counts after {reviews} reviews."
        return Suggestion(("change", "refer"), because)
    return Suggestion(("continue",), "No score has changed by what usually counts yet.")


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def headline(series: Series, *, sessions: int) -> str:
    """What a chart shows, in one sentence without a verdict."""
    first, last = said(series.first.value, series.scale), said(series.last.value, series.scale)
    count = NUMBERS[sessions] if sessions < len(NUMBERS) else str(sessions)
    during = f" in {count} session{'' if sessions == 1 else 's'}" if sessions else ""
    if series.change is None:
        return f"{series.name}: {last}"
    if first == last:
        return f"{series.name} stayed at {last}{during}"
    return f"{series.name} went from {first} to {last}{during}"


def said(value: Decimal, scale: Scale) -> str:
    """A value with its unit where the number alone would mislead."""
    units = {"points": "", "percent": "%", "degrees": "\N{DEGREE SIGN}"}
    return f"{scale.number(value)}{units.get(scale.unit, f' {scale.unit}')}"


def mean(values: Sequence[Decimal]) -> Decimal | None:
    """The mean of the activities rated, one decimal; None when none was."""
    return rounded(sum(values, Decimal(0)) / len(values)) if values else None


def rounded(value: Decimal) -> Decimal:
    """One decimal, half away from zero, as people round."""
    return value.quantize(TENTH, rounding=ROUND_HALF_UP)


def plain(value: Decimal | None) -> str:
    """A number as it is spoken: 2, 0.5, 1.3; never 2.00 or 1E+1."""
    return "" if value is None else f"{value.normalize():f}"


def bands_of(text: str) -> Bands:
    """Read bands from lines of the lowest value and a name, lowest first."""
    lines = (line.partition(" ") for line in text.splitlines() if line.strip())
    return tuple((Decimal(lowest), name) for lowest, _, name in lines)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one day, and on what occasion it was taken."""

    on: date
    value: Decimal
    occasion: str = ""

    @property
    def place(self) -> tuple[date, bool]:
        """Its day, and whether it comes after the baseline of that day."""
        return self.on, self.occasion != "baseline"


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one measure, part, activity or joint, by day; the first is the baseline."""

    key: str
    measure: str
    name: str
    scale: Scale
    points: tuple[Point, ...]
    is_judged: bool = True
    panel: str = ""  # series with the same one are drawn together
    reference: Decimal | None = None  # a figure usually quoted, as context
    is_comparable: bool = True  # False for a rating that says the change itself

    @property
    def first(self) -> Point:
        return self.points[0]

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def change(self) -> Change | None:
        """From the first value to the last; None while there is only one."""
        if len(self.points) < 2 or not self.is_comparable:
            return None
        return Change(self.first.value, self.last.value, self.scale)

    @property
    def band(self) -> str:
        """The name of the band that the last value lies in."""
        return self.scale.band(self.last.value)

    def until(self, day: date) -> Series | None:
        """The series as it was at the end of a day; None before its first value."""
        points = tuple(point for point in self.points if point.on <= day)
        return replace(self, points=points) if points else None


def judged_changes(series: Iterable[Series]) -> list[Change]:
    """One change for each measure: that of its first part with two values.

    Of the three pain ratings the worst goes before the average, and that before the
    pain of the moment; of the PSFS it is the mean, not the single activities.
    """
    found: dict[str, Change] = {}
    for one in series:
        if one.is_judged and one.change is not None:
            found.setdefault(one.measure, one.change)
    return list(found.values())
