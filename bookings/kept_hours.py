"""Hours of people that a process keeps, because they hardly ever change.

The statement of free times (`starts.py`) tells the hours that it has found together with the sum
of the changes that were noted by then (`practitioners/together.py`). A page that has just read the
same sum with its facts sends them back. The statement looks at the sum itself: where it has become
another, the hours count for nothing and are found anew.
Whatever depends on a clock (notice, horizon, holds) is not among them; dates of papers are, as dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# What the hours depend on beside the practitioners' tables: the rest comes with each question.
DEPENDS_ON = (
    "services", "practitioners", "places", "first_day", "last_day", "looked_from", "looked_until",
    "for_staff", "clock_places", "since", "until", "ahead", "ahead_before",
)  # fmt: skip
# As arrays: whose, where, for which turnover before, the windows, when away; who gives which service when.
TYPES = {
    "known": "text",
    "hours_of": "bigint[]",
    "hours_at": "bigint[]",
    "before": "interval[]",
    "windows": "tstzmultirange[]",
    "away": "tstzmultirange[]",
    "givers": "bigint[]",
    "given": "bigint[]",
    "dates": "daterange[]",
}
MOST = 200  # days of people: to send more takes longer than to find them anew
KEPT = 128  # questions in each process; a crawler may ask for any
Hours = dict[str, str | None]


class KeptHours:
    """Under each question its hours, as values of the next statement."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Hours] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, values: dict[str, Any]) -> Hours | None:
        """What is known for a question, if anything."""
        return self._kept.get(_key(values))

    def keep(self, values: dict[str, Any], changes: str, told: Sequence[str | None]) -> None:
        """Keep what the statement has told for it."""
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[_key(values)] = dict(zip(TYPES, (changes, *told), strict=True))

    def forget(self) -> None:
        """Find all of them anew."""
        self._kept.clear()


def _key(values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in DEPENDS_ON)
