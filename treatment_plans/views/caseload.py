"""The caseload: every running plan, the most urgent first, with one click to act."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from practitioners.models import Practitioner
from treatment_plans import caseload

PER_PAGE = 25
LONGEST_SEARCH = 60


@require_safe
def desk_caseload(request: HttpRequest) -> HttpResponse:
    """A practitioner's own plans; everybody's for the clinical lead."""
    user: Any = request.user
    if not (user.is_practitioner or user.is_clinical_lead):
        raise PermissionDenied
    people = list(Practitioner.objects.handled_by(user)) if user.is_clinical_lead else []
    person = _person(user, people, request.GET.get("practitioner", ""))
    asked = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    state = request.GET.get("state", "")
    found = caseload.cases(user, now=timezone.now(), person=person, asked=asked)
    page = Paginator(caseload.chosen(found, state), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = caseload.with_progress(list(page.object_list))
    whose = {"practitioner": request.GET.get("practitioner", ""), "q": asked}
    kept = {name: value for name, value in whose.items() if value}
    context = {
        "page": page,
        "people": people,
        "person": person,
        "asked": asked,
        "state": state,
        "filters": _filters(found, state, kept),
        "query": urlencode({**kept, **({"state": state} if state else {})}),
        "is_cut": len(found) >= caseload.MOST,
        "most": caseload.MOST,
    }
    return render(request, "treatment_plans/desk_caseload.html", context)


def _person(user: Any, people: list[Practitioner], slug: str) -> Practitioner | None:
    """Whose plans: the own ones, for the lead anybody's or (None) everybody's."""
    if not user.is_clinical_lead:
        return user.practitioner  # type: ignore[no-any-return]
    return next((one for one in people if one.slug == slug), None)


def _filters(found: list[caseload.Case], state: str, kept: dict[str, str]) -> list[dict[str, Any]]:
    """Every filter with how many plans it would show, as links."""
    links = [("", "All", len(found))]
    links += [
        (name, words, sum(map(suits, found))) for name, (words, suits) in caseload.FILTERS.items()
    ]
    links += [(name, words, None) for name, (words, _) in caseload.BY_PROGRESS.items()]  # type: ignore[misc]
    return [
        {
            "words": words,
            "count": count,
            "query": urlencode({**kept, **({"state": name} if name else {})}),
            "is_current": name == state,
        }
        for name, words, count in links
        if count or count is None or name in ("", state)
    ]
