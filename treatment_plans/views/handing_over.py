"""The clinical lead gives the open plans of one specialist to others."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from practitioners.models import Practitioner
from treatment_plans.errors import PlanError
from treatment_plans.forms.handing_over import HandOverForm
from treatment_plans.plans import hand_over


@require_http_methods(["GET", "HEAD", "POST"])
def desk_hand_over(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose plans and a colleague; what is left can go to another one."""
    user: Any = request.user
    if not user.is_clinical_lead:
        raise PermissionDenied
    person = get_object_or_404(Practitioner, slug=slug)
    form = HandOverForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        plans, colleague = list(form.cleaned_data["plans"]), form.cleaned_data["colleague"]
        try:
            with transaction.atomic():
                for plan in plans:
                    hand_over(plan, colleague, by=user, now=timezone.now())
        except PlanError as problem:
            form.add_error("plans", f"{problem.sentence} No plan was handed over.")
        else:
            count = f"{len(plans)} plan{'' if len(plans) == 1 else 's'}"
            messages.success(request, f"{count} handed over to {colleague}.")
            return redirect("desk_hand_over", slug)
    context = {"form": form, "person": person, "count": len(form.fields["plans"].initial)}
    return render(
        request, "treatment_plans/desk_hand_over.html", context, status=422 if form.errors else 200
    )
