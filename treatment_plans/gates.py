"""What plans have to say before a client books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bookings.errors import Refused
from bookings.models import Appointment
from bookings.times import say_day
from bookings.wall_clock import day_of
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


def notices(client: Any, *, now: datetime) -> list[str]:
    """Which holds the desk should mind before it books for a client, without the reason. Two queries, or one."""
    held = TreatmentPlan.objects.held().filter(client=client)
    rows = held.select_related("practitioner", "location").prefetch_related("versions")
    return [_said_of_hold(plan, now=now) for plan in rows]


def _said_of_hold(plan: TreatmentPlan, *, now: datetime) -> str:
    since = _held_since(plan)
    zone = plan.location.zone
    day = say_day(day_of(since, zone), today=day_of(now, zone)) if since else ""
    return (
        f"Reminders are held back by whoever treats{f' since {day}' if day else ''}."
        f" Speak with {plan.practitioner.name} before you book. Online the client is asked to call."
    )


def _held_since(plan: TreatmentPlan) -> datetime | None:
    """When the hold was set: with the first version that has it without a break until now."""
    since = None
    for version in reversed(plan.versions.all()):
        if not version.content.get("hold_reason"):
            break
        since = version.made_at
    return since


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
