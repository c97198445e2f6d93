"""Two pieces of work by turns, so that both meet the same noise."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

Work = Callable[[], Any]


@dataclass
class Pair:
    """Seconds of each round, ours and the limit's."""

    ours: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)

    @property
    def ours_ms(self) -> float:
        return 1000 * median(self.ours)

    @property
    def limit_ms(self) -> float:
        return 1000 * median(self.limit)


class Budget:
    """So many seconds for rounds of work; one round there is always."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.perf_counter() + seconds
        self._is_first = True

    def is_left(self) -> bool:
        was_first, self._is_first = self._is_first, False
        return was_first or time.perf_counter() < self._ends_at


def by_turns(ours: Work, limit: Work, *, seconds: float, warm: int = 2, least: int = 3) -> Pair:
    """Time ours, limit, ours, limit, … for so many seconds, at least so many rounds."""
    for _ in range(warm):
        ours()
        limit()
    pair = Pair()
    ends_at = time.perf_counter() + seconds
    while len(pair.ours) < least or time.perf_counter() < ends_at:
        pair.ours.append(seconds_of(ours))
        pair.limit.append(seconds_of(limit))
    return pair


def seconds_of(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def queries_of(work: Work) -> int:
    """How many statements a piece of work sends; BEGIN and COMMIT are not counted."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return sum(
        query["sql"] not in ("BEGIN", "COMMIT", "ROLLBACK") for query in captured.captured_queries
    )


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
