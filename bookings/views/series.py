"""Several sessions at once, by a client: every date is seen, then all are booked, or none.

The first is the time that is kept; whom it is for was said on the page before and waits in
the session. The address says how many and how far apart.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from bookings.booking_for import ME, OTHER, book_series_for
from bookings.errors import BookingError
from bookings.forms import SignedInForm
from bookings.models import Appointment
from bookings.notice import call_us, is_near, rule_of_all
from bookings.remembered import finish, invitation, typed_before
from bookings.series import (
    LEFT_OUT,
    other_choices,
    picked_starts,
    place_of_problem,
    propose,
    show_dates,
)
from bookings.sign_in import TooManyTries
from bookings.throttle import seconds_to_wait
from bookings.timetable import Timetable
from bookings.views.desk_series import NOT_PICKED, refused_date
from bookings.views.you_page import keeping, kept_time, known_people
from bookings.visitors import known_visitor, visitor_key
from practitioners.models import ClinicSettings


@require_http_methods(["GET", "HEAD", "POST"])
def book_series(request: HttpRequest, slug: str) -> HttpResponse:
    """Show every date with its time; book all of them as chosen."""
    now = timezone.now()
    kept = kept_time(request, slug)
    sent = request.POST if request.method == "POST" else None
    form = _form(request, sent or typed_before(request.session, now=now))
    earlier = _booked_before(request, form)
    if earlier:
        return redirect("booked", public_id=earlier.public_id)
    if kept is None:
        return redirect("book_time", slug=slug)
    if not form.is_valid() or form.how_many < 2:
        return redirect("book_you", slug=slug)
    if sent is None:
        return _page(request, kept, form, now=now)
    starts = picked_starts(request.POST, form.how_many)
    if not starts:
        return _page(request, kept, form, now=now, problem=NOT_PICKED)
    return _book(request, kept, form, starts, now=now)


def _form(request: HttpRequest, typed: Any) -> SignedInForm:
    """What was typed on the page before, from the session or as sent along."""
    data = {**typed.dict()} if hasattr(typed, "dict") else {**typed}
    data.setdefault("form_token", str(uuid.uuid4()))
    return SignedInForm(data, **known_people(request))


def _booked_before(request: HttpRequest, form: SignedInForm) -> Appointment | None:
    """The first visit of the series that this very form has booked already."""
    if request.method != "POST" or not form.is_valid():
        return None
    booked = Appointment.objects.of_series_form(form.cleaned_data["form_token"])
    return booked.filter(booked_by=request.user.pk).first()


def _book(
    request: HttpRequest,
    kept: Appointment,
    form: SignedInForm,
    starts: list[datetime],
    *,
    now: datetime,
) -> HttpResponse:
    visitor = visitor_key(request)
    try:
        wait = seconds_to_wait("book", request, visitor)
        if wait:
            raise TooManyTries(wait)
        series = book_series_for(
            visitor,
            form.whom,
            kept.service,
            [(kept.practitioner, kept.location, at) for at in starts],
            by=request.user,
            form_token=form.cleaned_data["form_token"],
            now=now,
            every_weeks=form.weeks_apart,
            note=form.cleaned_data["note"],
            source_ref=invitation(request.session, kept.service.slug),
        )
    except BookingError as refusal:
        return _page(request, kept, form, now=now, refusal=refusal)
    first = series.appointments.select_related("service").order_by("starts_at")[0]
    finish(request.session, first)
    return redirect("booked", public_id=first.public_id)


def _page(
    request: HttpRequest,
    kept: Appointment,
    form: SignedInForm,
    *,
    now: datetime,
    problem: str = "",
    refusal: BookingError | None = None,
) -> HttpResponse:
    table = Timetable(
        kept.service, kept.location, ClinicSettings.current(), now, kept.practitioner,
        known_visitor(request), client=form.whom.client,
    )  # fmt: skip
    table, proposals = propose(
        table, kept.starts_at, times=form.how_many, every_weeks=form.weeks_apart
    )
    said = [one for one in (problem, refused_date(refusal, table)) if one]
    dates = show_dates(table, proposals, request.POST, refusal)
    context = {
        "kept": kept,
        "table": table,
        "dates": dates,
        "total": kept.price * len(dates),
        "left_out": LEFT_OUT,
        "carried": [(name, value) for name, value in form.data.items() if _is_carried(name)],
        "whom": _whom(form),
        "zone_line": table.words.zone_line(kept.starts_at),
        "problems": [(sentence, place_of_problem(dates)) for sentence in said],
        "times": other_choices(dates, refusal),
        "hide_book_button": True,
        **keeping(request, kept, now=now),
        **_rules(kept, table.clinic, now=now),
    }
    status = refusal.status if refusal else 422 if problem else 200
    response = render(request, "bookings/book_series.html", context, status=status)
    if refusal and refusal.details.get("seconds"):
        response["Retry-After"] = str(refusal.details["seconds"])
    return response


def _rules(kept: Appointment, clinic: ClinicSettings, *, now: datetime) -> dict[str, str]:
    """The rule for all of them, and what else holds for a first one that is near."""
    near = is_near(kept.starts_at, clinic, now=now)
    said = call_us(clinic, what="The first session") if near else ""
    return {"first_near": said, "rule": rule_of_all(clinic)}


def _is_carried(name: str) -> bool:
    return name != "csrfmiddlewaretoken" and not name.startswith("visit-")


def _whom(form: SignedInForm) -> str:
    """Who comes, in words; empty for the login itself."""
    choice = form.cleaned_data["for_whom"]
    if choice == OTHER:
        return str(form.cleaned_data["other_name"])
    return "" if choice == ME else dict(form.fields["for_whom"].choices)[choice]  # type: ignore[attr-defined]
