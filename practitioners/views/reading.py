"""What visitors read about techniques and conditions, and the faces of specialists."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from practitioners.comparison import POINTS
from practitioners.models import Practitioner, Technique
from practitioners.photos import FOLDER
from practitioners.reading import CONDITION, CONDITIONS, TECHNIQUE, TECHNIQUES, read

Kind = Technique.Kind
HEADINGS = (
    (Kind.MEDICAL, "Medical"),
    (Kind.BOTH, "Medical or relaxation"),
    (Kind.RELAXATION, "Relaxation"),
)
WEEK = 7 * 24 * 3600


@login_not_required
@require_safe
def techniques(request: HttpRequest) -> HttpResponse:
    """Every technique that can be booked, by what it is for."""
    shown = read(TECHNIQUES)["techniques"]
    groups = [
        (kind.value, heading, [one for one in shown if one.kind == kind])
        for kind, heading in HEADINGS
        if shown
    ]
    return render(request, "practitioners/techniques.html", {"groups": groups})


@login_not_required
@require_safe
def technique(request: HttpRequest, slug: str) -> HttpResponse:
    """One technique, whom it suits and what it is often used for."""
    found = read(TECHNIQUE, slug=slug)
    context = {
        "technique": _only_or_404(found["techniques"]),
        "regions": found["regions"],
        "conditions": found["conditions"],
        "hide_book_button": True,
    }
    return render(request, "practitioners/technique.html", context)


def _only_or_404(rows: list[Any]) -> Any:
    if not rows:
        raise Http404
    return rows[0]


@login_not_required
@require_safe
def conditions(request: HttpRequest) -> HttpResponse:
    """Every complaint that visitors may search by."""
    context = {"conditions": read(CONDITIONS)["conditions"]}
    return render(request, "practitioners/conditions.html", context)


@login_not_required
@require_safe
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    """One complaint in honest words, with what to look out for."""
    found = read(CONDITION, slug=slug)
    used = found["techniques"]
    context = {
        "condition": _only_or_404(found["conditions"]),
        "regions": found["regions"],
        "techniques": [one for one in used if one.kind != Kind.RELAXATION],
        "relaxing": [one for one in used if one.kind == Kind.RELAXATION],
        "hide_book_button": True,
    }
    return render(request, "practitioners/condition.html", context)


@login_not_required
@require_safe
def about_massage(request: HttpRequest) -> HttpResponse:
    """Medical and relaxation massage compared, and what a first visit is like."""
    return render(request, "practitioners/about_massage.html", {"points": POINTS})


@login_not_required
@require_safe
@cache_control(public=True, max_age=WEEK)
def photo(request: HttpRequest, name: str) -> FileResponse:
    """The photo of somebody who works here; its name changes with every upload."""
    person = get_object_or_404(Practitioner.objects.pictured(f"{FOLDER}{name}"))
    try:
        return FileResponse(person.photo.open(), content_type="image/jpeg")
    except FileNotFoundError as problem:
        raise Http404 from problem
