"""The scores of a plan as series, whatever page they were entered on.

Pain and ranges of motion of an assessment are the same kind of value as a score that was
asked for, and join the same series; nothing is entered twice. Where one day has both, the
score counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models.query import QuerySet

from treatment_plans.models import (
    Assessment,
    Occasion,
    OutcomeMeasure,
    OutcomeScore,
    RomMeasurement,
    TreatmentPlan,
)
from treatment_plans.models.assessments import Side
from treatment_plans.outcomes import Point, Series, mean
from treatment_plans.rom import norm_of
from treatment_plans.scores import PSFS

NPRS, ROM = "nprs", "rom"
PAIN = {"worst": "pain_worst", "average": "pain_average", "now": "pain_now"}


@dataclass(slots=True)
class _Line:
    """A series while it is being gathered: one value a day, the one that came last."""

    measure: OutcomeMeasure
    name: str
    is_judged: bool
    by_day: dict[date, Point]


def series_of(plan: TreatmentPlan) -> list[Series]:
    """Every series of a plan, by the order of its measures. Four queries."""
    lines: dict[str, _Line] = {}
    for key, line in _assessed(plan):
        lines.setdefault(key, line).by_day |= line.by_day
    for key, line in _scored(plan):
        lines.setdefault(key, line).by_day |= line.by_day
    ordered = sorted(lines.items(), key=lambda item: (item[1].measure.position, item[0]))
    return [_series(key, line) for key, line in ordered]


def _series(key: str, line: _Line) -> Series:
    points = tuple(line.by_day[day] for day in sorted(line.by_day))
    return Series(
        key, line.measure.slug, line.name, line.measure.scale, points, is_judged=line.is_judged
    )


def _scored(plan: TreatmentPlan) -> Iterator[tuple[str, _Line]]:
    """The scores that were asked for: activities by themselves and as their mean."""
    rated: dict[date, list[OutcomeScore]] = defaultdict(list)
    for score in OutcomeScore.objects.counted().filter(plan=plan).in_order():
        line = _Line(score.measure, score.name, True, {score.taken_on: _point(score)})
        if score.activity is not None:
            rated[score.taken_on].append(score)
            line.is_judged = False
            yield f"{PSFS} {score.activity.number}", line
            continue
        if score.side:
            line.name = f"{line.name}, {Side(score.side).label.lower()}"
        yield _key(score.measure, score.part, score.side), line
    for day, scores in rated.items():
        value = mean([score.value for score in scores])
        if value is not None:
            point = Point(day, value, scores[0].occasion)
            yield PSFS, _Line(scores[0].measure, "Activities, on average", True, {day: point})


def _point(score: OutcomeScore) -> Point:
    return Point(score.taken_on, score.value, score.occasion)


def _key(measure: OutcomeMeasure, part: str, side: str) -> str:
    """A name whose alphabet is the order of the parts."""
    parts = [slug for slug, _, _ in measure.parts_at("")]
    place = str(parts.index(part)) if part and part in parts else ""
    return " ".join(word for word in (measure.slug, place, part, side) if word)


def _assessed(plan: TreatmentPlan) -> Iterator[tuple[str, _Line]]:
    """Pain and ranges of motion that were found in the assessments of a plan."""
    known = {row.slug: row for row in OutcomeMeasure.objects.filter(slug__in=(NPRS, ROM))}
    for found in assessments_of(plan).prefetch_related("rom"):
        is_first = found.pk == plan.assessment_id
        occasion = Occasion.BASELINE if is_first else Occasion.REVIEW
        if NPRS in known:
            yield from _pain(found, known[NPRS], occasion)
        if ROM in known:
            yield from _ranges(found, found.rom.all(), known[ROM], occasion)


def assessments_of(plan: TreatmentPlan) -> QuerySet[Assessment]:
    """The one that a plan was made from and the later ones of its time, oldest first."""
    rows = Assessment.objects.filter(client=plan.client_id)
    first = plan.assessment.assessed_on if plan.assessment else plan.start_on
    rows = rows.filter(assessed_on__gte=first)
    rows = rows.filter(assessed_on__lte=plan.ended_on) if plan.ended_on else rows
    return rows.order_by("assessed_on", "pk")


def _pain(found: Assessment, measure: OutcomeMeasure, occasion: str) -> Iterator[tuple[str, _Line]]:
    for part, name in PAIN.items():
        value = getattr(found, name)
        if value is not None:
            point = Point(found.assessed_on, Decimal(value), occasion)
            line = _Line(measure, measure.part_name(part), True, {found.assessed_on: point})
            yield _key(measure, part, ""), line


def _ranges(
    found: Assessment, rows: Iterable[RomMeasurement], measure: OutcomeMeasure, occasion: str
) -> Iterator[tuple[str, _Line]]:
    for row in rows:
        norm = norm_of(row.joint, row.movement)
        name = norm.label if norm else f"{row.joint}, {row.movement}"
        if row.side != Side.MIDLINE:
            name = f"{name}, {row.get_side_display().lower()}"
        if row.motion == RomMeasurement.Motion.PASSIVE:
            name = f"{name}, passive"
        point = Point(found.assessed_on, Decimal(row.degrees), occasion)
        line = _Line(measure, name, True, {found.assessed_on: point})
        yield f"{ROM} {row.joint} {row.movement} {row.side} {row.motion}", line
