"""Asking for scores and writing them down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from bookings.models import Appointment
from treatment_plans.errors import BadScore, WrongState
from treatment_plans.models import (
    Occasion,
    OutcomeMeasure,
    OutcomeScore,
    PlanMeasure,
    PsfsActivity,
    TreatmentPlan,
)
from treatment_plans.models.assessments import Side
from treatment_plans.outcomes import plain
from treatment_plans.plan_facts import facts_of, last_review_of
from treatment_plans.schedule import asked_before

PSFS = "psfs"
USUAL = ["nprs", "psfs", "groc"]
ENDED = (TreatmentPlan.Status.COMPLETED, TreatmentPlan.Status.DISCHARGED)
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

    @classmethod
    def of(cls, score: OutcomeScore) -> Question:
        """The question that a score answers."""
        return cls(score.measure, score.name, "", score.part, score.side, score.activity)

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

    @property
    def lowest(self) -> str:
        return self.measure.scale.number(self.measure.minimum)

    @property
    def highest(self) -> str:
        return self.measure.scale.number(self.measure.maximum)

    @property
    def range_words(self) -> str:
        """From where to where, in which steps, and which way is better."""
        steps = "" if self.measure.step == 1 else f", steps of {plain(self.measure.step)}"
        better = self.measure.get_direction_display().lower()
        return f"{self.lowest} to {self.highest} {self.measure.unit}{steps}; {better}"


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
def choose_measures(
    plan: TreatmentPlan,
    wanted: Mapping[OutcomeMeasure, list[str]],
    *,
    activities: Mapping[int, str],
) -> None:
    """Ask these measures on these occasions, and rate these activities, by their number.

    What was scored stays, and so do the words of an activity that was. It makes no new
    version of the plan: the client agrees to treatment, not to what is asked about it.
    Raises WrongState for a plan that has ended.
    """
    current = TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if current.status in (*ENDED, TreatmentPlan.Status.CANCELLED):
        raise WrongState("This plan has ended and can no longer be changed.")
    plan.measures.exclude(measure__in=wanted).delete()
    for measure, occasions in wanted.items():
        plan.measures.update_or_create(measure=measure, defaults={"occasions": occasions})
    unscored = plan.activities.filter(scores=None)
    unscored.exclude(number__in=activities).delete()
    for number, wording in activities.items():
        if not plan.activities.filter(number=number).exists():
            plan.activities.create(number=number, wording=wording)
        unscored.filter(number=number).exclude(wording=wording).update(wording=wording)


def usual_measures(plan: TreatmentPlan) -> list[OutcomeMeasure]:
    """What a plan without measures is offered: pain, function, change and one of its area."""
    offered = OutcomeMeasure.objects.offered()
    of_the_area = offered.suggested_for(plan).exclude(slug__in=USUAL).first()
    wanted = [*USUAL, of_the_area.slug] if of_the_area else USUAL
    return list(offered.filter(slug__in=wanted))


def occasion_on(plan: TreatmentPlan, day: date) -> str:
    """The occasion that scores of a day most likely belong to. At most four queries."""
    if plan.status in ENDED:
        return Occasion.DISCHARGE
    return asked_before(facts_of(plan), day, last_review_of(plan)) or Occasion.SESSION


def visit_on(plan: TreatmentPlan, day: date) -> Appointment | None:
    """The plan's visit of a local day, if it has one."""
    zone = plan.location.zone
    visits = plan.visits.select_related("appointment").order_by("appointment__starts_at")
    found = (one.appointment for one in visits.exclude(appointment__status="cancelled"))
    return next((one for one in found if one.starts_at.astimezone(zone).date() == day), None)


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
    number = measure.scale.number
    scale = f"{number(measure.minimum)} to {number(measure.maximum)} {measure.unit}"
    return f"{scale}; {note}"[:120] if note else scale
