"""A client's plans as cards: where they stand, what comes next, what waits for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bookings.models import Appointment
from practitioners.models import ClinicSettings
from treatment_plans import agreements
from treatment_plans.bookable import Bookable, bookable
from treatment_plans.models import Reproposal, TreatmentPlan
from treatment_plans.papers import since, with_papers
from treatment_plans.plan_facts import (
    calendar_of,
    facts_of_all,
    is_to_come,
    visits_of,
    windows_of,
)
from treatment_plans.progress import in_a_sentence, series_of_all
from treatment_plans.schedule import current_cycle

MOST = 10  # running plans of all the people whose record one login reads


@dataclass(frozen=True, slots=True)
class Card:
    """One running plan, for whoever may read the record."""

    plan: TreatmentPlan
    session: int
    total: int | None
    goal: str
    target_on: date | None
    is_past: bool  # whether that day is over
    booked: Appointment | None
    dates: Bookable
    waits_for_yes: bool
    is_upset: bool
    progress: str  # in a sentence; empty until something was measured twice

    @property
    def is_held(self) -> bool:
        """Whether a clinical question is open, so that nothing is booked online."""
        return bool(self.plan.hold_reason) and not self.is_paused

    @property
    def is_paused(self) -> bool:
        return self.plan.status == TreatmentPlan.Status.PAUSED


def cards(user: Any, *, now: datetime) -> list[Card]:
    """The running plans that a login may read. Fourteen queries and two for each place."""
    # Found by their keys first: with everything they name in the same query PostgreSQL would
    # join it all, for every plan there is, before it looks whose they are.
    keys = list(TreatmentPlan.objects.own_of(user).running().values_list("pk", flat=True))
    if not keys:
        return []
    plans = with_papers(
        TreatmentPlan.objects.filter(pk__in=keys).with_people(), since(now)
    ).prefetch_related("goals__outcome")
    found = list(plans.order_by("client__name", "-start_on")[:MOST])
    visits = visits_of(found, "location")
    facts = facts_of_all(found, visits)
    asked, series = agreements.asked_of(found), series_of_all(found)
    upset = set(Reproposal.objects.open().filter(plan__in=found).values_list("plan", flat=True))
    windows = windows_of(ClinicSettings.current())
    places = {plan.location_id: plan.location for plan in found}
    calendars = {key: calendar_of(place, now=now) for key, place in places.items()}
    made = []
    for plan in found:
        calendar, known = calendars[plan.location_id], facts[plan.pk]
        today = calendar.day_of(now)
        cycle = current_cycle(known, calendar, windows, today=today)
        booked = [
            row.appointment for row in visits[plan.pk] if is_to_come(row.appointment, now=now)
        ]
        goal = next(iter(plan.goals.all()), None)
        made.append(
            Card(
                plan=plan,
                session=known.done + 1,
                total=known.total,
                goal=goal.sentence if goal else "",
                target_on=cycle.target_on if cycle else None,
                is_past=cycle is not None and cycle.target_on < today,
                booked=booked[0] if booked else None,
                dates=bookable(plan, now=now),
                waits_for_yes=plan.pk in asked and asked[plan.pk].is_open,
                is_upset=plan.pk in upset,
                progress=in_a_sentence(plan.goals.all(), series[plan.pk], known.completed_on),
            )
        )
    return made
