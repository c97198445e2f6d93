"""Booking at the desk: what and with whom, then a time of the same search as clients use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.desk_booking import book_by_phone
from bookings.desk_forms import PhoneBookingForm, WhatForm, WhoForm
from bookings.errors import BookingError
from bookings.models import Client
from bookings.picking import read_start
from bookings.timetable import Timetable, place_for, places_of
from bookings.views.times import time_page
from practitioners.models import ClinicSettings, Practitioner, Service

TEMPLATE = "bookings/desk_times.html"


@require_safe
def desk_book(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose what to book for a person; the answer leads to its times."""
    client = person_at_the_desk(request, public_id)
    if client.merged_into:
        return redirect("desk_book", client.merged_into.public_id)
    form = WhatForm(request.GET if "service" in request.GET else None, user=request.user)
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        path = reverse("desk_book_time", args=[client.public_id, chosen["service"].slug])
        wanted = {name: chosen[name].slug for name in ("practitioner", "location") if chosen[name]}
        return redirect(f"{path}?{urlencode(wanted)}" if wanted else path)
    context = {"client": client, "form": form, "has_errors": form.is_bound}
    status = 422 if form.is_bound else 200
    return render(request, "bookings/desk_book.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_book_time(request: HttpRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Choose a time, and book it."""
    client = person_at_the_desk(request, public_id)
    service = get_object_or_404(Service, slug=slug)
    table = timetable(request, service)
    if table is None:
        known = {"client": client, "service": service}
        return render(request, "bookings/desk_no_times.html", known)
    page = _Page(request, client, table)
    return page.book() if request.method == "POST" else page.show()


class _Page:
    """The page of times for one person at the desk."""

    def __init__(self, request: HttpRequest, client: Client, table: Timetable) -> None:
        self.request, self.client, self.table = request, client, table
        self.form = PhoneBookingForm(request.POST if request.method == "POST" else None)

    def show(self, **problem: Any) -> HttpResponse:
        return time_page(
            self.request,
            self.table,
            template=TEMPLATE,
            back=(reverse("desk_book", args=[self.client.public_id]), "What to book"),
            more={
                "client": self.client,
                "form": self.form,
                "who": who_form(self.request, self.table),
                "heading": f"Book for {self.client.name}",
                "button": "Book this time",
            },
            **problem,
        )

    def book(self) -> HttpResponse:
        starts_at = read_start(self.request.POST.get("start", ""))
        if not self.form.is_valid():
            return self.show(status=422)
        if starts_at is None:
            return self.show(problem="Choose a time")
        try:
            visit = book_by_phone(
                self.table,
                starts_at,
                client=self.client,
                by=self.request.user,
                **self.form.cleaned_data,
            )
        except BookingError as refusal:
            return self.show(refusal=refusal, wished=starts_at)
        return redirect("desk_visit", visit.public_id)


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
    location = place_for(service, person, wanted, now=now)
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
