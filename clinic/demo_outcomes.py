"""What the demo's plans have measured: one that helps, one that does not yet, one just begun."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from bookings.models import Appointment
from treatment_plans import scores
from treatment_plans.models import (
    Assessment,
    OutcomeMeasure,
    OutcomeScore,
    RomMeasurement,
    TreatmentPlan,
)
from treatment_plans.visits import link

ASKED = ("nprs", "psfs", "groc", "rom", "ndi", "stress-nrs")
ACTIVITIES = ("Turn my head to drive", "Computer for 90 minutes", "Sleep on my right side")
Values = dict[str, float]


@dataclass(frozen=True)
class Story:
    """What was measured how many days after the start, on which occasion."""

    entries: tuple[tuple[int, str, Values], ...]
    turned: tuple[tuple[int, int, int], ...] = ()  # day, right and left in degrees
    missed: int | None = None


BEFORE: Values = {
    "nprs-worst": 7, "nprs-average": 5, "nprs-now": 4, "psfs-1": 4, "psfs-2": 3, "psfs-3": 5,
    "ndi": 17, "stress-nrs": 7,
}  # fmt: skip
HELPS = Story(
    entries=(
        (0, "baseline", BEFORE),
        (4, "session", {"nprs-now": 4, "stress-nrs": 6}),
        (8, "session", {"nprs-now": 3, "stress-nrs": 6}),
        (12, "review", {
            "nprs-worst": 4, "nprs-average": 3, "nprs-now": 2, "psfs-1": 7, "psfs-2": 6,
            "psfs-3": 7, "ndi": 10, "groc": 5, "stress-nrs": 4,
        }),
    ),
    turned=((0, 48, 60), (12, 56, 62)),
    missed=6,
)  # fmt: skip
BEGUN = Story(entries=((0, "baseline", BEFORE),), turned=((0, 48, 60),))
NOT_YET = Story(
    entries=(
        (0, "baseline", BEFORE),
        (4, "review", {
            "nprs-worst": 6, "nprs-average": 5, "nprs-now": 4, "psfs-1": 4, "psfs-2": 4,
            "psfs-3": 5, "ndi": 15, "groc": 1, "stress-nrs": 7,
        }),
    ),
    turned=((0, 48, 60), (4, 51, 60)),
)  # fmt: skip
LATE = time(19, 15)  # when nobody else of the demo is in
STORIES = (HELPS, BEGUN, NOT_YET)


def load(*, by: Any, now: datetime) -> None:
    """Give the first plans of the demo their measures and scores."""
    plans = TreatmentPlan.objects.select_related("client", "location", "service", "practitioner")
    for plan, story in zip(plans.order_by("pk"), STORIES, strict=False):
        _ask(plan)
        plan.goals.update(outcome=OutcomeMeasure.objects.get(slug="nprs"))
        for days, occasion, values in story.entries:
            _enter(plan, plan.start_on + timedelta(days=days), occasion, values, by=by, now=now)
        for days, right, left in story.turned:
            _turn(plan, plan.start_on + timedelta(days=days), right, left)
        if story.missed is not None:
            _miss(plan, plan.start_on + timedelta(days=story.missed), now=now)


def _ask(plan: TreatmentPlan) -> None:
    measures = OutcomeMeasure.objects.filter(slug__in=ASKED)
    activities = dict(enumerate(ACTIVITIES, start=1))
    scores.choose_measures(plan, {one: one.occasions for one in measures}, activities=activities)


def _enter(
    plan: TreatmentPlan, day: date, occasion: str, values: Values, *, by: Any, now: datetime
) -> None:
    questions = scores.questions_of(plan, occasion)
    scores.record(
        plan,
        [(one, Decimal(str(values[one.key]))) for one in questions if one.key in values],
        occasion=occasion,
        taken_on=day,
        entered_by=OutcomeScore.EnteredBy.PRACTITIONER,
        user=by,
        appointment=scores.visit_on(plan, day),
        now=now,
    )


def _turn(plan: TreatmentPlan, day: date, right: int, left: int) -> None:
    """How far the neck turns, in the assessment of that day."""
    found, _ = Assessment.objects.get_or_create(
        client=plan.client,
        practitioner=plan.practitioner,
        assessed_on=day,
        defaults={"complaint": "Looked at again."},
    )
    for side, degrees in (("right", right), ("left", left)):
        RomMeasurement.objects.create(
            assessment=found, joint="cervical-spine", movement="rotation", side=side,
            degrees=degrees,
        )  # fmt: skip


def _miss(plan: TreatmentPlan, day: date, *, now: datetime) -> None:
    """A visit to which the client did not come."""
    start = datetime.combine(day, LATE, tzinfo=plan.location.zone)
    end = start + plan.service.length
    missed = Appointment(
        practitioner=plan.practitioner, location=plan.location, service=plan.service,
        client=plan.client, starts_at=start, ends_at=end, busy=(start, end), status="no_show",
        price=plan.service.price,
    )  # fmt: skip
    Appointment.objects.bulk_create([missed], ignore_conflicts=True)
    stored = Appointment.objects.filter(public_id=missed.public_id).first()
    if stored:
        link(plan, stored, now=now)
