"""What visitors read about techniques and conditions, and the faces of specialists."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from practitioners.comparison import POINTS
from practitioners.models import Condition, Practitioner, Technique
from practitioners.photos import FOLDER
from practitioners.reading import (
    CONDITION,
    CONDITIONS,
    HELPED_BY,
    HELPS_WITH,
    TECHNIQUE,
    TECHNIQUES,
    WHERE_IT_HELPS,
    WHERE_IT_IS_FELT,
)

Kind = Technique.Kind
Row = TypeVar("Row", Technique, Condition)
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
    shown = TECHNIQUES.rows()
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
    found = _or_404(TECHNIQUE.first(slug=slug))
    context = {
        "technique": found,
        "regions": WHERE_IT_HELPS.rows(technique=found.pk),
        "conditions": HELPS_WITH.rows(technique=found.pk),
        "hide_book_button": True,
    }
    return render(request, "practitioners/technique.html", context)


def _or_404(found: Row | None) -> Row:
    if found is None:
        raise Http404
    return found


@login_not_required
@require_safe
def conditions(request: HttpRequest) -> HttpResponse:
    """Every complaint that visitors may search by."""
    context = {"conditions": CONDITIONS.rows()}
    return render(request, "practitioners/conditions.html", context)


@login_not_required
@require_safe
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    """One complaint in honest words, with what to look out for."""
    found = _or_404(CONDITION.first(slug=slug))
    used = HELPED_BY.rows(condition=found.pk)
    context = {
        "condition": found,
        "regions": WHERE_IT_IS_FELT.rows(condition=found.pk),
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
