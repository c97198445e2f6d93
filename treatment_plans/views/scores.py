"""Choosing what a plan measures, entering scores, and taking back a wrong one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from treatment_plans import scores
from treatment_plans.access import record_opened
from treatment_plans.errors import PlanError
from treatment_plans.forms.measures import ErrorForm, MeasuresForm, ScoresForm
from treatment_plans.models import Occasion, OutcomeScore, TreatmentPlan
from treatment_plans.progress import first_day_of
from treatment_plans.views.plan_edit import own_plan

BEFORE = "What was entered before for the same day counts as entered in error."


@require_http_methods(["GET", "HEAD", "POST"])
def plan_measures(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose the measures of a plan and the client's own activities."""
    plan = own_plan(request, public_id)
    form = MeasuresForm(request.POST if request.method == "POST" else None, plan=plan)
    problems: list[tuple[str, str]] = []
    if form.is_valid():
        try:
            scores.choose_measures(plan, form.wanted, activities=form.activities)
        except PlanError as problem:
            problems = [(problem.sentence, "")]
        else:
            messages.success(request, "The plan asks these measures from now on.")
            return redirect("desk_plan_progress", plan.public_id)
    if request.method != "POST":
        record_opened(plan.client, request.user, "measures", now=timezone.now())
    context = {"plan": plan, "client": plan.client, "form": form, "problems": problems}
    status = 422 if form.errors or problems else 200
    return render(request, "treatment_plans/plan_measures.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_scores(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Enter the scores of one day."""
    plan, now = own_plan(request, public_id), timezone.now()
    today = now.astimezone(plan.location.zone).date()
    asked = request.GET.get("occasion", "")
    occasion = asked if asked in Occasion.values else scores.occasion_on(plan, today)
    form = ScoresForm(
        request.POST if request.method == "POST" else None,
        questions=scores.questions_of(plan, occasion),
        first_day=first_day_of(plan),
        today=today,
        initial={"taken_on": today},
    )
    if form.is_valid():
        made = _record(request, plan, form, occasion)
        messages.success(request, _said(made))
        return redirect("desk_plan_progress", plan.public_id)
    if request.method != "POST":
        record_opened(plan.client, request.user, "scores", now=now)
    context = {
        "plan": plan,
        "client": plan.client,
        "form": form,
        "occasion": occasion,
        "occasions": [(value, label, _address(plan, value)) for value, label in Occasion.choices],
    }
    status = 422 if form.errors else 200
    return render(request, "treatment_plans/plan_scores.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def score_error(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say why a score is wrong; it then counts no more, and stays readable."""
    if not request.user.is_practitioner:
        raise PermissionDenied
    score = get_object_or_404(
        OutcomeScore.objects.visible_to(request.user)
        .counted()
        .select_related("plan__client", "plan__location", "measure", "activity"),
        public_id=public_id,
    )
    form = ErrorForm(request.POST if request.method == "POST" else None)
    now = timezone.now()
    if form.is_valid():
        score.mark_in_error(by=request.user, now=now, reason=form.cleaned_data["reason"])
        messages.success(request, "The score is marked as entered in error.")
        return redirect("desk_plan_progress", score.plan.public_id)
    if request.method != "POST":
        record_opened(score.plan.client, request.user, "scores", now=now)
    context = {"score": score, "plan": score.plan, "client": score.plan.client, "form": form}
    status = 422 if form.errors else 200
    return render(request, "treatment_plans/score_error.html", context, status=status)


def _record(
    request: HttpRequest, plan: TreatmentPlan, form: ScoresForm, occasion: str
) -> list[OutcomeScore]:
    day: date = form.cleaned_data["taken_on"]
    return scores.record(
        plan,
        form.answers,
        occasion=occasion,
        taken_on=day,
        entered_by=OutcomeScore.EnteredBy.PRACTITIONER,
        user=request.user,
        appointment=scores.visit_on(plan, day),
        note=form.cleaned_data["note"],
        now=timezone.now(),
    )


def _said(made: list[OutcomeScore]) -> str:
    """What has been saved, and whether it stands in the place of something. One query."""
    if OutcomeScore.objects.replaced_by(made).exists():
        return f"The scores are saved. {BEFORE}"
    return "The scores are saved."


def _address(plan: TreatmentPlan, occasion: str) -> str:
    return f"{reverse('desk_plan_scores', args=[plan.public_id])}?occasion={occasion}"
