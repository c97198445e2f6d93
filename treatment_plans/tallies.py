"""What the clinic's plans have come to, counted: arithmetic on finished rows, with no database.

A group of fewer than `LEAST` plans is not told apart, so that nobody can be recognised in it;
nor is a figure that fewer than that many plans stand behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

LEAST = 5
NO_CONDITION = "No complaint chosen"
NO_TECHNIQUE = "No technique chosen"
STEPS = ((0, 0, "Before the first"), (1, 1, "After 1"), (2, 2, "After 2"), (3, 5, "After 3 to 5"), (6, 10_000, "After 6 or more"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanResult:
    """One started plan: its dose, whether anything changed meaningfully, whether it broke off.

    `until_change` is how many sessions were done when a measure first was better by what
    usually counts; None while none was. `is_measured` tells whether any could have been.
    """

    condition: str
    techniques: tuple[str, ...]
    completed: int
    expected: int
    band: str
    is_measured: bool
    until_change: int | None
    is_dropped: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The plans of one condition or technique, counted."""

    name: str
    plans: int
    measured: int
    changed: int
    median_sessions: float | None
    adherent: int
    partial: int
    low: int
    dropped: int

    @property
    def figures(self) -> list[object]:
        """The cells of a row; empty where too few plans stand behind a figure."""
        is_told = self.measured >= LEAST
        return [
            self.plans,
            self.measured if is_told else None,
            self.changed if is_told else None,
            self.median_sessions,
            self.adherent,
            self.partial,
            self.low,
            self.dropped,
        ]


@dataclass(frozen=True, slots=True)
class Table:
    """Groups that are large enough to show, and how many are not."""

    groups: tuple[Group, ...]
    hidden: int


def by_condition(results: Iterable[PlanResult]) -> Table:
    return _table((one.condition or NO_CONDITION, one) for one in results)


def by_technique(results: Iterable[PlanResult]) -> Table:
    """A plan counts with each of its techniques."""
    return _table((name, one) for one in results for name in (one.techniques or (NO_TECHNIQUE,)))


def total(results: Sequence[PlanResult]) -> Group:
    """All plans as one group."""
    return _group("All plans", results)


def drop_outs(results: Iterable[PlanResult]) -> list[tuple[str, int]]:
    """After how many sessions the plans broke off that did."""
    after = Counter(one.completed for one in results if one.is_dropped)
    return [
        (words, sum(count for done, count in after.items() if least <= done <= most))
        for least, most, words in STEPS
    ]


def _table(named: Iterable[tuple[str, PlanResult]]) -> Table:
    members: dict[str, list[PlanResult]] = {}
    for name, one in named:
        members.setdefault(name, []).append(one)
    shown = [_group(name, rows) for name, rows in members.items() if len(rows) >= LEAST]
    ordered = sorted(shown, key=lambda group: (-group.plans, group.name))
    return Table(tuple(ordered), hidden=len(members) - len(shown))


def _group(name: str, rows: Sequence[PlanResult]) -> Group:
    bands = Counter(one.band for one in rows)
    reached = [one.until_change for one in rows if one.until_change is not None]
    return Group(
        name=name,
        plans=len(rows),
        measured=sum(one.is_measured for one in rows),
        changed=len(reached),
        median_sessions=_plain(median(reached)) if len(reached) >= LEAST else None,
        adherent=bands["adherent"],
        partial=bands["partial"],
        low=bands["low"],
        dropped=sum(one.is_dropped for one in rows),
    )


def _plain(number: float) -> float:
    """A whole number without its fraction, so that all are written alike."""
    return int(number) if number == int(number) else number
