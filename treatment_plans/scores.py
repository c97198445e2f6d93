"""Asking for scores and writing them down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from bookings.models import Appointment
from treatment_plans.errors import BadScore
from treatment_plans.models import (
    OutcomeMeasure,
    OutcomeScore,
    PlanMeasure,
    PsfsActivity,
    TreatmentPlan,
)
from treatment_plans.models.assessments import Side

PSFS = "psfs"
REPLACED = "Entered again on the same day"


@dataclass(frozen=True, slots=True)
class Question:
    """One value to ask for: a measure, or one of its parts, activities or sides."""

    measure: OutcomeMeasure
    name: str
    words: str
    part: str = ""
    side: str = ""
    activity: PsfsActivity | None = None

    @property
    def key(self) -> str:
        """What names it in a form."""
        last = str(self.activity.number) if self.activity else self.part
        return "-".join(word for word in (self.measure.slug, last, self.side) if word)

    @property
    def is_rating(self) -> bool:
        """Whether it fits a row of tiles: whole numbers, few of them."""
        span = self.measure.maximum - self.measure.minimum
        return self.measure.step == 1 and span <= 14 and self.measure.unit == "points"


def questions_of(plan: TreatmentPlan, occasion: str, *, of: str = "") -> list[Question]:
    """What a plan asks on an occasion, of one side or of both, in order. Two queries."""
    asked = PlanMeasure.objects.filter(plan=plan, occasions__contains=[occasion])
    asked = asked.exclude(measure__entry_mode=OutcomeMeasure.Entry.ASSESSMENT)
    asked = asked.filter(measure__asked_of=of) if of else asked
    activities = list(plan.activities.all())
    return [
        question
        for row in asked.select_related("measure")
        for question in _questions(row.measure, occasion, activities)
    ]


def _questions(
    measure: OutcomeMeasure, occasion: str, activities: list[PsfsActivity]
) -> list[Question]:
    if measure.slug == PSFS:
        return [Question(measure, str(one), measure.question, activity=one) for one in activities]
    sides = (Side.LEFT, Side.RIGHT) if measure.has_sides else ("",)
    return [
        Question(measure, _sided(name, side), words, part=part, side=str(side))
        for part, name, words in measure.parts_at(occasion)
        for side in sides
    ]


def _sided(name: str, side: str) -> str:
    return f"{name}, {Side(side).label.lower()}" if side else name


@transaction.atomic
def record(
    plan: TreatmentPlan,
    answers: Iterable[tuple[Question, Decimal]],
    *,
    occasion: str,
    taken_on: date,
    entered_by: str,
    now: datetime,
    user: Any = None,
    appointment: Appointment | None = None,
    note: str = "",
) -> list[OutcomeScore]:
    """Write down what was answered; the same again changes nothing.

    Another value for the same day replaces the earlier one, which stays as entered in
    error. Raises BadScore for a value that is not on its scale, and then writes nothing.
    """
    TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    answers = list(answers)
    for question, value in answers:
        problem = question.measure.scale.problem_with(value)
        if problem:
            raise BadScore(f"{question.name}: {problem}")
    made = []
    for question, value in answers:
        about = {
            "plan": plan, "measure": question.measure, "activity": question.activity,
            "part": question.part, "side": question.side, "occasion": occasion,
            "taken_on": taken_on,
        }  # fmt: skip
        before = OutcomeScore.objects.counted().filter(**about).first()
        if before is not None and before.value == value:
            continue
        if before is not None:
            before.mark_in_error(by=user, now=now, reason=REPLACED)
        made.append(
            OutcomeScore.objects.create(
                **about, value=value, appointment=appointment, entered_by=entered_by, user=user,
                scale_note=_scale_note(question.measure, note), entered_at=now,
            )
        )  # fmt: skip
    return made


def _scale_note(measure: OutcomeMeasure, note: str) -> str:
    """The scale a value is of, so that it can be read when the scale is no longer ours."""
    scale = f"{measure.minimum.normalize():f} to {measure.maximum.normalize():f} {measure.unit}"
    return f"{scale}; {note}"[:120] if note else scale
