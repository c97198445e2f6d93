"""Holding a plan's follow-ups back until a clinical question is settled, and lifting that."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from treatment_plans import plans
from treatment_plans.access import record_opened
from treatment_plans.errors import PlanError
from treatment_plans.forms.hold import HoldForm
from treatment_plans.models import TreatmentPlan


@require_http_methods(["GET", "HEAD", "POST"])
def plan_hold(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Set or lift the hold of a plan, with a reason; for whoever treats and the clinical lead."""
    if not (request.user.is_practitioner or request.user.is_clinical_lead):
        raise PermissionDenied
    readable = TreatmentPlan.objects.visible_to(request.user).select_related("client", "location")
    found = get_object_or_404(readable, public_id=public_id)
    now, is_held = timezone.now(), bool(found.hold_reason)
    record_opened(found.client, request.user, "plan", now=now)
    form = HoldForm(request.POST if request.method == "POST" else None, is_held=is_held)
    if form.is_bound and form.is_valid():
        verb = plans.lift if form.cleaned_data["lifts"] else plans.hold
        try:
            verb(found, by=request.user, now=now, reason=form.cleaned_data["reason"])
        except PlanError as problem:
            form.add_error(None, problem.sentence)
        else:
            messages.success(request, "Follow-ups go on." if is_held else "Follow-ups are held.")
            return redirect("desk_plan", public_id=found.public_id)
    context = {"form": form, "plan": found, "client": found.client, "is_held": is_held}
    status = 422 if form.is_bound else 200
    return render(request, "treatment_plans/plan_hold.html", context, status=status)
