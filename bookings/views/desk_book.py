"""Booking at the desk: what and with whom, then a time of the same search as clients use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bookings.acting import who_acts_for
from bookings.desk_booking import book_by_phone
from bookings.desk_forms import RepeatForm, SeriesForm, WhatForm
from bookings.errors import BookingError
from bookings.models import Client
from bookings.picking import read_start
from bookings.timetable import Timetable
from bookings.views.desk_asked import carried, person_at_the_desk, timetable, who_form
from bookings.views.desk_joined import way_to_the_one_that_counts
from bookings.views.desk_series import series_page
from bookings.views.times import choices_of, time_page
from practitioners.models import Service

TEMPLATE = "bookings/desk_times.html"


@require_safe
def desk_book(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose what to book for a person; the answer leads to its times."""
    client = person_at_the_desk(request, public_id)
    elsewhere = way_to_the_one_that_counts(request, client, "desk_book")
    if elsewhere:
        return elsewhere
    to_book = carried(request)
    asked = request.GET if "service" in request.GET else None
    chosen = {"service": request.GET.get("session"), "location": request.GET.get("location")}
    form = WhatForm(asked, user=request.user, initial={**to_book, **chosen})
    if form.is_bound and form.is_valid():
        found = form.cleaned_data
        path = reverse("desk_book_time", args=[client.public_id, found["service"].slug])
        wanted = {name: found[name].slug for name in ("practitioner", "location") if found[name]}
        wanted |= {name: day for name, day in to_book.items() if name == "from"}
        return redirect(f"{path}?{urlencode(wanted)}" if wanted else path)
    context = {
        "client": client,
        "acting": who_acts_for(client),
        "form": form,
        "from_day": to_book.get("from", ""),
        "has_errors": form.is_bound,
    }
    status = 422 if form.is_bound else 200
    return render(request, "bookings/desk_book.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_book_time(request: HttpRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Choose a time, and book it."""
    client = person_at_the_desk(request, public_id)
    elsewhere = way_to_the_one_that_counts(request, client, "desk_book_time", slug)
    if elsewhere:
        return elsewhere
    service = get_object_or_404(Service, slug=slug)
    table = timetable(request, service, client=client)
    if table is None:
        known = {"client": client, "service": service}
        return render(request, "bookings/desk_no_times.html", known)
    page = _Page(request, client, table)
    return page.book() if request.method == "POST" else page.show()


class _Page:
    """The page of times for one person at the desk."""

    def __init__(self, request: HttpRequest, client: Client, table: Timetable) -> None:
        self.request, self.client, self.table = request, client, table
        self.form = RepeatForm(request.POST if request.method == "POST" else None)

    def show(self, **problem: Any) -> HttpResponse:
        what = reverse("desk_book", args=[self.client.public_id])
        return time_page(
            self.request,
            self.table,
            template=TEMPLATE,
            back=(what, "What to book"),
            more={
                "client": self.client,
                "choices": choices_of(self.table, what, session="session", box="id_"),
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
        sent = {**self.form.cleaned_data}
        if sent.pop("times") > 1:
            return series_page(self.request, self.client, self.table, SeriesForm(self.request.POST))
        del sent["every_weeks"]
        try:
            visit = book_by_phone(
                self.table, starts_at, client=self.client, by=self.request.user, **sent
            )
        except BookingError as refusal:
            return self.show(refusal=refusal, wished=starts_at)
        return redirect("desk_visit", visit.public_id)
