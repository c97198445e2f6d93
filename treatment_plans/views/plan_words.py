"""The plan in plain words at the desk: shown on the screen, agreed to in the room."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from treatment_plans import agreements
from treatment_plans.access import record_opened
from treatment_plans.errors import PlanError
from treatment_plans.forms.plan_words import AgreeForm
from treatment_plans.models import PlanAgreement, TreatmentPlan
from treatment_plans.plain_words import plain
from treatment_plans.views.paper import as_file, plan_on_paper
from treatment_plans.views.plan_edit import check_may_write


@require_http_methods(["GET", "HEAD", "POST"])
def plan_words(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Read what the client reads; whoever treats records a yes that is said in the room."""
    plans = TreatmentPlan.objects.visible_to(request.user).with_people()
    plan, now = get_object_or_404(plans, public_id=public_id), timezone.now()
    found = agreements.asked(plan)
    if found is None:
        raise PermissionDenied
    data = request.POST if request.method == "POST" else None
    form = AgreeForm(data, initial={"version": found.newest.number})
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        check_may_write(request)
    if form.is_valid():
        try:
            agreements.agree(
                plan,
                form.cleaned_data["version"],
                name=form.cleaned_data["name"],
                way=PlanAgreement.Way.DESK,
                by=request.user,
                now=now,
            )
        except PlanError as problem:
            problems = [(problem.sentence, "id_name")]
        else:
            messages.success(request, "The client's yes is kept with the plan.")
            return redirect("desk_plan", public_id=plan.public_id)
    record_opened(plan.client, request.user, "plan in plain words", now=now)
    context = {
        "plan": plan,
        "client": plan.client,
        "said": plain(found.newest.content),
        "asked": found,
        "can_agree": found.is_open and plan.status in agreements.RUNNING,
        "form": form,
        "problems": problems,
    }
    status = 422 if problems or form.errors else 200
    return render(request, "treatment_plans/plan_words.html", context, status=status)


@require_safe
def plan_words_print(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the client reads, for paper."""
    plans = TreatmentPlan.objects.visible_to(request.user).with_people()
    plan, now = get_object_or_404(plans, public_id=public_id), timezone.now()
    record_opened(plan.client, request.user, "plan in plain words", now=now)
    return plan_on_paper(request, plan, now=now)


@require_safe
def plan_words_pdf(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The same as a file."""
    return as_file(request, plan_words_print(request, public_id), "plan.pdf")
