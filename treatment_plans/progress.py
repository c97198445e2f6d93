"""The scores of a plan as series, whatever page they were entered on.

Pain and ranges of motion of an assessment are the same kind of value as a score that was
asked for, and join the same series; nothing is entered twice. Where one day has both, the
score counts; only a baseline stands beside what was taken later on its day.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bookings.models import Appointment
from treatment_plans.charts import Happenings, Panel, panels
from treatment_plans.models import (
    Assessment,
    Goal,
    Occasion,
    OutcomeMeasure,
    OutcomeScore,
    RomMeasurement,
    TreatmentPlan,
)
from treatment_plans.models.assessments import Side
from treatment_plans.outcomes import Point, Series, headline, mean
from treatment_plans.rom import norm_of, say_movement
from treatment_plans.scores import PSFS

NPRS, ROM, GROC = "nprs", "rom", "groc"
MEAN = "Activities, on average"
PAIN = {"worst": "pain_worst", "average": "pain_average", "now": "pain_now"}


@dataclass(slots=True)
class _Line:
    """A series while it is being gathered: one value a day, the one that came last, and the baseline."""

    measure: OutcomeMeasure
    name: str
    by_day: dict[tuple[date, bool], Point]
    panel: str
    is_judged: bool = True
    is_activity: bool = False  # what counts is known for the mean of activities only
    reference: Decimal | None = None


def series_of(plan: TreatmentPlan) -> list[Series]:
    """Every series of a plan, by the order of its measures. Four queries beside the plan's own parts."""
    return series_of_all([plan])[plan.pk]


def series_of_all(plans: Collection[TreatmentPlan]) -> dict[int, list[Series]]:
    """The series of many plans by their ids. Four queries, however many there are."""
    known = {row.slug: row for row in OutcomeMeasure.objects.filter(slug__in=(NPRS, ROM))}
    assessments, scores = defaultdict(list), defaultdict(list)
    found = Assessment.objects.filter(client__in={plan.client_id for plan in plans})
    for assessment in found.order_by("assessed_on", "pk").prefetch_related("rom"):
        assessments[assessment.client_id].append(assessment)
    counted = OutcomeScore.objects.counted().filter(plan__in=[plan.pk for plan in plans])
    for score in counted.in_order():
        scores[score.plan_id].append(score)
    return {
        plan.pk: _gathered(
            _assessed(plan, assessments[plan.client_id], known), _scored(scores[plan.pk])
        )
        for plan in plans
    }


def _gathered(*sources: Iterable[tuple[str, _Line]]) -> list[Series]:
    """One series for each key; of one day the later source counts."""
    lines: dict[str, _Line] = {}
    for key, line in itertools.chain(*sources):
        lines.setdefault(key, line).by_day |= line.by_day
    ordered = sorted(lines.items(), key=lambda item: (item[1].measure.position, item[0]))
    return [_series(key, line) for key, line in ordered]


def _series(key: str, line: _Line) -> Series:
    points = tuple(line.by_day[day] for day in sorted(line.by_day))
    scale = line.measure.scale
    if line.is_activity:
        scale = replace(scale, mcid_value=None, mcid_percent=None, source="")
    return Series(
        key, line.measure.slug, line.name, scale, points,
        is_judged=line.is_judged, panel=line.panel, reference=line.reference,
        is_comparable=line.measure.slug != GROC,
    )  # fmt: skip


def _scored(found: Iterable[OutcomeScore]) -> Iterator[tuple[str, _Line]]:
    """The scores that were asked for: activities by themselves and as their mean."""
    rated: dict[tuple[date, bool], list[OutcomeScore]] = defaultdict(list)
    for score in found:
        point = _point(score)
        line = _Line(score.measure, score.name, {point.place: point}, score.measure.called)
        if score.activity is not None:
            rated[point.place].append(score)
            line.is_judged, line.is_activity, line.panel = False, True, score.name
            yield f"{PSFS} {score.activity.number}", line
            continue
        if score.side:
            line.name = f"{line.name}, {Side(score.side).label.lower()}"
        yield _key(score.measure, score.part, score.side), line
    for (day, _), scores in rated.items():
        value = mean([score.value for score in scores])
        if value is not None:
            point = Point(day, value, scores[0].occasion)
            yield PSFS, _Line(scores[0].measure, MEAN, {point.place: point}, MEAN)


def _point(score: OutcomeScore) -> Point:
    return Point(score.taken_on, score.value, score.occasion)


def _key(measure: OutcomeMeasure, part: str, side: str) -> str:
    """A name whose alphabet is the order of the parts."""
    parts = [slug for slug, _, _ in measure.parts_at("")]
    place = str(parts.index(part)) if part and part in parts else ""
    return " ".join(word for word in (measure.slug, place, part, side) if word)


def _assessed(
    plan: TreatmentPlan, found: Iterable[Assessment], known: dict[str, OutcomeMeasure]
) -> Iterator[tuple[str, _Line]]:
    """Pain and ranges of motion of the assessments in a plan's time, of which the first made it."""
    first, last = first_day_of(plan), plan.ended_on or date.max
    for assessment in found:
        if not first <= assessment.assessed_on <= last:
            continue
        is_first = assessment.pk == plan.assessment_id
        occasion = Occasion.BASELINE if is_first else Occasion.REVIEW
        if NPRS in known:
            yield from _pain(assessment, known[NPRS], occasion)
        if ROM in known:
            yield from _ranges(assessment, assessment.rom.all(), known[ROM], occasion)


def for_client(plan: TreatmentPlan) -> dict[str, Any]:
    """What a client sees: a sentence, a chart for each goal, and the rest of the charts.

    A goal has a chart when what it is measured by was scored.
    """
    happenings = happenings_of(plan)
    goals = list(plan.goals.select_related("outcome"))
    by_goal, others = _for_goals(goals, series_of(plan), happenings)
    first = next((one.series[0] for one in (*by_goal, *others)), None)
    count = len(happenings.sessions)
    return {
        "headline": headline(first, sessions=count) if first else "",
        "goals": by_goal,
        "others": others,
        "sessions": count,
    }


def in_a_sentence(
    goals: Collection[Goal], series: Iterable[Series], completed_on: Sequence[date]
) -> str:
    """The sentence that a client's charts begin with; empty until something was measured twice."""
    by_goal, others = _for_goals(goals, series, Happenings(sessions=tuple(completed_on)))
    first = next((one.series[0] for one in (*by_goal, *others)), None)
    has_changed = first is not None and first.change is not None
    return headline(first, sessions=len(completed_on)) if first and has_changed else ""


def _for_goals(
    goals: Collection[Goal], series: Iterable[Series], happenings: Happenings
) -> tuple[list[Panel], list[Panel]]:
    """The charts that a client sees: those of goals, and the rest."""
    named = {one.measure.casefold() for one in goals}
    shown = [one for one in series if one.is_judged or one.name.casefold() in named]
    by_goal: list[Panel] = []
    others: list[Panel] = []
    for panel in panels((one for one in shown if one.measure != ROM), happenings):
        aimed = aimed_at(panel, goals)
        (by_goal if aimed.goal else others).append(aimed)
    return by_goal, others


def aimed_at(panel: Panel, goals: Iterable[Goal]) -> Panel:
    """A chart with the goal that it shows: the one of its measure, or one that says its name.

    What is typed in other words may name a chart or a line of it, such as an activity.
    """
    measure = panel.series[0].measure if panel.series[0].is_judged else None
    names = {name.casefold() for name in (panel.title, *(one.name for one in panel.series))}
    for goal in goals:
        if goal.outcome.slug == measure if goal.outcome else goal.measure.casefold() in names:
            return replace(panel, target=goal.target, goal=goal.sentence)
    return panel


def first_day_of(plan: TreatmentPlan) -> date:
    """The day from which values belong to a plan: its assessment's, or that of its writing."""
    written_on = plan.created_at.astimezone(plan.location.zone).date()
    days = [plan.start_on, written_on, *([plan.assessment.assessed_on] if plan.assessment else [])]
    return min(days)


def happenings_of(plan: TreatmentPlan) -> Happenings:
    """Sessions, missed visits and later versions of a plan, on its clock. Two queries."""
    zone, status = plan.location.zone, Appointment.Status
    visits = [one.appointment for one in plan.visits.select_related("appointment")]
    days = [(one, one.starts_at.astimezone(zone).date()) for one in visits]
    later = plan.versions.filter(made_at__date__gt=plan.activated_on or plan.start_on)
    return Happenings(
        sessions=tuple(day for one, day in days if one.status == status.COMPLETED),
        missed=tuple(
            day
            for one, day in days
            if one.status == status.NO_SHOW or (one.is_cancelled and one.is_late_cancellation)
        ),
        changes=tuple(
            (made_at.astimezone(zone).date(), f"v{number}")
            for made_at, number in later.values_list("made_at", "number")
        ),
    )


def _pain(found: Assessment, measure: OutcomeMeasure, occasion: str) -> Iterator[tuple[str, _Line]]:
    for part, name in PAIN.items():
        value = getattr(found, name)
        if value is not None:
            point = Point(found.assessed_on, Decimal(value), occasion)
            line = _Line(measure, measure.part_name(part), {point.place: point}, measure.called)
            yield _key(measure, part, ""), line


def _ranges(
    found: Assessment, rows: Iterable[RomMeasurement], measure: OutcomeMeasure, occasion: str
) -> Iterator[tuple[str, _Line]]:
    for row in rows:
        norm = norm_of(row.joint, row.movement)
        panel = name = say_movement(row.joint, row.movement)
        if row.side != Side.MIDLINE:
            name = f"{name}, {row.get_side_display().lower()}"
        if row.motion == RomMeasurement.Motion.PASSIVE:
            name = f"{name}, passive"
        point = Point(found.assessed_on, Decimal(row.degrees), occasion)
        line = _Line(measure, name, {point.place: point}, panel)
        line.reference = Decimal(norm.degrees) if norm else None
        yield f"{ROM} {row.joint} {row.movement} {row.side} {row.motion}", line
