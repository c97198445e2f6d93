"""What a clinic sets for its plans in Django admin. Nothing of any client is here."""

from treatment_plans.admin.measures import OutcomeMeasureAdmin

__all__ = ["OutcomeMeasureAdmin"]
