"""The page that says why something cannot be done at the desk, with a way back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bookings.models import Client
from treatment_plans.models import TreatmentPlan


def not_possible(
    request: HttpRequest,
    sentence: str,
    *,
    back: TreatmentPlan | Client,
    heading: str = "That is not possible",
) -> HttpResponse:
    """Say it, and lead back to the plan or the person it was about."""
    is_plan = isinstance(back, TreatmentPlan)
    page = "desk_plan" if is_plan else "desk_client"
    context = {
        "heading": heading,
        "sentences": [sentence],
        "base_template": "desk/base.html",
        "way_on": reverse(page, args=[back.public_id]),
        "way_on_words": "Back to the plan" if is_plan else f"Back to {back}",
    }
    return render(request, "errors/page.html", context, status=422)
