"""What the clinic's plans have come to, counted: arithmetic on finished rows, with no database.

A group of fewer than `LEAST` plans is not told apart, so that nobody can be recognised in it;
nor is a figure that fewer than that many plans stand behind, and one that is smaller itself is
only said to be. What is hidden must not come out by subtraction either, so whatever would be the
only thing hidden takes its smallest neighbour along (what statistics calls complementary
suppression).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

LEAST = 5
FEW = f"under {LEAST}"
MEDIAN = 3  # the cell of a row that is no count
NO_CONDITION = "No complaint chosen"
NO_TECHNIQUE = "No technique chosen"
STEPS = ((0, 0, "Before the first"), (1, 1, "After 1"), (2, 2, "After 2"), (3, 5, "After 3 to 5"), (6, 10_000, "After 6 or more"))  # fmt: skip
Figure = int | float | str | None  # a number, that it is small (`FEW`), or nothing told


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
    def figures(self) -> list[Figure]:
        """The cells of a row; empty where too few plans stand behind a figure."""
        is_told = self.measured >= LEAST
        return [
            self.plans,
            self.measured if is_told else None,
            small(self.changed) if is_told else None,
            self.median_sessions,
            *together([self.adherent, self.partial, self.low]),
            small(self.dropped),
        ]


@dataclass(frozen=True, slots=True)
class Table:
    """Groups that are large enough to show, and how many are not."""

    groups: tuple[Group, ...]
    hidden: int

    def total(self, whole: Group) -> list[Figure]:
        """The cells of all plans; empty where what a group hides would come out by subtraction."""
        rows = [group.figures for group in self.groups]
        return [
            figure if at == MEDIAN else self._told(figure, [row[at] for row in rows])
            for at, figure in enumerate(whole.figures)
        ]

    def _told(self, figure: Figure, cells: Sequence[Figure]) -> Figure:
        """A figure, if the cells hide nothing of it, or enough that none can be told apart."""
        shown = [cell for cell in cells if isinstance(cell, int)]
        missing = len(cells) - len(shown) + self.hidden
        if not missing or not isinstance(figure, int):
            return figure
        return figure if missing > 1 and figure - sum(shown) >= LEAST else None


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


def together(counts: Sequence[int]) -> list[Figure]:
    """Counts whose sum is known: a small one is only said to be, and never the only one hidden."""
    cells = [small(count) for count in counts]
    others = [at for at, count in enumerate(counts) if count >= LEAST]
    if cells.count(FEW) == 1 and others:
        cells[min(others, key=lambda at: counts[at])] = None
    return cells


def small(count: int) -> Figure:
    """A count, unless it is so small that it is only said to be."""
    return FEW if 0 < count < LEAST else count


def _table(named: Iterable[tuple[str, PlanResult]]) -> Table:
    members: dict[str, list[PlanResult]] = {}
    for name, one in named:
        members.setdefault(name, []).append(one)
    groups = [_group(name, rows) for name, rows in members.items()]
    groups.sort(key=lambda group: (-group.plans, group.name))
    told = _large_enough([group.plans for group in groups])
    return Table(tuple(groups[:told]), hidden=len(groups) - told)


def _large_enough(sizes: Sequence[int]) -> int:
    """How many groups can be shown, the largest first.

    Of the others there are at least two with `LEAST` plans together, or none: the number
    of all plans is known.
    """
    told = sum(size >= LEAST for size in sizes)
    while told and told < len(sizes) and (len(sizes) - told < 2 or sum(sizes[told:]) < LEAST):
        told -= 1
    return told


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
