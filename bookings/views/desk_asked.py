"""What a page of the desk is asked for: which person, which times; and whether it may be."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from bookings.desk_forms import WhoForm
from bookings.models import Appointment, Client
from bookings.timetable import Timetable, place_for, places_of
from practitioners.models import ClinicSettings, Practitioner, Service

LONGEST = 80  # characters of a specialist's part of an address


def person_at_the_desk(request: HttpRequest, public_id: UUID) -> Client:
    """The client a member of staff works with. Raises PermissionDenied, Http404."""
    if not request.user.works_here:
        raise PermissionDenied
    return get_object_or_404(Client.objects.visible_to(request.user), public_id=public_id)


def timetable(request: HttpRequest, service: Service, **about: Any) -> Timetable | None:
    """The times asked for, as far as this user may book them; None when there is no place."""
    people = Practitioner.objects.handled_by(request.user).filter(services=service)
    slug = request.GET.get("practitioner", "")
    person = about.pop("person", None)
    if slug or not request.user.is_desk_staff:
        person = people.filter(slug=slug).first() or person or people.first()
        if person is None:
            return None
    now = timezone.now()
    moving = about.get("moving")
    wanted = request.GET.get("location", "") or (moving.location.slug if moving else "")
    places = places_of(service, person)
    location, _ = place_for(places, service, person, wanted, now=now)
    if location is None:
        return None
    clinic = ClinicSettings.current()
    return Timetable(service, location, clinic, now, person, for_staff=True, **about)


def who_form(request: HttpRequest, table: Timetable) -> WhoForm:
    """The choice of other specialists and places for the same session."""
    people = Practitioner.objects.handled_by(request.user).filter(services=table.service)
    return WhoForm(
        people=list(people),
        places=places_of(table.service, None),
        any_one=request.user.is_desk_staff and table.moving is None,
        initial={
            "practitioner": table.person.slug if table.person else "",
            "location": table.location.slug,
        },
    )


def carried(request: HttpRequest) -> dict[str, str]:
    """With whom and from which day on somebody is to be booked, said before it is known who.

    It goes along in the addresses of the pages in between; what is neither is left behind.
    """
    found = {"practitioner": request.GET.get("practitioner", "")[:LONGEST]}
    with suppress(ValueError):
        found["from"] = str(date.fromisoformat(request.GET.get("from", "")))
    return {name: value for name, value in found.items() if value}


def safe_way_back(request: HttpRequest, otherwise: str) -> str:
    """The page of ours that a form was on, as it says itself."""
    way_back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(way_back, allowed_hosts=None)
    return way_back if is_ours else otherwise


def visit_at_the_desk(request: HttpRequest, public_id: UUID) -> Appointment:
    """A visit that this member of staff works on. Raises PermissionDenied, Http404."""
    if not request.user.works_here:
        raise PermissionDenied
    visits = Appointment.objects.handled_by(request.user).with_details()
    return get_object_or_404(visits, public_id=public_id)
