"""The plan as data: what a version holds, and what two versions differ in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from treatment_plans.models import TreatmentPlan

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
    before: Any
    after: Any


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
                "measure": goal.measure,
                "baseline": None if goal.baseline is None else str(goal.baseline),
                "target": None if goal.target is None else str(goal.target),
                "target_on": None if goal.target_on is None else goal.target_on.isoformat(),
            }
            for goal in plan.goals.all()
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


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Name what changed, in the order in which a plan is read."""
    return [
        Change(label, before.get(key), after.get(key))
        for key, label in LABELS.items()
        if (before.get(key) or None) != (after.get(key) or None)
    ]
