"""The plan as data: what a version holds, and what two versions differ in."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bookings.times import say_day
from treatment_plans.models import PlanVersion, TreatmentPlan
from treatment_plans.schedule import Phase, describe

LABELS = {
    "condition": "Comes with",
    "service": "Session",
    "practitioner": "Practitioner",
    "location": "Location",
    "start_on": "First session due",
    "phases": "Frequency",
    "goals": "Goals",
    "techniques": "Techniques",
    "regions": "Areas",
    "pressure": "Pressure",
    "precautions": "Precautions",
    "home_care": "Home care",
    "review_after_sessions": "Review after sessions",
    "review_after_weeks": "Review after weeks",
    "status": "State",
    "pauses": "Pauses",
    "hold_reason": "Clinical hold",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two versions, in words."""

    label: str
    before: str
    after: str


def content_of(plan: TreatmentPlan) -> dict[str, Any]:
    """Everything that a version must be able to rebuild. Eight queries."""
    return {
        "status": plan.status,
        "condition": plan.condition.name if plan.condition else "",
        "service": plan.service.name,
        "practitioner": plan.practitioner.name,
        "location": plan.location.name,
        "start_on": plan.start_on.isoformat(),
        "phases": [
            {
                "label": phase.label,
                "rate_kind": phase.rate_kind,
                "rate_value": phase.rate_value,
                "session_count": phase.session_count,
                "session_minutes": phase.session_minutes,
            }
            for phase in plan.phases.all()
        ],
        "goals": [
            {
                "sentence": goal.sentence,
                "measure": goal.measured_by,
                "baseline": None if goal.baseline is None else str(goal.baseline),
                "target": None if goal.target is None else str(goal.target),
                "target_on": None if goal.target_on is None else goal.target_on.isoformat(),
            }
            for goal in plan.goals.select_related("outcome")
        ],
        "techniques": sorted(technique.name for technique in plan.techniques.all()),
        "regions": sorted(region.name for region in plan.regions.all()),
        "pressure": plan.pressure,
        "precautions": plan.precautions,
        "home_care": plan.home_care,
        "review_after_sessions": plan.review_after_sessions,
        "review_after_weeks": plan.review_after_weeks,
        "pauses": [
            [pause.starts_on.isoformat(), pause.ends_on.isoformat(), pause.reason]
            for pause in plan.pauses.all()
        ],
        "hold_reason": plan.hold_reason,
    }


def record(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> PlanVersion:
    """Write the plan as it stands as its next version. `by` is empty when its visits changed it."""
    newest = plan.versions.order_by("-number").values_list("number", flat=True).first()
    plan.version = (newest or 0) + 1
    plan.save()
    return PlanVersion.objects.create(
        plan=plan,
        number=plan.version,
        content=content_of(plan),
        reason=reason,
        made_at=now,
        made_by=by,
    )


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Name what changed, in the order in which a plan is read."""
    return [
        Change(label, said(key, before.get(key)), said(key, after.get(key)))
        for key, label in LABELS.items()
        if (before.get(key) or None) != (after.get(key) or None)
    ]


def history(versions: Sequence[PlanVersion]) -> list[dict[str, Any]]:
    """Every version but the first, oldest first, with what it changed."""
    return [
        {"version": new, "changes": differences(old.content, new.content)}
        for old, new in itertools.pairwise(versions)
    ]


def changes_since(plan: TreatmentPlan, number: int) -> list[dict[str, Any]]:
    """What was changed after a version was read. One query."""
    rows = plan.versions.filter(number__gte=number).select_related("made_by")
    return history(list(rows))


def in_words(content: dict[str, Any]) -> list[tuple[str, str]]:
    """A version as it is read: each thing that it says, with its name."""
    return [(label, said(key, content[key])) for key, label in LABELS.items() if content.get(key)]


def said(key: str, value: Any) -> str:
    """One thing of a version in words."""
    if value in (None, "", []):
        return "nothing"
    if key == "phases":
        return describe(tuple(Phase(**row) for row in value))
    if key == "goals":
        return "; ".join(_goal(row) for row in value)
    if key == "pauses":
        return "; ".join(_pause(*row) for row in value)
    if key == "start_on":
        return say_day(date.fromisoformat(value))
    if key in CHOICES:
        return str(dict(CHOICES[key].choices).get(value, value))
    return ", ".join(value) if isinstance(value, list) else str(value)


CHOICES: dict[str, Any] = {"status": TreatmentPlan.Status, "pressure": TreatmentPlan.Pressure}


def _goal(row: dict[str, Any]) -> str:
    if row.get("target") is None and row.get("baseline") is None:
        return str(row["sentence"])
    measure = row.get("measure") or "measured"
    return f"{row['sentence']} ({measure} from {row.get('baseline') or '?'} to {row.get('target') or '?'})"


def _pause(first: str, last: str, reason: str = "") -> str:
    days = f"{say_day(date.fromisoformat(first))} to {say_day(date.fromisoformat(last))}"
    return f"{days} ({reason})" if reason else days
