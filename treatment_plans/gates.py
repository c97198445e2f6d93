"""What plans have to say before a client books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bookings.errors import Refused
from practitioners.models import ClinicSettings
from treatment_plans import reviews
from treatment_plans.models import PlanVisit, TreatmentPlan
from treatment_plans.visits import plan_for


def clinical_hold(*, client: Any, **_: Any) -> None:
    """Refuse self-booking while a clinical question is open. Raises Refused."""
    if TreatmentPlan.objects.holds_back(client):
        raise Refused("clinical_hold", "Please call us before you book your next session.")


def review_first(*, client: Any, visit: Any, starts_at: datetime, now: datetime, **_: Any) -> None:
    """Refuse a session of a plan past its open review. Raises Refused."""
    linked = PlanVisit.objects.select_related("plan__location").filter(appointment=visit.pk)
    found = linked.first()
    plan = found.plan if found else plan_for(visit, client)
    if plan is None or plan.status != TreatmentPlan.Status.ACTIVE:
        return
    if reviews.stands_in_the_way(plan, starts_at, moving=visit, now=now):
        clinic = ClinicSettings.current()
        call = f" or call {clinic.phone}" if clinic.phone else ""
        raise Refused(
            "review_first",
            "Before you book more sessions we look at your progress together."
            f" Do that at your next session{call}.",
        )
