"""From where to where a chart goes, which values stand beside it, and what counts as change on it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from math import ceil, floor

from treatment_plans.outcomes import Series

ROUND = (1, 2, 5)


def threshold_at(series: Series) -> Decimal | None:
    """The smallest change from the first value that counts: points or percent, either does."""
    scale, first = series.scale, abs(series.first.value)
    percent = scale.mcid_percent * first / 100 if scale.mcid_percent and first else None
    figures = [one for one in (scale.mcid_value, percent) if one is not None]
    return min(figures) if figures else None


def axis_of(series: Sequence[Series]) -> tuple[Decimal, Decimal]:
    """The whole scale; of degrees, from 0 to the usual range or the widest one measured."""
    scale = series[0].scale
    if scale.unit != "degrees":
        return scale.minimum, scale.maximum
    values = [point.value for one in series for point in one.points]
    widest = max([*values, *(one.reference for one in series if one.reference), Decimal(10)])
    lowest = min([*values, Decimal(0)])
    return Decimal(floor(lowest / 10) * 10), Decimal(ceil(widest / 10) * 10)


def ticks(low: Decimal, high: Decimal, most: int = 6) -> list[Decimal]:
    """Round values from end to end, at most so many; the ends are always among them."""
    sizes = (Decimal(one).scaleb(power) for power in count(-2) for one in ROUND)
    step = next(size for size in sizes if (high - low) / size < most)
    first = ceil(low / step) * step
    inner = [first + step * n for n in range(int((high - first) / step) + 1)]
    kept = [value for value in inner if value - low >= step / 2 and high - value >= step / 2]
    return [low, *kept, high]
