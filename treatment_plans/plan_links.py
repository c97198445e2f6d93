"""The link that a mail about a plan carries: signed, and only a way to the sign-in."""

from __future__ import annotations

from django.core import signing
from django.urls import reverse

from bookings.links import BadLink
from treatment_plans.models import TreatmentPlan

PLAN_SALT = "clinic.plan-link"


def plan_link(plan: TreatmentPlan) -> str:
    """The path to a plan in plain words; whoever opens it proves who they are."""
    return reverse("plan_link", args=[signing.dumps(str(plan.public_id), salt=PLAN_SALT)])


def read_plan_link(token: str) -> TreatmentPlan:
    """The plan of a link. Raises BadLink."""
    try:
        public_id = signing.loads(token, salt=PLAN_SALT)
        return TreatmentPlan.objects.select_related("client").get(public_id=public_id)
    except (signing.BadSignature, ValueError, TypeError, TreatmentPlan.DoesNotExist):
        raise BadLink from None
