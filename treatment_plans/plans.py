"""Changes of a plan. Each makes a new version and recomputes what is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from django.db import IntegrityError, transaction

from bookings.extensions import Event
from bookings.messages import outbox
from bookings.models import Appointment
from practitioners.models import Practitioner
from treatment_plans import agreements, asking, check_ins, recall, reproposing
from treatment_plans.errors import (
    EditedElsewhere,
    ReasonMissing,
    SentBefore,
    TooFewSessions,
    WrongState,
)
from treatment_plans.models import Goal, PlanPause, PlanPhase, Reproposal, TreatmentPlan
from treatment_plans.plan_facts import SOURCE, check_plan_phases, facts_of, phase_of
from treatment_plans.schedule import Facts
from treatment_plans.schedule.phases import position
from treatment_plans.versions import record

Status = TreatmentPlan.Status
OPEN = (Status.DRAFT, Status.ACTIVE, Status.PAUSED)
DAY = timedelta(days=1)
# What no form sets: another window may have changed it since the plan was read.
NOT_TYPED = (
    "version", "status", "activated_on", "paused_on", "ended_on", "hold_reason", "practitioner_id",
)  # fmt: skip


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

    Raises BadPhases, TooFewSessions for a running plan whose sessions would all be done,
    WrongState for a plan that has ended, ReasonMissing for a
    change of a plan that is not a draft, EditedElsewhere when `expected_version` is no
    longer the newest, and SentBefore for a new plan whose form has written it already.
    """
    phases = list(phases)
    check_plan_phases(phases)
    if plan.pk is None:
        _begin(plan)
    else:
        _take_changed(plan, expected_version)
        if plan.status != Status.DRAFT and not reason.strip():
            raise ReasonMissing
        _check_goes_on(plan, phases)
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
def activate(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str = "") -> TreatmentPlan:
    """Start a draft, or go on with a paused plan. Raises WrongState, BadPhases."""
    take(plan)
    if plan.status not in (Status.DRAFT, Status.PAUSED):
        raise WrongState("Only a draft or a paused plan can be started.")
    check_plan_phases(plan.phases.all())
    today = now.astimezone(plan.location.zone).date()
    if plan.status == Status.PAUSED:
        _write_down_rest(plan, until=today)
    plan.activated_on = plan.activated_on or today
    plan.status = Status.ACTIVE
    _ask_after_all(plan, now=now)
    return _versioned(plan, by=by, now=now, reason=reason or "Started")


@transaction.atomic
def pause(
    plan: TreatmentPlan, *, starts_on: date, ends_on: date, by: Any, now: datetime, reason: str
) -> TreatmentPlan:
    """Let an active plan rest for some days, both inclusive. Raises WrongState."""
    take(plan)
    if plan.status != Status.ACTIVE:
        raise WrongState("Only an active plan can be paused.")
    if ends_on < starts_on:
        raise WrongState("The last day of a pause cannot be before its first.")
    PlanPause.objects.create(plan=plan, starts_on=starts_on, ends_on=ends_on, reason=reason)
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def rest(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Let an active plan rest until somebody goes on with it. Raises WrongState, ReasonMissing."""
    take(plan)
    if plan.status != Status.ACTIVE:
        raise WrongState("Only an active plan can be paused.")
    if not reason.strip():
        raise ReasonMissing("Say why the plan pauses.")
    plan.status = Status.PAUSED
    plan.paused_on = now.astimezone(plan.location.zone).date()
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def go_on(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str = "") -> TreatmentPlan:
    """End a pause before its last day: the plan goes on today. Raises WrongState without one."""
    take(plan)
    today = now.astimezone(plan.location.zone).date()
    running = plan.pauses.filter(starts_on__lte=today, ends_on__gte=today)
    if plan.status != Status.ACTIVE or not running:
        raise WrongState("This plan does not pause.")
    running.filter(starts_on=today).delete()
    running.update(ends_on=today - DAY)
    return _versioned(plan, by=by, now=now, reason=reason or "Goes on")


@transaction.atomic
def take_pause_back(
    plan: TreatmentPlan, *, by: Any, now: datetime, reason: str = ""
) -> TreatmentPlan:
    """Forget the next pause that has not begun. Raises WrongState without one."""
    take(plan)
    coming = plan.pauses.coming(now.astimezone(plan.location.zone).date()).first()
    if plan.status != Status.ACTIVE or coming is None:
        raise WrongState("This plan has no pause before it.")
    coming.delete()
    return _versioned(plan, by=by, now=now, reason=reason or "No pause after all")


@transaction.atomic
def end(plan: TreatmentPlan, status: str, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Discharge, cancel or complete an open plan. Raises WrongState, ReasonMissing."""
    take(plan)
    if plan.status not in OPEN:
        raise WrongState("This plan has already ended.")
    if not reason.strip():
        raise ReasonMissing("Say why the plan ends.")
    plan.ended_on = now.astimezone(plan.location.zone).date()
    if plan.status == Status.PAUSED:
        _write_down_rest(plan, until=plan.ended_on)
    plan.status = status
    outbox.cancel_open(SOURCE, plan.pk, code=f"plan_{status}")
    reproposing.settle(plan, Reproposal.Outcome.OVER, by=by, now=now)
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def hold(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Stop follow-ups until a clinical question is settled. Raises WrongState, ReasonMissing."""
    take(plan)
    if not reason.strip():
        raise ReasonMissing("Say why they are held.")
    plan.hold_reason = reason
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def lift(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Let the follow-ups of a held plan go on. Raises WrongState, ReasonMissing."""
    take(plan)
    if not reason.strip():
        raise ReasonMissing("Say why they may go on.")
    plan.hold_reason = ""
    if plan.status == Status.ACTIVE:
        _ask_after_all(plan, now=now)
    return _versioned(plan, by=by, now=now, reason=reason)


@transaction.atomic
def taper(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """End the running phase with the sessions it has had, so that the next one is the later phase's.

    Raises WrongState when no session has been done or no later phase is written.
    """
    take(plan)
    facts = facts_of(plan)
    if problem := no_taper(facts):
        raise WrongState(problem)
    index, session = position(facts.phases, facts.done) or (len(facts.phases), 1)
    if session > 1:
        running = plan.phases.all()[index]
        running.session_count = session - 1
        running.save()
    return _versioned(plan, by=by, now=now, reason=reason)


def no_taper(facts: Facts) -> str:
    """Why a plan cannot go on to its next phase now; empty when it can."""
    index, session = position(facts.phases, facts.done) or (len(facts.phases), 1)
    if index == 0 and session == 1:
        return "No session has been done yet, so there is nothing to taper."
    if index + (session > 1) >= len(facts.phases):
        return "There is no later phase to go on to. Change the plan instead."
    return ""


def with_all(pk: int) -> TreatmentPlan:
    """The plan as it stands now, with its people."""
    return TreatmentPlan.objects.with_people().get(pk=pk)


@transaction.atomic
def hand_over(plan: TreatmentPlan, to: Practitioner, *, by: Any, now: datetime) -> TreatmentPlan:
    """Give an open plan to a colleague; booked visits stay with whom they are. Raises WrongState."""
    take(plan)
    before = plan.practitioner.name
    plan.practitioner = to
    return _versioned(plan, by=by, now=now, reason=f"Handed over from {before} to {to.name}")


@transaction.atomic
def follow_visit(plan: TreatmentPlan, event: Event, *, now: datetime) -> TreatmentPlan:
    """Compute again what is due after one of its visits changed.

    A plan whose last session is done completes by that, and goes on when the session is
    taken back; either is a version of its own.
    """
    before = plan.status
    if event == "undone" and before == Status.COMPLETED and _completed_by_count(plan):
        plan.status, plan.ended_on = Status.ACTIVE, None
    recall.refresh(plan, now=now)
    if plan.status != before:
        is_over = plan.status == Status.COMPLETED
        reason = "All sessions are done" if is_over else "A session was taken back"
        record(plan, by=None, now=now, reason=reason)
    return plan


def _completed_by_count(plan: TreatmentPlan) -> bool:
    """Whether nobody ended the plan: its last session did."""
    newest = plan.versions.order_by("-number").first()
    return newest is None or newest.made_by is None


def _ask_after_all(plan: TreatmentPlan, *, now: datetime) -> None:
    """What the client was not asked while the plan rested or was held."""
    asking.look_again(plan, now=now)
    check_ins.look_again(plan, now=now)


def _write_down_rest(plan: TreatmentPlan, *, until: date) -> None:
    """A rest without an end gets one: the days since it began up to yesterday."""
    if plan.paused_on is not None and plan.paused_on < until:
        PlanPause.objects.create(
            plan=plan,
            starts_on=plan.paused_on,
            ends_on=until - DAY,
            reason=_reason_of_rest(plan)[:200],
        )
    plan.paused_on = None


def _reason_of_rest(plan: TreatmentPlan) -> str:
    """What was said when the rest began, however often the plan was changed in it."""
    newest_first = plan.versions.order_by("-number").iterator()
    rest = list(takewhile(lambda one: one.content.get("status") == Status.PAUSED, newest_first))
    return rest[-1].reason if rest else ""


def _begin(plan: TreatmentPlan) -> None:
    """Write the row of a new plan, once for each form."""
    try:
        with transaction.atomic():
            plan.save()
    except IntegrityError as problem:
        if not TreatmentPlan.objects.filter(form_token=plan.form_token).exists():
            raise
        raise SentBefore from problem


def _check_goes_on(plan: TreatmentPlan, phases: Iterable[PlanPhase]) -> None:
    """Refuse to end a running plan by writing too few sessions: an end is said. One query."""
    if plan.status == Status.DRAFT:
        return
    done = plan.visits.filter(appointment__status=Appointment.Status.COMPLETED).count()
    if position([phase_of(phase) for phase in phases], done) is None:
        raise TooFewSessions(done)


def take(plan: TreatmentPlan) -> None:
    """Lock the plan's row and read it anew. Raises WrongState for a plan that has ended."""
    current = _locked(plan)
    for field in TreatmentPlan._meta.concrete_fields:
        setattr(plan, field.attname, getattr(current, field.attname))
    if current.status not in OPEN:
        raise WrongState("This plan has ended and can no longer be changed.")


def _locked(plan: TreatmentPlan) -> TreatmentPlan:
    return TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)


def _take_changed(plan: TreatmentPlan, expected_version: int | None) -> None:
    """Lock the row of a plan that was changed in hand; refuse when it moved on since it was read."""
    current = _locked(plan)
    if expected_version is not None and current.version != expected_version:
        raise EditedElsewhere
    if current.status not in OPEN:
        raise WrongState("This plan has ended and can no longer be changed.")
    for name in NOT_TYPED:
        setattr(plan, name, getattr(current, name))


def _versioned(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str) -> TreatmentPlan:
    """Write the next version, ask the client where that is needed, and store what is due."""
    before = plan.status
    version = record(plan, by=by, now=now, reason=reason)
    recall.refresh(plan, now=now)
    if plan.status != before:
        record(plan, by=None, now=now, reason="All sessions are done")
    agreements.ask(plan, version, now=now)
    return plan
