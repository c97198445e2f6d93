"""What visitors read about techniques and conditions."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from practitioners.models import Condition, Technique


@login_not_required
@require_safe
def techniques(request: HttpRequest) -> HttpResponse:
    """Every technique that can be booked, medical and relaxing."""
    shown = list(Technique.objects.published())
    groups = [
        ("Medical", [one for one in shown if one.kind == Technique.Kind.MEDICAL]),
        ("Medical or for relaxing", [one for one in shown if one.kind == Technique.Kind.BOTH]),
        ("For relaxing", [one for one in shown if one.kind == Technique.Kind.RELAXATION]),
    ]
    return render(request, "practitioners/techniques.html", {"groups": groups})


@login_not_required
@require_safe
def technique(request: HttpRequest, slug: str) -> HttpResponse:
    """One technique, whom it suits and what it is often used for."""
    found = get_object_or_404(Technique.objects.published(), slug=slug)
    context = {
        "technique": found,
        "regions": found.body_regions.all(),
        "conditions": found.conditions.offered(),
    }
    return render(request, "practitioners/technique.html", context)


@login_not_required
@require_safe
def conditions(request: HttpRequest) -> HttpResponse:
    """Every complaint that visitors may search by."""
    return render(request, "practitioners/conditions.html", {"conditions": Condition.objects.offered()})


@login_not_required
@require_safe
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    """One complaint in honest words, with what to look out for."""
    found = get_object_or_404(Condition.objects.offered(), slug=slug)
    context = {
        "condition": found,
        "regions": found.body_regions.all(),
        "techniques": found.techniques.published(),
    }
    return render(request, "practitioners/condition.html", context)


@login_not_required
@require_safe
def about_massage(request: HttpRequest) -> HttpResponse:
    """Medical and relaxation massage compared, and what a first visit is like."""
    return render(request, "practitioners/about_massage.html")
