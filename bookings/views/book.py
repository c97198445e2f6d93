"""Screen 1 of booking: which session, with whom, where. And the doors that skip it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.links import BadLink, read_booking_link
from bookings.models import Appointment
from bookings.remembered import remember_invitation
from practitioners.facts import facts
from practitioners.models import Practitioner, Service
from practitioners.prepared import PreparedQuery

Problem = tuple[str, str]
PEOPLE = PreparedQuery(
    "people_to_choose",
    {"on": "date"},
    lambda on: Practitioner.objects.bookable(on=on).only("name", "slug"),
)
Row = TypeVar("Row", Practitioner, Service)


@login_not_required
@require_safe
def book_service(request: HttpRequest) -> HttpResponse:
    """Choose a session and, if you like, a specialist and a place."""
    now = timezone.now()
    known, people = facts(), PEOPLE.rows(on=now.date())
    person = _by_slug(people, request.GET.get("practitioner", ""))
    services = known.services
    chosen = _by_slug(services, request.GET.get("service", ""))
    if "go" not in request.GET and person and not chosen and (only := _only(services, person)):
        return redirect(_times(request, only, person))
    problem = _problem(chosen, person) if "go" in request.GET else None
    if chosen and "go" in request.GET and not problem:
        return redirect(_times(request, chosen, person))
    has_first = any(one.is_first for one in services)
    been_here = has_first and _been_here(request, chosen)
    context = {
        "services": [one for one in services if not (been_here and one.is_first)],
        "has_first": has_first,
        "chosen": chosen,
        "people": people,
        "person": person,
        "places": known.active_places,
        "place": request.GET.get("location", ""),
        "been_here": been_here,
        "problems": [problem] if problem else [],
        "hide_book_button": True,
    }
    return render(request, "bookings/book_service.html", context, status=422 if problem else 200)


@login_not_required
@require_safe
def book_from(request: HttpRequest, token: str) -> HttpResponse:
    """Open booking with the choices of a mail already made."""
    try:
        service, practitioner, location, source_ref = read_booking_link(token)
    except BadLink:
        return redirect("book_service")
    remember_invitation(request.session, service, source_ref)
    query = urlencode({"practitioner": practitioner, "location": location})
    return redirect(f"{reverse('book_time', args=[service])}?{query}")


def _been_here(request: HttpRequest, chosen: Service | None) -> bool:
    """Whether they are people we know: so they say, or so their sessions say."""
    said = request.GET.get("been")
    if said or (chosen and chosen.is_first):
        return said == "yes"
    user = request.user
    return user.is_authenticated and Appointment.objects.completed_for(user).exists()


def _by_slug(rows: Iterable[Row], slug: str) -> Row | None:
    return next((one for one in rows if one.slug == slug), None)


def _only(services: list[Service], person: Practitioner) -> Service | None:
    """The one session that somebody gives, if there is only one."""
    keys = set(person.services.values_list("pk", flat=True))
    given = [one for one in services if one.pk in keys]
    return given[0] if len(given) == 1 else None


def _problem(chosen: Service | None, person: Practitioner | None) -> Problem | None:
    if chosen is None:
        return "Choose a session", "service-0"
    if person and not person.services.contains(chosen):
        sentence = f"{person.name} does not give this session. Choose another, or any specialist."
        return sentence, "practitioner"
    return None


def _times(request: HttpRequest, service: Service, person: Practitioner | None) -> str:
    """The address of the next screen with what has been chosen."""
    chosen = {
        "practitioner": person.slug if person else "",
        "location": request.GET.get("location", ""),
    }
    query = urlencode({name: value for name, value in chosen.items() if value})
    address = reverse("book_time", args=[service.slug])
    return f"{address}?{query}" if query else address
