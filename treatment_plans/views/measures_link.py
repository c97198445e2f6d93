"""The questions behind the link of a mail. Looking changes nothing, and shows no earlier answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.links import BadLink, OldLink
from bookings.models import Appointment
from bookings.views.visit_link import wrong_link
from treatment_plans import asking, scores
from treatment_plans.forms.measures import AnswersForm
from treatment_plans.links import read_measures_link
from treatment_plans.models import OutcomeScore, PlanVisit, TreatmentPlan

View = Callable[[HttpRequest, str, PlanVisit, str], HttpResponse]
RUNS = (TreatmentPlan.Status.ACTIVE, TreatmentPlan.Status.PAUSED)


def behind_link(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Find the visit and the occasion of a token, or answer for one that has ended."""

    @wraps(view)
    def run(request: HttpRequest, token: str) -> HttpResponse:
        try:
            visit, occasion = read_measures_link(token, now=timezone.now())
        except OldLink as old:
            return _over(request, old.visit)
        except BadLink:
            return wrong_link(request)
        if visit.plan.status not in RUNS:
            return _over(request, visit.appointment)
        return view(request, token, visit, occasion)

    return run


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link
def measures_link(
    request: HttpRequest, token: str, visit: PlanVisit, occasion: str
) -> HttpResponse:
    """Ask what has no answer yet; one press saves it all."""
    questions = asking.unanswered(visit.plan, occasion)
    if not questions:
        return redirect("measures_thanks", token)
    form = AnswersForm(request.POST if request.method == "POST" else None, questions=questions)
    if form.is_valid():
        _record(request, visit, occasion, form)
        return redirect("measures_thanks", token)
    context = {**_about(visit), "form": form}
    status = 422 if form.errors else 200
    return render(request, "treatment_plans/measures_link.html", context, status=status)


@login_not_required
@require_safe
@behind_link
def measures_thanks(
    request: HttpRequest, token: str, visit: PlanVisit, occasion: str
) -> HttpResponse:
    """Say that the answers have come, and who reads them."""
    left = asking.unanswered(visit.plan, occasion)
    context = {**_about(visit), "token": token, "left": len(left)}
    return render(request, "treatment_plans/measures_thanks.html", context)


def _record(request: HttpRequest, visit: PlanVisit, occasion: str, form: AnswersForm) -> None:
    now, user = timezone.now(), request.user
    scores.record(
        visit.plan,
        form.answers,
        occasion=occasion,
        taken_on=now.astimezone(visit.plan.location.zone).date(),
        entered_by=OutcomeScore.EnteredBy.CLIENT,
        user=user if user.is_authenticated else None,
        appointment=visit.appointment,
        now=now,
    )


def _about(visit: PlanVisit) -> dict[str, Any]:
    return {"visit": visit.appointment, "hide_book_button": True}


def _over(request: HttpRequest, visit: Appointment) -> HttpResponse:
    """The link was ours: say why it has ended."""
    is_to_come = visit.status == Appointment.Status.BOOKED and visit.starts_at > timezone.now()
    context = {"is_to_come": is_to_come, "visit": visit, "hide_book_button": True}
    return render(request, "treatment_plans/measures_over.html", context, status=410)
