"""What a review is decided on: the dose taken, and what each measure has done since the start.

An open review shows how things stand now; a decided one shows what was kept with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from treatment_plans.models import Review
from treatment_plans.outcomes import Change, Series, judged_changes, suggestion
from treatment_plans.plan_facts import facts_from, missed_from, taken_of, visits_of
from treatment_plans.plans import no_taper
from treatment_plans.progress import series_of
from treatment_plans.schedule import Facts, is_complete

READINGS = {
    "better": "Better by at least what usually counts",
    "worse": "Worse by at least what usually counts",
    "below": "Less than what usually counts",
    "unclear": "No clear change: measuring itself differs by as much",
    "clear": "More than measuring itself differs by",
    "none": "No figure to hold it against",
}
ADVICE = {
    "continue": "go on as planned",
    "taper": "go on to the next phase",
    "change": "change the plan",
    "refer": "refer",
    "stop": "stop",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure at the start and now; `after` is empty while there is only one value."""

    name: str
    before: str
    after: str
    unit: str
    reading: str
    usually: str
    source: str
    said: str = ""  # by a rating that says the change itself

    @property
    def words(self) -> str:
        return READINGS.get(self.reading) or self.said or "Only one value so far"


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a decision can rest on."""

    completed: int
    expected: int
    band: str
    measured: tuple[Measured, ...]
    suggested: str
    because: str
    missed: str = ""  # in words; not kept with what was decided before they were shown

    @property
    def share(self) -> int | None:
        """Percent of the dose taken; None while nothing was expected."""
        return min(100, round(100 * self.completed / self.expected)) if self.expected else None

    @property
    def advice(self) -> str:
        """The suggestion in words: never an action by itself."""
        return " or ".join(ADVICE[word] for word in self.suggested.split())

    def kept(self) -> dict[str, Any]:
        """As data, to stay with the decision."""
        return asdict(self)


def of(review: Review, *, now: datetime) -> Findings:
    """What a review shows: as kept when it was decided, else as of now. Eight queries."""
    if review.findings:
        kept = dict(review.findings)
        rows = tuple(Measured(**row) for row in kept.pop("measured"))
        return Findings(measured=rows, **kept)
    plan = review.plan
    visits = visits_of([plan])[plan.pk]
    today = now.astimezone(plan.location.zone).date()
    facts = facts_from(plan, visits)
    taken = taken_of(plan, facts, visits, today=today)
    series = series_of(plan)
    advised = suggestion(judged_changes(series), reviews=review.number)
    words = [one for one in advised.advice if one not in _past(facts)]
    return Findings(
        completed=taken.completed,
        expected=taken.expected,
        band=taken.band,
        measured=tuple(_measured(series)),
        suggested=" ".join(words),
        because=advised.because,
        missed=missed_from(visits).words,
    )


def _past(facts: Facts) -> set[str]:
    """What can no longer be advised: going on with a plan that is done, a phase that is not there."""
    if is_complete(facts):
        return {"continue", "taper"}
    return {"taper"} if no_taper(facts) else set()


def _measured(series: Iterable[Series]) -> Iterable[Measured]:
    for one in series:
        change: Change | None = one.change
        yield Measured(
            name=one.name,
            before=one.scale.number(one.first.value) if one.is_comparable else "",
            after=one.scale.number(one.last.value) if change or not one.is_comparable else "",
            unit=one.scale.unit,
            reading=change.reading if change else "",
            usually=one.scale.threshold,
            source=one.scale.source,
            said="" if one.is_comparable else f"Says the change itself: {one.band}",
        )
