"""Who is overdue, whose review is due, who improves: the running plans of a practitioner.

Everything is read for all plans at once. How things stand is not stored, because a pause
that ends changes it by itself; it is worked out by the rules for each plan that is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from bookings.models import Appointment
from practitioners.models import ClinicSettings, Practitioner
from treatment_plans.models import Reproposal, Review, TreatmentPlan
from treatment_plans.outcomes import judged_changes
from treatment_plans.plan_facts import (
    calendar_of,
    facts_of_all,
    is_to_come,
    taken_of,
    visits_of,
    windows_of,
)
from treatment_plans.progress import series_of_all
from treatment_plans.schedule import Adherence, Facts, current_cycle, status_on

MOST = 1000  # plans looked at; beyond that whoever asks chooses a specialist
Status = TreatmentPlan.Status
URGENCY = ("lapsed", "overdue", "due", "due_soon", "upcoming", "as_needed", "paused")
LATE = ("lapsed", "overdue")


@dataclass(frozen=True, slots=True)
class Case:
    """How one running plan stands today."""

    plan: TreatmentPlan
    status: str
    target_on: date | None
    done: int
    total: int | None
    taken: Adherence
    booked: Appointment | None
    review: Review | None
    is_upset: bool
    progress: str = ""

    @property
    def words(self) -> str:
        return WORDS[self.status]

    @property
    def share(self) -> int | None:
        """Percent of the dose taken; None while nothing was expected."""
        return None if self.taken.share is None else round(100 * self.taken.share)

    @property
    def progress_words(self) -> str:
        return PROGRESS[self.progress]

    @property
    def needs_somebody(self) -> bool:
        """Whether somebody has to do something: late and not booked, a review, dates that clash."""
        is_late = self.status in LATE and self.booked is None
        return is_late or self.review is not None or self.is_upset


WORDS = {
    "lapsed": "Lapsed", "overdue": "Overdue", "due": "Due", "due_soon": "Due soon",
    "upcoming": "Upcoming", "as_needed": "As needed", "paused": "Paused",
}  # fmt: skip
PROGRESS = {
    "": "", "better": "Better", "worse": "Worse", "same": "No clear change",
    "unknown": "Not measured twice",
}  # fmt: skip
FILTERS: dict[str, tuple[str, Callable[[Case], bool]]] = {
    "attention": ("Needs somebody", lambda case: case.needs_somebody),
    "lapsed": ("Lapsed", lambda case: case.status == "lapsed"),
    "overdue": ("Overdue", lambda case: case.status == "overdue"),
    "due": ("Due or due soon", lambda case: case.status in ("due", "due_soon")),
    "review": ("Review due", lambda case: case.review is not None),
    "dates": ("Dates no longer fit", lambda case: case.is_upset),
    "paused": ("Paused", lambda case: case.status == "paused"),
}
BY_PROGRESS = {
    "better": ("Improves", ("better",)),
    "not_better": ("Does not improve", ("same", "worse")),
}


def cases(user: Any, *, now: datetime, person: Practitioner | None, asked: str = "") -> list[Case]:
    """The running plans that a user may read, the most urgent first; of one specialist or of all.

    Nine queries and two for each place, however many plans there are.
    """
    plans = TreatmentPlan.objects.visible_to(user).running().with_people()
    plans = plans.filter(practitioner=person) if person else plans
    plans = plans.filter(client__name__icontains=asked) if asked else plans
    found = list(plans.order_by("target_on", "pk")[:MOST])
    return sorted(_cases(found, now=now), key=_urgency)


def _urgency(case: Case) -> tuple[Any, ...]:
    is_booked = case.booked is not None
    return (
        not case.needs_somebody,
        URGENCY.index(case.status),
        is_booked,
        case.target_on or date.max,
        case.plan.client.name,
    )


def _cases(plans: Collection[TreatmentPlan], *, now: datetime) -> Iterable[Case]:
    visits = visits_of(plans, "location")
    facts = facts_of_all(plans, visits)
    windows = windows_of(ClinicSettings.current())
    places = {plan.location_id: plan.location for plan in plans}
    calendars = {key: calendar_of(place, now=now) for key, place in places.items()}
    reviews = {one.plan_id: one for one in Review.objects.open().filter(plan__in=plans)}
    upset = set(Reproposal.objects.open().filter(plan__in=plans).values_list("plan", flat=True))
    for plan in plans:
        known, rows = facts[plan.pk], visits[plan.pk]
        calendar = calendars[plan.location_id]
        today = calendar.day_of(now)
        cycle = current_cycle(known, calendar, windows, today=today)
        booked = [row.appointment for row in rows if is_to_come(row.appointment, now=now)]
        yield Case(
            plan=plan,
            status=_status(plan, known, today)
            or (status_on(cycle, today) if cycle else "as_needed"),
            target_on=cycle.target_on if cycle else None,
            done=known.done,
            total=known.total,
            taken=taken_of(plan, known, rows, today=today),
            booked=booked[0] if booked else None,
            review=reviews.get(plan.pk),
            is_upset=plan.pk in upset,
        )


def _status(plan: TreatmentPlan, facts: Facts, today: date) -> str:
    is_resting = plan.status == Status.PAUSED or facts.pause_on(today) is not None
    return "paused" if is_resting else ""


def with_progress(found: Collection[Case]) -> list[Case]:
    """The same with what their measures say. Four queries, however many there are."""
    series = series_of_all([case.plan for case in found])
    return [replace(case, progress=_progress(series[case.plan.pk])) for case in found]


def _progress(series: Iterable[Any]) -> str:
    """By the measures for which it is known how much counts: worse anywhere is worse."""
    readings = [change.reading for change in judged_changes(series)]
    if not readings:
        return "unknown"
    return next((word for word in ("worse", "better") if word in readings), "same")


def chosen(found: list[Case], state: str) -> list[Case]:
    """Those that a filter asks for; anything unknown asks for all."""
    if state in BY_PROGRESS:
        wanted = BY_PROGRESS[state][1]
        return [case for case in with_progress(found) if case.progress in wanted]
    _, suits = FILTERS.get(state, ("", lambda case: True))
    return [case for case in found if suits(case)]
