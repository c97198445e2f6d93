from treatment_plans.models.access import RecordAccess
from treatment_plans.models.aftercare import Aftercare
from treatment_plans.models.agreements import PlanAgreement, PlanReply, Reproposal
from treatment_plans.models.assessments import Assessment, BodyMark, RomMeasurement
from treatment_plans.models.check_ins import CheckIn
from treatment_plans.models.home_care import HomeCareItem
from treatment_plans.models.letters import Letter
from treatment_plans.models.outcomes import (
    Occasion,
    OutcomeMeasure,
    OutcomeScore,
    PlanMeasure,
    PsfsActivity,
)
from treatment_plans.models.plans import (
    Goal,
    PlanPause,
    PlanPhase,
    PlanVersion,
    PlanVisit,
    TreatmentPlan,
)
from treatment_plans.models.reviews import Review
from treatment_plans.models.templates import PlanTemplate, TemplatePhase

__all__ = [
    "Aftercare",
    "Assessment",
    "BodyMark",
    "CheckIn",
    "Goal",
    "HomeCareItem",
    "Letter",
    "Occasion",
    "OutcomeMeasure",
    "OutcomeScore",
    "PlanAgreement",
    "PlanMeasure",
    "PlanPause",
    "PlanPhase",
    "PlanReply",
    "PlanTemplate",
    "PlanVersion",
    "PlanVisit",
    "PsfsActivity",
    "RecordAccess",
    "Reproposal",
    "Review",
    "RomMeasurement",
    "TemplatePhase",
    "TreatmentPlan",
]
