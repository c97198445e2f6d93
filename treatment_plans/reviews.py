"""Reviews: they fall due by the plan, and end in a decision that creates what follows.

    due ──► open ──┬── continue    nothing else
                   ├── taper       the next phase begins with the next session
                   ├── change      a task to change the plan, done by its next version
                   ├── refer       a task to write to the doctor, done by a letter; a clinical hold if wanted
                   └── discharge   the plan ends

While one is open, clients cannot book past the session it takes place in, unless staff
allow it and say why. The last session of a plan can make one fall due, too: it cannot go
on then, and a change is the next plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from bookings.models import Appointment, Task
from bookings.wall_clock import moment
from practitioners.prepared import PreparedQuery
from treatment_plans import findings, plans, recall
from treatment_plans.errors import ReasonMissing, WrongState
from treatment_plans.models import Review, TreatmentPlan
from treatment_plans.papers import papers_of
from treatment_plans.plan_facts import facts_of, last_review_of
from treatment_plans.schedule import is_past_review, review_due_on

Decision = Review.Decision
BATCH = 200
DUE = PreparedQuery(
    "plans_to_review",
    {"now": "timestamptz"},
    lambda now: TreatmentPlan.objects.to_review(now=now).select_for_update(
        of=("self",), skip_locked=True
    )[:BATCH],
)
CLINICAL_LEAD = "Clinical lead"
RUNNING = (TreatmentPlan.Status.ACTIVE, TreatmentPlan.Status.PAUSED)
GOES_ON = (Decision.CONTINUE, Decision.TAPER)
TO_COME = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED, Appointment.Status.STARTED)


def sweep(*, now: datetime) -> int:
    """Open every review that has fallen due; returns how many. Costs what is due, no more."""
    total = 0
    while True:
        with transaction.atomic():
            found = DUE.rows(now=now)
            for plan in found:
                open_review(plan, now=now)
        total += len(found)
        if len(found) < BATCH:
            return total


@transaction.atomic
def open_review(plan: TreatmentPlan, *, now: datetime) -> Review:
    """Begin the next review of a running plan, or return the one that is open. Raises WrongState."""
    locked = TreatmentPlan.objects.select_for_update().get(pk=plan.pk)
    if locked.status not in RUNNING:
        raise WrongState("Only a plan that runs can be reviewed.")
    return _opened(plan, now=now)


def after_the_last(plan: TreatmentPlan, *, now: datetime) -> None:
    """Begin the review that the last session of a plan has made fall due: no next one will."""
    if plan.status != TreatmentPlan.Status.COMPLETED:
        return
    today = now.astimezone(plan.location.zone).date()
    if review_due_on(facts_of(plan), last_review_of(plan)) <= today:
        _opened(plan, now=now)


def _opened(plan: TreatmentPlan, *, now: datetime) -> Review:
    review = plan.reviews.open().first()
    if review is None:
        review = Review.objects.create(
            plan=plan,
            number=plan.reviews.count() + 1,
            due_on=min(plan.next_review_at or now, now).astimezone(plan.location.zone).date(),
            sessions_before=facts_of(plan).done,
        )
    TreatmentPlan.objects.filter(pk=plan.pk).update(next_review_at=None)
    _ask_for_it(review)
    return review


@transaction.atomic
def decide(
    review: Review,
    decision: str,
    *,
    by: Any,
    now: datetime,
    reasoning: str,
    shared_summary: str = "",
    suggested: str = "",
    kept: Mapping[str, Any] | None = None,
    holds: bool = False,
) -> Review:
    """End a review, and do what the decision asks for. Its plan is locked first, as whoever ends it does.

    Raises WrongState when it has been decided already, or when there is no later
    phase to taper to or nothing to go on with; ReasonMissing without reasoning.
    """
    TreatmentPlan.objects.select_for_update(of=("self",), no_key=True).get(reviews=review.pk)
    review = Review.objects.select_for_update(of=("self",)).select_related("plan").get(pk=review.pk)
    plan = plans.with_all(review.plan_id)
    if not review.is_open:
        raise WrongState("This review has been decided already.")
    if not reasoning.strip():
        raise ReasonMissing("Say what the decision rests on.")
    if decision in GOES_ON and plan.status not in RUNNING:
        raise WrongState("The plan has had all its sessions. Write a next one, refer or discharge.")
    review.shared_summary, review.suggested = shared_summary, suggested
    _write(review, decision, kept or {}, by=by, now=now, reasoning=reasoning)
    _follow(review, plan, by=by, now=now, holds=holds)
    if plan.status in RUNNING:
        recall.refresh(plan, now=now)
    return review


@transaction.atomic
def end_plan(
    plan: TreatmentPlan, status: str, *, by: Any, now: datetime, reason: str
) -> TreatmentPlan:
    """End a plan, and with it a review that waits: it is discharged for the same reason.

    Raises what `plans.end` raises.
    """
    ended = plans.end(plan, status, by=by, now=now, reason=reason)
    review = ended.reviews.open().select_for_update().first()
    if review is not None:
        found = findings.of(review, now=now)
        review.suggested = found.suggested
        _write(review, Decision.DISCHARGE, found.kept(), by=by, now=now, reasoning=reason)
    return ended


def _write(
    review: Review,
    decision: str,
    kept: Mapping[str, Any],
    *,
    by: Any,
    now: datetime,
    reasoning: str,
) -> None:
    """Write a decision down and tick off the task that asked for it."""
    review.decision, review.decided_at, review.decided_by = decision, now, by
    review.reasoning, review.findings = reasoning, dict(kept)
    review.save()
    for task in Task.objects.open().filter(reason_key=key_of(review, "decide")):
        task.finish(by=by, now=now)


def _follow(review: Review, plan: TreatmentPlan, *, by: Any, now: datetime, holds: bool) -> None:
    """Create what a decision leads to."""
    reason = f"Review {review.number}: {review.get_decision_display().lower()}"
    if review.decision == Decision.TAPER:
        plans.taper(plan, by=by, now=now, reason=reason)
    elif review.decision == Decision.CHANGE:
        _task(review, "change", _change(plan), page_to_write(plan), due_at=now)
    elif review.decision == Decision.REFER:
        _task(review, "refer", "Write to the client's doctor as decided in the review", _letter(review), due_at=now)  # fmt: skip
        if holds:
            plans.hold(plan, by=by, now=now, reason=f"Review {review.number}: referred")
    elif review.decision == Decision.DISCHARGE and plan.status in RUNNING:
        plans.end(plan, TreatmentPlan.Status.DISCHARGED, by=by, now=now, reason=reason)


@transaction.atomic
def allow_booking(review: Review, *, by: Any, now: datetime, reason: str) -> Review:
    """Let clients book past an open review. Raises WrongState, ReasonMissing."""
    review = Review.objects.select_for_update().get(pk=review.pk)
    if not review.is_open:
        raise WrongState("This review has been decided already.")
    if not reason.strip():
        raise ReasonMissing("Say why sessions may be booked before the review.")
    review.override_reason, review.overridden_at, review.overridden_by = reason, now, by
    review.save()
    return review


def plan_changed(plan: TreatmentPlan, *, by: Any, now: datetime) -> None:
    """Tick off the tasks that asked for a change of this plan, or for one after a plan that is done."""
    before = Q(plan__client=plan.client_id, plan__status=TreatmentPlan.Status.COMPLETED)
    asked = Review.objects.filter(Q(plan=plan) | before, decision=Decision.CHANGE)
    keys = [key_of(review, "change") for review in asked]
    for task in Task.objects.open().filter(reason_key__in=keys):
        task.finish(by=by, now=now)


def stands_in_the_way(
    plan: TreatmentPlan, starts_at: datetime, *, moving: Appointment | None, now: datetime
) -> bool:
    """Tell whether a visit at that time would lie past a review that is not decided.

    One query, unless the plan was read with its papers.
    """
    papers = papers_of(plan, now=now)
    if papers.may_book_past:
        return False
    wanted_on = starts_at.astimezone(plan.location.zone).date()
    booked_on = papers.coming_on(but=moving.pk if moving else None)
    return is_past_review(papers.facts, booked_on, wanted_on, papers.last_review)


def may_book_past(plan: TreatmentPlan) -> bool:
    """Tell whether staff have allowed to book past the review that is open. One query."""
    review = plan.reviews.open().first()
    return review is not None and bool(review.override_reason)


def key_of(review: Review, kind: str) -> str:
    return f"review:{review.pk}:{kind}"


def _ask_for_it(review: Review) -> None:
    due_at = moment(review.due_on, time(0), review.plan.location.zone)
    _task(review, "decide", "A progress review is due", _page(review), due_at=due_at)


def _task(review: Review, kind: str, title: str, link: str, *, due_at: datetime) -> None:
    """Give whoever treats something to do; the clinical lead, when that person cannot sign in."""
    owner = review.plan.practitioner.user
    Task.objects.get_or_create(
        reason_key=key_of(review, kind),
        defaults={
            "kind": "review",
            "title": title,
            "link": link,
            "owner": owner,
            "role": "" if owner else CLINICAL_LEAD,
            "client": review.plan.client,
            "due_at": due_at,
        },
    )


def _page(review: Review) -> str:
    return reverse("desk_review", args=[review.public_id])


def _letter(review: Review) -> str:
    return reverse("desk_letter", args=[review.public_id])


def _change(plan: TreatmentPlan) -> str:
    which = "Change the plan" if plan.status in RUNNING else "Write the next plan"
    return f"{which} as decided in the review"


def page_to_write(plan: TreatmentPlan) -> str:
    """Where a change is written: in the plan, or in the next one when it has had all its sessions."""
    if plan.status in RUNNING:
        return reverse("desk_plan_edit", args=[plan.public_id])
    return reverse("desk_plan_new", args=[plan.client.public_id])
