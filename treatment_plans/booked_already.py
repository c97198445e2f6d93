"""Dates of a plan that were booked meanwhile on a second page of the same dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bookings.errors import BookingError
from bookings.picking import read_start
from treatment_plans.elsewhere import is_elsewhere
from treatment_plans.models import TreatmentPlan
from treatment_plans.plan_facts import TO_COME
from treatment_plans.proposals import Proposal


def is_booked_already(refusal: BookingError, plan: TreatmentPlan) -> bool:
    """Whether the time that was refused is by now a session of the same plan, as it was asked for."""
    at = refusal.details.get("starts_at")
    if at is None:
        return False
    return plan.visits.filter(
        appointment__status__in=TO_COME,
        appointment__starts_at=at,
        appointment__client=plan.client_id,
        appointment__practitioner=plan.practitioner_id,
    ).exists()


def still_asked(posted: Mapping[str, Any], proposal: Proposal) -> dict[str, Any]:
    """What was chosen, without the times at which a session of the plan is booked by now."""
    booked = {
        visit.starts_at
        for visit in proposal.visits.values()
        if visit.status in TO_COME and not is_elsewhere(proposal.plan, visit)
    }
    return {name: value for name, value in posted.items() if read_start(value) not in booked}
