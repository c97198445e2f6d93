"""A series at the desk: every date is shown, then all are booked, or none."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bookings import calendar
from bookings.desk_forms import SeriesForm
from bookings.errors import BookingError
from bookings.models import Client
from bookings.series import (
    LEFT_OUT,
    other_choices,
    picked_starts,
    place_of_problem,
    propose,
    show_dates,
)
from bookings.timetable import Timetable
from bookings.views.desk_asked import person_at_the_desk, timetable
from bookings.views.desk_joined import way_to_the_one_that_counts
from practitioners.models import Service

NOT_PICKED = "Choose a time for each date, or leave it out"


@require_http_methods(["GET", "HEAD", "POST"])
def desk_series(request: HttpRequest, public_id: UUID, slug: str) -> HttpResponse:
    """Book every date as chosen. All or nothing."""
    client = person_at_the_desk(request, public_id)
    elsewhere = way_to_the_one_that_counts(request, client, "desk_book_time", slug)
    if elsewhere:
        return elsewhere
    service = get_object_or_404(Service, slug=slug)
    table = timetable(request, service, client=client)
    if table is None or request.method != "POST":
        return redirect("desk_book_time", client.public_id, service.slug)
    form = SeriesForm(request.POST)
    if not form.is_valid() or table.person is None:
        return redirect("desk_book_time", client.public_id, service.slug)
    data = form.cleaned_data
    starts = picked_starts(request.POST, data["times"])
    if not starts:
        return series_page(request, client, table, form, problem=NOT_PICKED)
    try:
        series = calendar.book_series(
            service,
            [(table.person, table.location, at) for at in starts],
            client=client,
            by=request.user,
            form_token=data["form_token"],
            now=table.now,
            every_weeks=data["every_weeks"],
            desk_note=data["desk_note"],
        )
    except BookingError as refusal:
        return series_page(request, client, table, form, refusal=refusal)
    first = series.appointments.order_by("starts_at").first()
    assert first is not None  # a series has a visit
    return redirect("desk_visit", first.public_id)


def series_page(
    request: HttpRequest,
    client: Client,
    table: Timetable,
    form: SeriesForm,
    *,
    problem: str = "",
    refusal: BookingError | None = None,
) -> HttpResponse:
    """Every date of a series with its time, or what is free near it."""
    if not form.is_valid():
        return redirect("desk_book_time", client.public_id, table.service.slug)
    data = form.cleaned_data
    table, proposals = propose(
        table, data["start"], times=data["times"], every_weeks=data["every_weeks"]
    )
    dates = show_dates(table, proposals, request.POST, refusal)
    path = reverse("desk_series", args=[client.public_id, table.service.slug])
    query = {
        "practitioner": table.person.slug if table.person else "",
        "location": table.location.slug,
    }
    context = {
        "client": client,
        "table": table,
        "form": form,
        "dates": dates,
        "left_out": LEFT_OUT,
        "action": f"{path}?{urlencode(query)}",
        "back": f"{reverse('desk_book_time', args=[client.public_id, table.service.slug])}?{urlencode(query)}",
        "zone_line": table.words.zone_line(data["start"]),
        "problems": [
            (said, place_of_problem(dates))
            for said in (problem, refused_date(refusal, table))
            if said
        ],
        "times": other_choices(dates, refusal),
    }
    status = refusal.status if refusal else 422 if problem else 200
    return render(request, "bookings/desk_series.html", context, status=status)


def refused_date(refusal: BookingError | None, table: Timetable) -> str:
    """Which date it is about, and that none was booked."""
    if refusal is None:
        return ""
    at = refusal.details.get("starts_at")
    when = f"{table.words.short(at, today=table.today)}: " if at else ""
    said = refusal.said(to_staff=table.for_staff)
    for nothing in (" Nothing was booked for you.", " Nothing was booked."):
        said = said.replace(nothing, "")
    return f"{when}{said} None of these sessions was booked."
