"""The client's own plan in plain words: read, agreed to, its dates booked."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.clients import self_of
from bookings.errors import BookingError
from bookings.links import BadLink
from treatment_plans import agreements, replies
from treatment_plans.bookable import bookable
from treatment_plans.errors import EditedElsewhere, PlanError
from treatment_plans.forms.plan_dates import DatesForm
from treatment_plans.forms.reply import ReplyForm
from treatment_plans.models import PlanAgreement, TreatmentPlan
from treatment_plans.plain_words import plain
from treatment_plans.plan_links import read_plan_link
from treatment_plans.views.by_link import is_theirs, not_yours
from treatment_plans.views.paper import as_file, plan_on_paper
from treatment_plans.views.plan_dates import book_chosen, dates_context, said_of, say_booked

Way = PlanAgreement.Way
NEITHER = "You have not agreed to the plan yet, and no session was booked"


@require_safe
def plan_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead whoever has signed in to the plan of a mail, if it is theirs to read."""
    try:
        plan = read_plan_link(token)
    except BadLink:
        return not_yours(request)
    own = TreatmentPlan.objects.own_of(request.user).filter(pk=plan.pk)
    if not is_theirs(own, plan.client, request.user):
        return not_yours(request)
    return redirect("my_plan", public_id=plan.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def my_plan(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read the plan; agree to it, and book its dates with the same button: both or neither."""
    plans = TreatmentPlan.objects.own_of(request.user).with_people()
    plan, now = get_object_or_404(plans, public_id=public_id), timezone.now()
    if request.method != "POST":
        return _page(request, plan, now=now)
    if "reply" in request.POST:
        return _reply(request, plan, now=now)
    form = DatesForm(request.POST) if "book" in request.POST else None
    if form and not form.is_valid():
        return _page(request, plan, now=now, form=form, status=422)
    try:
        return _agreed_and_booked(request, plan, form, now=now)
    except BookingError as refusal:
        return _page(request, plan, now=now, form=form, refusal=refusal)
    except EditedElsewhere as problem:
        return _page(request, plan, now=now, said=problem.sentence, status=409)
    except PlanError as problem:
        return _page(request, plan, now=now, form=form, said=problem.sentence, status=422)


@require_safe
def my_plan_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The plan for paper."""
    plans = TreatmentPlan.objects.own_of(request.user).with_people()
    return plan_on_paper(request, get_object_or_404(plans, public_id=public_id), now=timezone.now())


@require_safe
def my_plan_pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same as a file."""
    return as_file(request, my_plan_print(request, public_id), "plan.pdf")


def _agree(request: HttpRequest, plan: TreatmentPlan, *, now: datetime) -> None:
    user: Any = request.user
    number = request.POST.get("version", "")
    number = number if number.isascii() and number.isdecimal() and len(number) < 6 else "0"
    person = self_of(user)
    name = user.name or (person.name if person else user.email)
    agreements.agree(plan, int(number), name=name, way=Way.OWN_PAGE, by=user, now=now)


def _agreed_and_booked(
    request: HttpRequest, plan: TreatmentPlan, form: DatesForm | None, *, now: datetime
) -> HttpResponse:
    """Agree, and with a form book its dates in the same transaction. Raises BookingError, PlanError."""
    if form is None:
        _agree(request, plan, now=now)
        messages.success(request, "You have agreed to the plan. Thank you.")
        return redirect("my_plan", public_id=plan.public_id)
    along = partial(_agree, request, plan, now=now)
    booked = book_chosen(request, plan, form, for_staff=False, now=now, along=along)
    say_booked(request, plan, form, booked, now=now, before="You have agreed to the plan. ")
    return redirect("my_plan_dates", public_id=plan.public_id)


def _reply(request: HttpRequest, plan: TreatmentPlan, *, now: datetime) -> HttpResponse:
    """Send what a client has written to whoever treats; the plan stays as it is."""
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _page(request, plan, now=now, reply=form, status=422)
    try:
        replies.reply(plan, **form.cleaned_data, by=request.user, now=now)
    except PlanError as problem:
        return _page(request, plan, now=now, reply=form, said=problem.sentence, status=422)
    who = plan.practitioner.name
    messages.success(request, f"Sent to {who}. The plan stays as it is until you have spoken.")
    return redirect("my_plan", public_id=plan.public_id)


def _page(
    request: HttpRequest,
    plan: TreatmentPlan,
    *,
    now: datetime,
    form: DatesForm | None = None,
    reply: ReplyForm | None = None,
    said: str = "",
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    status = refusal.status if refusal else status
    found = agreements.asked(plan)
    assert found is not None  # a plan that is more than a draft has a version
    can_agree = found.is_open and plan.status in agreements.RUNNING
    context: dict[str, Any] = {
        "plan": plan,
        "client": plan.client,
        "said": plain(found.newest.content),
        "asked": found,
        "can_agree": can_agree,
        "is_own": plan.client.email.lower() == str(request.user.email).lower(),  # type: ignore[union-attr]
        "form": form or DatesForm(),
        "reply": reply or ReplyForm(),
        "forms": [reply] if reply else [],
        "may_reply": plan.status in agreements.RUNNING,
        "replies": plan.replies.all(),
        "upset": plan.reproposals.open().first(),
        "problems": _problems(plan, said, refusal),
        "has_errors": status != 200,
        "hide_book_button": True,
        "to_come": plan.visits_to_come(now=now),
    }
    if plan.status == TreatmentPlan.Status.ACTIVE and not can_agree:
        context["dates"] = bookable(plan, now=now)
    if can_agree and plan.status == TreatmentPlan.Status.ACTIVE:
        context |= dates_context(request, plan, for_staff=False, now=now, refusal=refusal)
        if form is not None:
            context["problems"] = [*context["problems"], (NEITHER, "")]
    return render(request, "treatment_plans/my_plan.html", context, status=status)


def _problems(
    plan: TreatmentPlan, said: str, refusal: BookingError | None
) -> list[tuple[str, str]]:
    said = said_of(refusal, plan) if refusal else said
    return [(said, "dates")] if said else []
