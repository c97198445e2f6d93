"""The specialists that visitors can find, and the page of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.directory import listed, matching
from bookings.filters import Filter, chosen_of, filters
from bookings.profile import glance_at, profile_of
from bookings.shown import place_card, session_line, specialist_rows
from practitioners.facts import TO_FIND_BY, Facts, facts_of, facts_to_find_by, with_people
from practitioners.models import Location, Practitioner, Service
from practitioners.pages import cut, numbered, page_of
from practitioners.paths import path_to
from practitioners.prepared import PreparedQuery

PAGE = 20

FIRST_PAGE = PreparedQuery(
    "directory_first_page",
    {"on": "date"},
    lambda on: numbered(Practitioner.objects.bookable(on=on).described())[:PAGE],
)
WITH_FIRST_PAGE = with_people(FIRST_PAGE, TO_FIND_BY)
PERSON = PreparedQuery(
    "specialist",
    {"on": "date", "slug": "text"},
    lambda on, slug: Practitioner.objects.bookable(on=on).described().with_work().filter(slug=slug),
)
WITH_PERSON = with_people(PERSON)


@login_not_required
@require_safe
def specialists(request: HttpRequest) -> HttpResponse:
    """List who fits the filters, each with the next free time."""
    now = timezone.now()
    known = facts_to_find_by() if request.GET else facts_of(WITH_FIRST_PAGE, on=now.date())
    if request.GET:
        first, more = filters(known, request.GET)
        people = Practitioner.objects.bookable(on=now.date()).described()
        wanted = chosen_of(*first, *more)
        people = matching(people, wanted, now=now)
        page = page_of(people, request.GET.get("page", ""), PAGE)
    else:
        first, more = known.worked_out("filters", lambda: filters(known, {}))
        wanted = {}
        page = cut(known.people, 1, PAGE)
    query = request.GET.copy()
    query.pop("page", None)
    rows = listed(page.object_list, now=now, at=wanted.get("location", ""))
    context = {
        "first": first,
        "more": more,
        "is_filtered": bool(wanted),
        "has_more": bool(chosen_of(*more)),
        "page": page,
        "query": query.urlencode(),
        "rows": specialist_rows(rows, known, now=now, condition=_name_of("condition", first)),
        "count": page.paginator.count,
    }
    return render(request, "bookings/specialists.html", context)


def _name_of(name: str, lists: Iterable[Filter]) -> str:
    """What was chosen of a list in its words, or empty."""
    (found,) = (one for one in lists if one.name == name)
    return dict(found.choices)[found.chosen] if found.chosen else ""


@login_not_required
@require_safe
def specialist(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one specialist with credentials, services and the next six times."""
    now = timezone.now()
    known = facts_of(WITH_PERSON, on=now.date(), slug=slug)
    if not known.people:
        raise Http404
    (person,) = known.people
    services = [one for one in known.services if one.slug in person.service_slugs]
    places = {one.pk: one for one in known.places if one.pk in person.place_keys}
    said = known.worked_out("said", lambda: _said(person, services, places.values(), known))
    glance = glance_at(person, services, places, known.clinic, now=now)
    return render(request, "bookings/specialist.html", {**said, "glance": glance})


def _said(
    person: Practitioner, services: list[Service], places: Iterable[Location], known: Facts
) -> dict[str, Any]:
    """What does not change from day to day."""
    wait = path_to("wait", services[0].slug) if services else ""
    return {
        "profile": profile_of(person),
        "services": tuple(session_line(one, known.clinic, person) for one in services),
        "places": tuple(place_card(place, known) for place in places),
        "wait_url": wait and f"{wait}?practitioner={person.slug}",
    }
