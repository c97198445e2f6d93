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

__all__ = [
    "Assessment",
    "BodyMark",
    "Goal",
    "PlanPause",
    "PlanPhase",
    "PlanVersion",
    "PlanVisit",
    "RecordAccess",
    "RomMeasurement",
    "TreatmentPlan",
]
