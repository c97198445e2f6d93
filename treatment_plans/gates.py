"""What plans have to say before a client books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bookings.errors import Refused
from bookings.models import Appointment
from practitioners.models import ClinicSettings
from treatment_plans import reviews
from treatment_plans.models import PlanVisit, TreatmentPlan
from treatment_plans.visits import Plans, plan_for, running_plans

ACTIVE = TreatmentPlan.Status.ACTIVE


def before_booking(*, client: Any, visit: Any, now: datetime, **about: Any) -> None:
    """Ask both with the plans read once. Raises Refused."""
    running = running_plans(client, now=now, visit=visit)
    clinical_hold(client=client, now=now, running=running)
    review_first(client=client, visit=visit, now=now, running=running, **about)


def clinical_hold(*, client: Any, now: datetime, running: Plans = None, **_: Any) -> None:
    """Refuse self-booking while a clinical question is open. Raises Refused."""
    running = running_plans(client, now=now) if running is None else running
    if any(plan.hold_reason and plan.status == ACTIVE for plan in running):
        raise Refused("clinical_hold", "Please call us before you book your next session.")


def review_first(
    *, client: Any, visit: Any, starts_at: datetime, now: datetime, running: Plans = None, **_: Any
) -> None:
    """Refuse a session of a plan past its open review. Raises Refused."""
    plan = _plan_of(visit) or plan_for(visit, client, now=now, running=running)
    if plan is None or plan.status != ACTIVE:
        return
    if reviews.stands_in_the_way(plan, starts_at, moving=visit, now=now):
        clinic = ClinicSettings.current()
        call = f" or call {clinic.phone}" if clinic.phone else ""
        raise Refused(
            "review_first",
            "Before you book more sessions we look at your progress together."
            f" Do that at your next session{call}.",
        )


def _plan_of(visit: Any) -> TreatmentPlan | None:
    """The plan that a visit is a part of; a time that is only kept is not yet part of any."""
    if visit.pk is None or visit.status == Appointment.Status.HELD:
        return None
    if not visit.facts.get("is_in_plan", True):
        return None
    linked = PlanVisit.objects.select_related("plan__location").filter(appointment=visit.pk).first()
    return linked.plan if linked else None
