"""The specialists that visitors can find, and the page of each."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.directory import listed, matching, next_times, shown
from bookings.directory_forms import FIRST, DirectoryForm
from bookings.opening import open_days
from bookings.picking import spread
from practitioners.facts import facts, facts_to_find_by
from practitioners.models.people import PractitionerQuerySet

PAGE = 20


@login_not_required
@require_safe
def specialists(request: HttpRequest) -> HttpResponse:
    """List who fits the filters, each with the next free time."""
    now = timezone.now()
    form = DirectoryForm(request.GET, facts=facts_to_find_by())
    wanted = form.wanted()
    page = _page(matching(shown(now=now), wanted, now=now), request.GET.get("page", ""))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "wanted": wanted,
        "has_more": bool(set(wanted) - set(FIRST)),
        "page": page,
        "query": query.urlencode(),
        "rows": listed(page.object_list, now=now),
        "count": page.paginator.count,
    }
    return render(request, "bookings/specialists.html", context)


def _page(people: PractitionerQuerySet, wanted: str) -> Page:
    """The page asked for and how many there are in all, by one query while it exists."""
    number = int(wanted) if re.fullmatch("[0-9]{1,4}", wanted, re.ASCII) else 1
    first = PAGE * max(number - 1, 0)
    rows: list[Any] = list(people.annotate(in_all=Window(Count("*")))[first : first + PAGE])
    if rows:
        return Page(rows, max(number, 1), Paginator(range(rows[0].in_all), PAGE))
    return Paginator(people, PAGE).get_page(wanted)


@login_not_required
@require_safe
def specialist(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one specialist with credentials, services and the next six times."""
    now = timezone.now()
    person = get_object_or_404(shown(now=now).with_work(), slug=slug)
    known = facts()
    services = [one for one in known.services if one.pk in person.service_keys]
    places = {one.pk: one for one in known.places if one.pk in person.place_keys}
    service, slots = next_times(person, services, now=now)
    times = [
        {"slot": slot, "service": service, "location": places[slot.location_id]}
        for slot in spread(slots, {pk: place.zone for pk, place in places.items()})
    ]
    context = {
        "person": person,
        "services": services,
        "times": times,
        "places": [(place, open_days(known.hours_of(place))) for place in places.values()],
        "techniques": person.published_techniques,
    }
    return render(request, "bookings/specialist.html", context)
