from treatment_plans.models.access import RecordAccess
from treatment_plans.models.assessments import Assessment, BodyMark, RomMeasurement
from treatment_plans.models.plans import (
    Goal,
    PlanPause,
    PlanPhase,
    PlanVersion,
    PlanVisit,
    TreatmentPlan,
)
from treatment_plans.models.reviews import Review

__all__ = [
    "Assessment",
    "BodyMark",
    "Goal",
    "PlanPause",
    "PlanPhase",
    "PlanVersion",
    "PlanVisit",
    "RecordAccess",
    "Review",
    "RomMeasurement",
    "TreatmentPlan",
]
