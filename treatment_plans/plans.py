"""Changes of a plan. Each makes a new version and recomputes what is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction

from practitioners.models import Practitioner
from treatment_plans import recall
from treatment_plans.errors import EditedElsewhere, ReasonMissing, WrongState
from treatment_plans.models import Goal, PlanPause, PlanPhase, PlanVersion, TreatmentPlan
from treatment_plans.plan_facts import check_plan_phases, facts_of
from treatment_plans.schedule.phases import position
from treatment_plans.versions import content_of

Status = TreatmentPlan.Status
OPEN = (Status.DRAFT, Status.ACTIVE, Status.PAUSED)


@transaction.atomic
def save(
    plan: TreatmentPlan,
    *,
    phases: Iterable[PlanPhase],
    goals: Iterable[Goal],
    techniques: Iterable[Any],
    regions: Iterable[Any],
    by: Any,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> TreatmentPlan:
    """Save a plan with everything that belongs to it as its next version.

    Raises BadPhases, WrongState for a plan that has ended, ReasonMissing for a
    change of a plan that is not a draft, and EditedElsewhere when
    `expected_version` is no longer the newest.
    """
    phases = list(phases)
    check_plan_phases(phases)
    if plan.pk is None:
        plan.save()
    else:
        _take(plan, expected_version)
        if plan.status != Status.DRAFT and not reason.strip():
            raise ReasonMissing
        plan.save()
        plan.phases.all().delete()
        plan.goals.all().delete()
    for order, phase in enumerate(phases, start=1):
        phase.pk, phase.plan, phase.order = None, plan, order
        phase.save(force_insert=True)
    for goal in goals:
        goal.pk, goal.plan = None, plan
        goal.save(force_insert=True)
    plan.techniques.set(techniques)
    plan.regions.set(regions)
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def activate(plan: TreatmentPlan, *, by: Any, now: datetime) -> TreatmentPlan:
    """Start a draft, or go on with a paused plan. Raises WrongState, BadPhases."""
    _take(plan)
    if plan.status not in (Status.DRAFT, Status.PAUSED):
        raise WrongState("Only a draft or a paused plan can be started.")
    check_plan_phases(plan.phases.all())
    today = now.astimezone(plan.location.zone).date()
    plan.activated_on = plan.activated_on or today
    plan.status = Status.ACTIVE
    return _versioned(plan, by=by, now=now, reason="Started")


@transaction.atomic
def pause(
    plan: TreatmentPlan, *, starts_on: date, ends_on: date, by: Any, now: datetime, reason: str
) -> TreatmentPlan:
    """Let an active plan rest for some days, both inclusive. Raises WrongState."""
    _take(plan)
    if plan.status != Status.ACTIVE:
        raise WrongState("Only an active plan can be paused.")
    if ends_on < starts_on:
        raise WrongState("The last day of a pause cannot be before its first.")
    PlanPause.objects.create(plan=plan, starts_on=starts_on, ends_on=ends_on, reason=reason)
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def end(plan: TreatmentPlan, status: str, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Discharge, cancel or complete an open plan. Raises WrongState, ReasonMissing."""
    _take(plan)
    if plan.status not in OPEN:
        raise WrongState("This plan has already ended.")
    if not reason.strip():
        raise ReasonMissing("Say why the plan ends.")
    plan.status = status
    plan.ended_on = now.astimezone(plan.location.zone).date()
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def hold(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Stop follow-ups until a clinical question is settled. Raises WrongState, ReasonMissing."""
    _take(plan)
    if not reason.strip():
        raise ReasonMissing("Say why they are held.")
    plan.hold_reason = reason
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def lift(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Let the follow-ups of a held plan go on. Raises WrongState, ReasonMissing."""
    _take(plan)
    if not reason.strip():
        raise ReasonMissing("Say why they may go on.")
    plan.hold_reason = ""
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def taper(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """End the running phase with the sessions it has had, so that the next one is the later phase's.

    Raises WrongState when no session has been done or no later phase is written.
    """
    _take(plan)
    place = position(facts_of(plan).phases, facts_of(plan).done)
    rows = list(plan.phases.all())
    index, session = place if place else (len(rows), 1)
    if index == 0 and session == 1:
        raise WrongState("No session has been done yet, so there is nothing to taper.")
    if session > 1:
        if index + 1 >= len(rows):
            raise WrongState("There is no later phase to go on to. Change the plan instead.")
        rows[index].session_count = session - 1
        rows[index].save()
    elif index >= len(rows):
        raise WrongState("There is no later phase to go on to. Change the plan instead.")
    return _versioned(plan, by=by, now=now, reason=reason)


def with_all(pk: int) -> TreatmentPlan:
    """The plan as it stands now, with its people."""
    return TreatmentPlan.objects.with_people().get(pk=pk)


@transaction.atomic
def hand_over(plan: TreatmentPlan, to: Practitioner, *, by: Any, now: datetime) -> TreatmentPlan:
    """Give an open plan to a colleague; booked visits stay with whom they are. Raises WrongState."""
    _take(plan)
    before = plan.practitioner.name
    plan.practitioner = to
    return _versioned(plan, by=by, now=now, reason=f"Handed over from {before} to {to.name}")


def _take(plan: TreatmentPlan, expected_version: int | None = None) -> None:
    """Lock the plan's row; refuse when it moved on since it was read."""
    current = TreatmentPlan.objects.select_for_update().get(pk=plan.pk)
    if expected_version is not None and current.version != expected_version:
        raise EditedElsewhere
    plan.version = current.version
    if current.status not in OPEN:
        raise WrongState("This plan has ended and can no longer be changed.")


def _versioned(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Write the next version and store what is due."""
    newest = plan.versions.order_by("-number").first()
    plan.version = newest.number + 1 if newest else 1
    plan.save()
    PlanVersion.objects.create(
        plan=plan,
        number=plan.version,
        content=content_of(plan),
        reason=reason,
        made_at=now,
        made_by=by,
    )
    recall.refresh(plan, now=now)
    return plan
