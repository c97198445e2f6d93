"""Reviews at the desk: which are due, what they show, how they end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from treatment_plans import findings, plans, reviews
from treatment_plans.access import record_opened
from treatment_plans.errors import PlanError
from treatment_plans.forms.review import DecisionForm, OverrideForm
from treatment_plans.models import Review, TreatmentPlan
from treatment_plans.plan_facts import facts_of
from treatment_plans.views.refused import not_possible

PER_PAGE = 50
DISCHARGE = Review.Decision.DISCHARGE


@require_safe
def desk_reviews(request: HttpRequest) -> HttpResponse:
    """The reviews that wait for a decision: a practitioner's own, the clinical lead's all."""
    _clinical_only(request)
    waiting = Review.objects.waiting_for(request.user)
    page = Paginator(waiting, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "treatment_plans/desk_reviews.html", {"page": page})


@require_POST
def desk_review_new(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Begin the next review before it is due, or go to the open one."""
    _clinical_only(request)
    plan = get_object_or_404(
        TreatmentPlan.objects.visible_to(request.user).with_people(), public_id=public_id
    )
    try:
        review = reviews.open_review(plan, now=timezone.now())
    except PlanError as problem:
        return not_possible(request, problem.sentence, back=plan)
    return redirect("desk_review", public_id=review.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_review(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read what a review shows, and decide it."""
    review = review_of(request, public_id)
    form = _decision(review, request.POST if request.method == "POST" else None)
    problem = ""
    if form.is_valid():
        try:
            return _decided(request, review, form.cleaned_data)
        except PlanError as refusal:
            problem = refusal.sentence
    record_opened(review.plan.client, request.user, "review", now=timezone.now())
    return _page(request, review, form, problem=problem)


@require_POST
def desk_review_allow(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let clients book past the review, with a reason."""
    review = review_of(request, public_id)
    override = OverrideForm(request.POST)
    if override.is_valid():
        try:
            reviews.allow_booking(
                review, by=request.user, now=timezone.now(), reason=override.cleaned_data["reason"]
            )
            messages.success(request, "Sessions after this review can now be booked online.")
            return redirect("desk_review", public_id=review.public_id)
        except PlanError as refusal:
            return _page(request, review, _decision(review), override, problem=refusal.sentence)
    return _page(request, review, _decision(review), override)


def _decision(review: Review, data: Any = None) -> DecisionForm:
    """The choices that the plan has now."""
    can_taper = not plans.no_taper(facts_of(review.plan))
    return DecisionForm(data, can_taper=can_taper, is_over=not _runs(review))


def _runs(review: Review) -> bool:
    return review.plan.status in reviews.RUNNING


def _decided(request: HttpRequest, review: Review, data: dict[str, Any]) -> HttpResponse:
    now = timezone.now()
    found = findings.of(review, now=now)
    decided = reviews.decide(
        review,
        data["decision"],
        by=request.user,
        now=now,
        reasoning=data["reasoning"],
        shared_summary=data["shared_summary"],
        suggested=found.suggested,
        kept=found.kept(),
        holds=data.get("holds", False),
    )
    if decided.decision == Review.Decision.CHANGE and request.user.is_practitioner:
        return redirect(reviews.page_to_write(review.plan))
    said = f"{decided} is decided: {decided.get_decision_display().lower()}."
    left = len(decided.plan.visits_to_come(now=now)) if decided.decision == DISCHARGE else 0
    stay = f" {left} session{' stays' if left == 1 else 's stay'} booked."
    messages.success(request, said + (stay if left else ""))
    return redirect("desk_review", public_id=decided.public_id)


def _page(
    request: HttpRequest,
    review: Review,
    form: DecisionForm,
    override: OverrideForm | None = None,
    *,
    problem: str = "",
) -> HttpResponse:
    override = override or OverrideForm()
    is_wrong = bool(problem or form.errors or override.errors)
    context = {
        "review": review,
        "plan": review.plan,
        "client": review.plan.client,
        "is_running": _runs(review),
        "found": findings.of(review, now=timezone.now()),
        "form": form,
        "override": override,
        "forms": [override],
        "problems": [(problem, "")] if problem else [],
        "has_errors": is_wrong,
    }
    return render(
        request, "treatment_plans/desk_review.html", context, status=422 if is_wrong else 200
    )


def review_of(request: HttpRequest, public_id: UUID) -> Review:
    """A review that this user may read and decide."""
    _clinical_only(request)
    rows = Review.objects.visible_to(request.user).with_plan()
    return get_object_or_404(rows, public_id=public_id)


def _clinical_only(request: HttpRequest) -> None:
    user: Any = request.user
    if not (user.is_practitioner or user.is_clinical_lead):
        raise PermissionDenied
