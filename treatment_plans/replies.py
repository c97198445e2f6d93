"""What a client writes about a plan instead of a yes: a question, or that they do not agree.

The words stay with the plan. Whoever treats gets a task that names none of them, and the
plan goes on as it is until somebody changes it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from bookings.models import Task
from treatment_plans import agreements
from treatment_plans.errors import WrongState
from treatment_plans.models import PlanReply, TreatmentPlan

A_DAY = timedelta(days=1)
MOST_A_DAY = 5
CLINICAL_LEAD = "Clinical lead"
TITLES = {
    PlanReply.Kind.QUESTION: "A client has a question about their plan",
    PlanReply.Kind.NO: "A client does not agree to their plan",
}


@transaction.atomic
def reply(plan: TreatmentPlan, kind: str, words: str, *, by: Any, now: datetime) -> PlanReply:
    """Keep what a client writes, once, and give whoever treats a task. Raises WrongState."""
    TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.status not in agreements.RUNNING:
        raise WrongState("This plan does not run any more. Please call us.")
    lately = plan.replies.filter(made_at__gt=now - A_DAY)
    same = lately.filter(kind=kind, words=words).first()
    if same is not None:
        return same
    if lately.count() >= MOST_A_DAY:
        raise WrongState("You have written several times today. Please call us.")
    made = PlanReply.objects.create(plan=plan, kind=kind, words=words, user=by, made_at=now)
    owner = plan.practitioner.user
    Task.objects.create(
        kind="plan_reply",
        title=TITLES[PlanReply.Kind(kind)],
        link=f"{reverse('desk_plan', args=[plan.public_id])}#replies",
        owner=owner,
        role="" if owner else CLINICAL_LEAD,
        client=plan.client,
        reason_key=f"plan-reply:{made.pk}",
        due_at=now,
    )
    return made
