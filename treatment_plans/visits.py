"""Which visits belong to which plan, and what a visit changes about it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bookings.extensions import Event
from bookings.models import Appointment, Client
from practitioners.models import Service
from treatment_plans import recall
from treatment_plans.models import PlanVisit, TreatmentPlan

OPEN = (TreatmentPlan.Status.ACTIVE, TreatmentPlan.Status.PAUSED)


def follow_appointment(event: Event, appointment: Appointment, *, now: datetime) -> None:
    """Hear of a visit: link a new one to its plan, and compute again what is due."""
    if event == "booked":
        plan = plan_for(appointment)
        if plan is not None:
            link(plan, appointment)
    visit = (
        PlanVisit.objects.select_related("plan__location", "plan__client")
        .filter(appointment=appointment)
        .first()
    )
    if visit is not None:
        recall.refresh(reopened(visit.plan), now=now)


def plan_for(appointment: Appointment, client: Client | None = None) -> TreatmentPlan | None:
    """The plan a visit belongs to: the one that invited it, or the client's only active one.

    Relaxation visits belong to no plan; their frequency is the client's own choice. A time
    that is only held has no client yet: say for whom it would be.
    """
    plans = TreatmentPlan.objects.filter(client=client or appointment.client)
    plans = plans.select_related("location")
    kind, _, public_id = appointment.source_ref.partition(":")
    if kind == "plan":
        invited = plans.filter(public_id=public_id).first()
        if invited is not None:
            return invited
    if appointment.service.kind != Service.Kind.MEDICAL:
        return None
    active = list(plans.active()[:2])
    return active[0] if len(active) == 1 else None


@transaction.atomic
def link(plan: TreatmentPlan, appointment: Appointment) -> PlanVisit:
    """Make a visit part of a plan, under the plan's newest version."""
    newest = plan.versions.order_by("-number").first()
    return PlanVisit.objects.update_or_create(
        appointment=appointment, defaults={"plan": plan, "version": newest}
    )[0]


def reopened(plan: TreatmentPlan) -> TreatmentPlan:
    """A plan that ended by its count goes on when a completed visit is taken back."""
    if plan.status == TreatmentPlan.Status.COMPLETED:
        plan.status = TreatmentPlan.Status.ACTIVE
        plan.ended_on = None
    return plan
