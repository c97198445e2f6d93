"""When a visit of a plan moves, is missed or cancelled, the rest is proposed anew.

Nothing moves by itself. A row says that somebody has to look; staff get a task, the
pages of the plan show the new dates next to the old ones, and whoever may book accepts
them or leaves the old ones as they are.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from bookings.extensions import Event
from bookings.models import Appointment, Task, VisitChange
from practitioners.models import ClinicSettings
from treatment_plans.models import Reproposal, TreatmentPlan
from treatment_plans.plan_facts import (
    booked_from,
    calendar_of,
    facts_from,
    visits_of,
    windows_of,
)
from treatment_plans.schedule import Layout, lay_out

FRONT_DESK = "Front desk"
A_YEAR = timedelta(days=365)
UPSETTING: tuple[Event, ...] = ("moved", "cancelled", "no_show")
Outcome = Reproposal.Outcome


def look_again(plan: TreatmentPlan, event: Event, visit: Appointment, *, now: datetime) -> None:
    """Open a reason to propose again when the other dates no longer fit; close one that is over."""
    waiting = plan.reproposals.open().first()
    if plan.status != TreatmentPlan.Status.ACTIVE or plan.client.is_deceased:
        if waiting:
            settle(plan, Outcome.OVER, by=None, now=now)
        return
    if waiting is None and event not in UPSETTING:
        return
    fixed = visit if event == "moved" else moved_visit(plan)
    layout = _as_booked(plan, fixed, now=now)
    is_missing = event in ("cancelled", "no_show") and not layout.is_booked
    if layout.is_upset or is_missing:
        if event in UPSETTING:
            _open(plan, event, visit, now=now)
        elif waiting and event == "put_back":
            _name_again(waiting)
    elif waiting:
        settle(plan, Outcome.OVER, by=None, now=now)


def _name_again(row: Reproposal) -> None:
    """Name the newest change that still stands, where the one that was named has been undone."""
    changes = VisitChange.objects.filter(
        appointment__plan_visit__plan=row.plan_id, event__in=UPSETTING, at__gte=row.made_at
    )
    left = changes.filter(version=F("appointment__version")).order_by("-at", "-pk").first()
    if left is not None:
        row.event, row.appointment_id = left.event, left.appointment_id
        row.save(update_fields=["event", "appointment"])


def settle(plan: TreatmentPlan, outcome: str, *, by: Any, now: datetime) -> None:
    """Answer an open reason to propose again, and tick its task off; without one nothing happens.

    A part of what changes the dates: it locks, so it needs a transaction.
    """
    for row in plan.reproposals.open().select_for_update():
        row.outcome, row.settled_at, row.settled_by = outcome, now, by
        row.save(update_fields=["outcome", "settled_at", "settled_by"])
        for task in Task.objects.open().filter(reason_key=key_of(row)):
            task.finish(by=by, now=now)


@transaction.atomic
def leave(plan: TreatmentPlan, *, by: Any, now: datetime) -> None:
    """Leave the dates of a plan as they are."""
    settle(plan, Outcome.LEFT, by=by, now=now)


def as_before(plan: TreatmentPlan, at: datetime, *, by: Any, now: datetime) -> None:
    """What an answer given at that moment has settled waits again; else nothing is left waiting."""
    settle(plan, Outcome.OVER, by=by, now=now)
    row = plan.reproposals.filter(outcome=Outcome.ACCEPTED, settled_at=at).first()
    if row is None:
        return
    row.outcome, row.settled_at, row.settled_by = Outcome.OPEN, None, None
    row.save(update_fields=["outcome", "settled_at", "settled_by"])
    Task.objects.filter(reason_key=key_of(row), done_at=at).update(done_at=None, done_by=None)


def moved_visit(plan: TreatmentPlan) -> Appointment | None:
    """The visit that the client has moved, as long as nobody has answered for the rest."""
    row = plan.reproposals.open().filter(event="moved").select_related("appointment").first()
    return row.appointment if row else None


def key_of(row: Reproposal) -> str:
    return f"dates:{row.pk}"


def _as_booked(plan: TreatmentPlan, fixed: Appointment | None, *, now: datetime) -> Layout:
    """How the visits that are booked lie, without a look at what is free."""
    rows = visits_of([plan])[plan.pk]
    facts = facts_from(plan, rows)
    today = now.astimezone(plan.location.zone).date()
    return lay_out(
        facts,
        calendar_of(plan.location, now=now),
        windows_of(ClinicSettings.current()),
        today=today,
        last_day=today + A_YEAR,
        booked=booked_from(plan, rows, facts, fixed=fixed),
    )


def _open(plan: TreatmentPlan, event: Event, visit: Appointment, *, now: datetime) -> None:
    """One open reason per plan; the newest event is the one that is named."""
    row, is_new = Reproposal.objects.update_or_create(
        plan=plan,
        outcome=Outcome.OPEN,
        defaults={"appointment": visit, "event": event},
        create_defaults={"appointment": visit, "event": event, "made_at": now},
    )
    if not is_new:
        return
    owner = plan.practitioner.user
    Task.objects.get_or_create(
        reason_key=key_of(row),
        defaults={
            "kind": "dates",
            "title": "Dates of a plan no longer fit: look at the new proposal",
            "link": reverse("desk_plan_dates", args=[plan.public_id]),
            "owner": owner,
            "role": "" if owner else FRONT_DESK,
            "client": plan.client,
            "due_at": now,
        },
    )
