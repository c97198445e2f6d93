"""Starting, pausing and ending a plan: asked once, with what it means, then done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.errors import BookingError
from treatment_plans import plans, reviews, visits
from treatment_plans.errors import PlanError
from treatment_plans.forms.plan_steps import MOVE, EndForm, PauseForm, ReasonForm, StepForm
from treatment_plans.models import TreatmentPlan
from treatment_plans.stepping import steps_of, with_booked_cancelled
from treatment_plans.views.plan_edit import plan_to_change, plans_beside
from treatment_plans.views.refused import not_possible

Status = TreatmentPlan.Status
Verb = Callable[..., TreatmentPlan]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is asked, what it means, and what it does."""

    title: str
    button: str
    means: str
    form: type[StepForm]
    verb: Verb
    done: str
    is_grave: bool = False


def _start(plan: TreatmentPlan, data: dict[str, Any], **who: Any) -> TreatmentPlan:
    return visits.start(plan, **who)


def _pause(plan: TreatmentPlan, data: dict[str, Any], **who: Any) -> TreatmentPlan:
    if data["last_day"] is None:
        return plans.rest(plan, reason=data["reason"], **who)
    days = {"starts_on": data["first_day"], "ends_on": data["last_day"]}
    return plans.pause(plan, reason=data["reason"], **days, **who)


def _go_on(plan: TreatmentPlan, data: dict[str, Any], **who: Any) -> TreatmentPlan:
    verb = plans.activate if plan.status == Status.PAUSED else plans.go_on
    return verb(plan, reason=data["reason"], **who)


def _no_pause(plan: TreatmentPlan, data: dict[str, Any], **who: Any) -> TreatmentPlan:
    return plans.take_pause_back(plan, reason=data["reason"], **who)


def _end(plan: TreatmentPlan, data: dict[str, Any], **who: Any) -> TreatmentPlan:
    return reviews.end_plan(plan, data["how"], reason=data["reason"], **who)


STEPS = {
    "start": Step(
        "Start the plan?", "Start the plan",
        "Reminders follow the plan from today. The client gets a mail with a link to the plan in"
        " plain words, and is asked to agree to it.",
        StepForm, _start, "The plan runs.",
    ),
    "pause": Step(
        "Pause the plan?", "Pause the plan",
        "No reminder goes out in the pause, and none of its days counts as missed. Afterwards the"
        " next session is due at once.",
        PauseForm, _pause, "The plan pauses.",
    ),
    "go-on": Step(
        "Go on with the plan?", "Go on with the plan",
        "The next session is due from today, and reminders go out again.",
        ReasonForm, _go_on, "The plan goes on.",
    ),
    "no-pause": Step(
        "Take the next pause back?", "Take the pause back",
        "The plan goes on through its days. Sessions that were cancelled for it stay cancelled.",
        ReasonForm, _no_pause, "The pause is taken back.",
    ),
    "end": Step(
        "End the plan?", "End the plan",
        "No reminder goes out any more, and those that wait are taken back; a review that is due ends"
        " with it. A plan that has ended cannot be changed; you can write a new one.",
        EndForm, _end, "The plan has ended.", is_grave=True,
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def plan_step(request: HttpRequest, public_id: UUID, step: str) -> HttpResponse:
    """Ask whether a step is meant, with what it means; then take it."""
    plan, now = plan_to_change(request, public_id), timezone.now()
    if step not in STEPS:
        raise Http404
    if step not in steps_of(plan, now=now):
        sentence = f"The plan is {plan.get_status_display().lower()} now. Nothing was changed."
        return not_possible(request, sentence, back=plan)
    booked = plan.visits_to_come(now=now)
    today = now.astimezone(plan.location.zone).date()
    data = request.POST if request.method == "POST" else None
    form = STEPS[step].form(data, today=today, booked=booked)
    page = {
        "plan": plan,
        "client": plan.client,
        "step": STEPS[step],
        "form": form,
        "booked": booked,
        "beside": plans_beside(request, plan) if step == "start" else [],
    }
    if not form.is_valid():
        return _page(request, page, status=422 if form.errors else 200)
    try:
        _take(request, STEPS[step], plan, form, now=now)
    except (PlanError, BookingError) as problem:
        said = [(problem.sentence, "")]
        return _page(request, {**page, "problems": said}, status=422)
    moves = form.cleaned_data.get("inside") == MOVE
    return redirect("desk_plan_dates" if moves else "desk_plan", public_id=plan.public_id)


def _take(
    request: HttpRequest, step: Step, plan: TreatmentPlan, form: StepForm, *, now: datetime
) -> None:
    """Take the step, with the booked sessions when that was ticked: both or neither."""
    data, cancelled = form.cleaned_data, 0
    who = {"by": request.user, "now": now}
    if data.get("cancels"):
        cancelled = with_booked_cancelled(step.verb, plan, data, **who)
    else:
        step.verb(plan, data, **who)
    gone = f" {cancelled} session{' was' if cancelled == 1 else 's were'} cancelled, and the client has been told."  # fmt: skip
    messages.success(request, step.done + (gone if cancelled else ""))


def _page(request: HttpRequest, page: dict[str, Any], *, status: int) -> HttpResponse:
    return render(request, "treatment_plans/plan_step.html", page, status=status)
