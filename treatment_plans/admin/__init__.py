"""What a clinic sets for its plans in Django admin. Nothing of any client is here."""

from treatment_plans.admin.home_care import HomeCareItemAdmin
from treatment_plans.admin.measures import OutcomeMeasureAdmin
from treatment_plans.admin.plan_templates import PlanTemplateAdmin

__all__ = ["HomeCareItemAdmin", "OutcomeMeasureAdmin", "PlanTemplateAdmin"]
