"""Which visits belong to which plan, and what a visit changes about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from bookings.extensions import Event
from bookings.models import Appointment, Client
from practitioners.models import Service
from practitioners.once import once
from practitioners.prepared import Prepared, PreparedQuery
from treatment_plans import asking, plans, reproposing, reviews
from treatment_plans.errors import WrongState
from treatment_plans.models import PlanVisit, Reproposal, TreatmentPlan
from treatment_plans.papers import papers_of, since, with_papers

Plans = Sequence[TreatmentPlan] | None
RUNNING = PreparedQuery(
    "running_plans",
    {"client": "bigint", "closed_since": "date"},
    lambda client, closed_since: with_papers(
        TreatmentPlan.objects.filter(client=client).running().select_related("location"),
        closed_since,
    ),
)
OF_VISIT = PreparedQuery(
    "plan_of_visit",
    {"appointment": "bigint"},
    lambda appointment: (
        TreatmentPlan.objects.select_for_update(of=("self",), no_key=True)
        .with_people()
        .filter(visits__appointment=appointment)
        .annotate(waits_for_dates=Exists(Reproposal.objects.open().filter(plan=OuterRef("pk"))))
    ),
)
LINK = Prepared(
    "link_visit",
    """
INSERT INTO treatment_plans_planvisit (appointment_id, plan_id, version_id, ask_at)
VALUES (%(appointment)s, %(plan)s, %(version)s, %(ask_at)s)
ON CONFLICT (appointment_id) DO UPDATE
SET plan_id = excluded.plan_id, version_id = excluded.version_id, ask_at = excluded.ask_at
""",
    {"appointment": "bigint", "plan": "bigint", "version": "bigint", "ask_at": "timestamptz"},
)
BEFORE_THE_PLAN = timedelta(days=30)
MOST_LOOSE = 10


def follow_appointment(event: Event, appointment: Appointment, *, now: datetime) -> None:
    """Hear of a visit: link a new one to its plan, and compute again what is due, proposed and asked."""
    if event == "booked":
        plan = plan_for(appointment, now=now)
        if plan is None:
            return
        link(plan, appointment, now=now)
    elif not appointment.facts.get("is_in_plan", True):
        return
    found: Any = OF_VISIT.first(appointment=appointment.pk)
    if found is None:
        return
    _follow(found, event, now=now)
    if found.waits_for_dates or event in reproposing.UPSETTING:
        reproposing.look_again(found, event, appointment, now=now)
    asking.follow_appointment(event, appointment, now=now)


def _follow(plan: TreatmentPlan, event: Event, *, now: datetime) -> TreatmentPlan:
    """What is due anew, and the review of a plan that its last session has completed."""
    before = plan.status
    plans.follow_visit(plan, event, now=now)
    if plan.status != before:
        reviews.after_the_last(plan, now=now)
    return plan


def facts(*, client: Any, visit: Any = None) -> dict[str, Any]:
    """Whether there is anything to be asked about: most clients have no plan."""
    found = {"runs_plans": Exists(TreatmentPlan.objects.filter(client=client).running())}
    if visit is not None:
        found["is_in_plan"] = Exists(PlanVisit.objects.filter(appointment=visit))
    return found


def running_plans(
    client: Client | None, *, now: datetime, visit: Appointment | None = None
) -> list[TreatmentPlan]:
    """The plans of a client that are active or at rest, with their papers.

    Nothing is asked where the facts of the visit that it is about say that there are none.
    """
    if client is None or (visit is not None and not visit.facts.get("runs_plans", True)):
        return []
    about: dict[str, Any] = {"client": client.pk, "closed_since": since(now)}
    return once((TreatmentPlan, *about.values()), lambda: RUNNING.rows(**about))


def plan_for(
    appointment: Appointment,
    client: Client | None = None,
    *,
    now: datetime,
    running: Plans = None,
) -> TreatmentPlan | None:
    """The plan a visit belongs to: the one that invited it, or the client's only active one.

    Relaxation visits belong to no plan; their frequency is the client's own choice. A time
    that is only held has no client yet: say for whom it would be. One query, unless the
    client's running plans are given.
    """
    if running is None:
        running = running_plans(client or appointment.client, now=now, visit=appointment)
    kind, _, public_id = appointment.source_ref.partition(":")
    if kind == "plan":
        invited = next((plan for plan in running if str(plan.public_id) == public_id), None)
        if invited is not None:
            return invited
    if appointment.service.kind != Service.Kind.MEDICAL:
        return None
    active = [plan for plan in running if plan.status == TreatmentPlan.Status.ACTIVE]
    return active[0] if len(active) == 1 else None


def link(plan: TreatmentPlan, appointment: Appointment, *, now: datetime) -> None:
    """Make a visit part of a plan, under the plan's newest version; note when to ask before it."""
    papers = papers_of(plan, now=now)
    LINK.written(
        {
            "appointment": appointment.pk,
            "plan": plan.pk,
            "version": papers.newest_version,
            "ask_at": asking.when_to_ask(papers.calendar, appointment, now=now),
        }
    )


@transaction.atomic
def start(plan: TreatmentPlan, *, by: Any, now: datetime, reason: str = "") -> TreatmentPlan:
    """Start a plan, with what its client has booked already if this is their only active one.

    Raises what `plans.activate` raises.
    """
    started = plans.activate(plan, by=by, now=now, reason=reason)
    if TreatmentPlan.objects.filter(client=started.client).active().count() > 1:
        return started
    booked = Appointment.objects.filter(
        client=started.client, plan_visit=None, service__kind=Service.Kind.MEDICAL
    ).upcoming(now=now)
    for visit in booked:
        link(started, visit, now=now)
    return _follow(started, "booked", now=now)


def loose(plan: TreatmentPlan, *, now: datetime) -> list[Appointment]:
    """Medical visits of the client that belong to no plan, the newest first: some may be this one's."""
    rows = Appointment.objects.standing().filter(
        client=plan.client, plan_visit=None, service__kind=Service.Kind.MEDICAL
    )
    since = plan.created_at - BEFORE_THE_PLAN
    found = rows.filter(starts_at__gte=since).select_related("location", "practitioner", "service")
    return list(found.order_by("-starts_at")[:MOST_LOOSE])


@transaction.atomic
def take_in(plan: TreatmentPlan, public_id: UUID, *, now: datetime) -> None:
    """Make a visit that belongs to no plan one of this plan's. Raises WrongState."""
    plans.take(plan)
    visit = (
        Appointment.objects.standing()
        .filter(public_id=public_id, client=plan.client, service__kind=Service.Kind.MEDICAL)
        .first()
    )
    if visit is None or PlanVisit.objects.filter(appointment=visit).exclude(plan=plan).exists():
        raise WrongState("This session cannot be made part of the plan.")
    link(plan, visit, now=now)
    _follow(plan, "booked", now=now)


@transaction.atomic
def let_go(plan: TreatmentPlan, public_id: UUID, *, now: datetime) -> None:
    """Take a visit out of the plan; the visit itself stays. Raises WrongState."""
    plans.take(plan)
    rows = PlanVisit.objects.filter(plan=plan, appointment__public_id=public_id)
    if not rows.delete()[0]:
        raise WrongState("This session does not belong to the plan.")
    _follow(plan, "undone", now=now)
