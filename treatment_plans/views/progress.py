"""How a plan goes: for the practitioner every score, for the client their own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.models import Appointment
from treatment_plans.access import record_opened
from treatment_plans.charts import panels
from treatment_plans.models import OutcomeScore, TreatmentPlan
from treatment_plans.progress import aimed_at, for_client, happenings_of, series_of
from treatment_plans.views.paper import as_file

PARTS = ("client", "practitioner", "service", "location", "assessment")
NEWEST = 200
MOST_PLANS = 50


@require_safe
def plan_progress(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Every series of a plan on one time axis, what changed, and the scores one by one."""
    return _plan_progress(request, public_id, "treatment_plans/plan_progress.html")


@require_safe
def plan_progress_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same for paper."""
    return _plan_progress(request, public_id, "treatment_plans/plan_progress_print.html")


@require_safe
def plan_progress_pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same as a file."""
    return as_file(request, plan_progress_print(request, public_id), "progress.pdf")


@require_safe
def my_progress_list(request: HttpRequest) -> HttpResponse:
    """The plans whose progress this login may read; a single one opens at once."""
    plans = list(TreatmentPlan.objects.own_of(request.user).select_related(*PARTS)[:MOST_PLANS])
    if len(plans) == 1:
        return redirect("my_progress", plans[0].public_id)
    return render(request, "treatment_plans/my_progress_list.html", {"plans": plans})


@require_safe
def my_progress(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the client has told us, as a sentence, charts and numbers; then what comes next."""
    return render(request, "treatment_plans/my_progress.html", _own(request, public_id))


@require_safe
def my_progress_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same for paper."""
    return render(request, "treatment_plans/my_progress_print.html", _own(request, public_id))


@require_safe
def my_progress_pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same as a file."""
    return as_file(request, my_progress_print(request, public_id), "progress.pdf")


def _plan_progress(request: HttpRequest, public_id: UUID, template: str) -> HttpResponse:
    user: Any = request.user
    plan = get_object_or_404(
        TreatmentPlan.objects.visible_to(user).select_related(*PARTS), public_id=public_id
    )
    now = timezone.now()
    record_opened(plan.client, user, "progress", now=now)
    series, goals = series_of(plan), list(plan.goals.select_related("outcome"))
    scores = OutcomeScore.objects.visible_to(user).filter(plan=plan).newest_first()
    context = {
        "plan": plan,
        "client": plan.client,
        "series": series,
        "panels": [aimed_at(one, goals) for one in panels(series, happenings_of(plan))],
        "scores": scores[:NEWEST],
        "may_write": user.is_practitioner,
        "today": now.astimezone(plan.location.zone).date(),
    }
    return render(request, template, context)


def _own(request: HttpRequest, public_id: UUID) -> dict[str, Any]:
    """A plan of the client's own, with its progress. Reading it is written down."""
    plan = get_object_or_404(
        TreatmentPlan.objects.own_of(request.user).select_related(*PARTS), public_id=public_id
    )
    now = timezone.now()
    record_opened(plan.client, request.user, "own progress", now=now)
    found = for_client(plan)
    visits = Appointment.objects.visible_to(request.user).filter(plan_visit__plan=plan)
    return {
        **found,
        "plan": plan,
        "next": visits.upcoming(now=now).select_related("location").first(),
        "today": now.astimezone(plan.location.zone).date(),
    }
