"""Pages for paper: the plan in plain words, and every such page as a file."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from treatment_plans import agreements
from treatment_plans.models import TreatmentPlan
from treatment_plans.paper import NoPdf, pdf
from treatment_plans.plain_words import plain


def plan_on_paper(request: HttpRequest, plan: TreatmentPlan, *, now: datetime) -> HttpResponse:
    """The plan in plain words for paper, with the yes that was given to it."""
    found = agreements.asked(plan)
    if found is None:
        raise PermissionDenied
    context = {
        "plan": plan,
        "client": plan.client,
        "said": plain(found.newest.content),
        "asked": found,
        "today": now.astimezone(plan.location.zone).date(),
    }
    return render(request, "treatment_plans/plan_paper.html", context)


def as_file(request: HttpRequest, page: HttpResponse, name: str) -> HttpResponse:
    """A page for paper as a PDF to keep, or a sentence where this machine cannot make one."""
    try:
        made = pdf(page.content.decode())
    except NoPdf as problem:
        context = {"heading": "No PDF here", "sentences": [problem.sentence]}
        return render(request, "errors/page.html", context, status=503)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(made, content_type="application/pdf", headers=headers)
