"""Which steps a plan can take now, and ending one together with its booked sessions.

draft --start--> active <--go on-- paused      any of them --end--> discharged,
                   |  ^------------'           completed or cancelled
                   '--pause--'  hold, lift
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from bookings import calendar
from bookings.models import Appointment
from treatment_plans.models import PlanPause, TreatmentPlan

Status = TreatmentPlan.Status


def pause_now(plan: TreatmentPlan, *, now: datetime) -> PlanPause | None:
    """The pause with dates that runs today. One query."""
    today = now.astimezone(plan.location.zone).date()
    return plan.pauses.filter(starts_on__lte=today, ends_on__gte=today).last()


def pauses_ahead(plan: TreatmentPlan, *, now: datetime) -> list[PlanPause]:
    """The pauses that have not begun. One query."""
    return list(plan.pauses.coming(now.astimezone(plan.location.zone).date()))


def steps_of(plan: TreatmentPlan, *, now: datetime) -> list[str]:
    """The steps open to a plan, the most likely first."""
    if plan.status == Status.DRAFT:
        return ["start", "end"]
    if plan.status == Status.PAUSED:
        return ["go-on", "end"]
    if plan.status != Status.ACTIVE:
        return []
    resting = "go-on" if pause_now(plan, now=now) else "pause"
    return [resting, *(["no-pause"] if pauses_ahead(plan, now=now) else []), "end"]


@calendar.in_one_transaction
def with_booked_cancelled(
    verb: Callable[..., TreatmentPlan],
    plan: TreatmentPlan,
    data: dict[str, Any],
    *,
    by: Any,
    now: datetime,
) -> int:
    """Take a step and cancel the sessions that are booked; returns how many. Both or neither.

    The sessions of a pause with dates are those inside it.
    """
    visits = [visit for visit in plan.visits_to_come(now=now) if _is_meant(visit, data)]
    calendar.cancel_each(
        visits,
        cancelled_by=Appointment.CancelledBy.CLINIC,
        by=by,
        now=now,
        reason="The plan has changed",
        for_staff=True,
    )
    verb(plan, data, by=by, now=now)
    return len(visits)


def _is_meant(visit: Appointment, data: dict[str, Any]) -> bool:
    first, last = data.get("first_day"), data.get("last_day")
    return (first is None or first <= visit.local_day) and (last is None or visit.local_day <= last)
