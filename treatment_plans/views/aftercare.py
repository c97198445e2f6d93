"""Advice after a session: written at the desk by whoever treated, read by the client."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.links import BadLink
from bookings.models import Appointment
from treatment_plans.access import record_opened
from treatment_plans.aftercare import BEGUN, advise, read_aftercare_link
from treatment_plans.errors import PlanError
from treatment_plans.forms.aftercare import AftercareForm
from treatment_plans.models import Aftercare
from treatment_plans.views.by_link import is_theirs, not_yours


@require_http_methods(["GET", "HEAD", "POST"])
def desk_aftercare(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write advice after one's own session; the client is told that there is some."""
    if not request.user.is_practitioner:
        raise PermissionDenied
    visits = Appointment.objects.handled_by(request.user).with_details()
    visit, now = get_object_or_404(visits, public_id=public_id), timezone.now()
    form = AftercareForm(request.POST if request.method == "POST" else None)
    problems: list[tuple[str, str]] = []
    if form.is_valid():
        try:
            advise(visit, form.cleaned_data["text"], by=request.user, now=now)
        except PlanError as problem:
            problems = [(problem.sentence, "id_text")]
        else:
            messages.success(request, "Kept. The client gets a message with a link to it.")
            return redirect("desk_visit", public_id=visit.public_id)
    if visit.client:
        record_opened(visit.client, request.user, "advice after a session", now=now)
    context = {
        "visit": visit,
        "form": form,
        "problems": problems,
        "written": visit.aftercare.all(),
        "may_write": visit.status in BEGUN and visit.client is not None,
    }
    status = 422 if problems or form.errors else 200
    return render(request, "treatment_plans/desk_aftercare.html", context, status=status)


@require_safe
def aftercare_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead whoever has signed in to the advice of a message, if it is theirs to read."""
    try:
        advice = read_aftercare_link(token)
    except BadLink:
        return not_yours(request)
    own = Aftercare.objects.own_of(request.user).filter(pk=advice.pk)
    if not is_theirs(own, advice.client, request.user):
        return not_yours(request)
    return redirect("my_aftercare", public_id=advice.public_id)


@require_safe
def my_aftercare(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What one was advised after a session."""
    advice = get_object_or_404(Aftercare.objects.own_of(request.user), public_id=public_id)
    record_opened(advice.client, request.user, "own advice", now=timezone.now())
    context = {"advice": advice, "visit": advice.appointment}
    return render(request, "treatment_plans/my_aftercare.html", context)
