"""After booking: the visit, its calendar file, and taking it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bookings import calendar
from bookings.calendar.changes import UNDO
from bookings.errors import BookingError
from bookings.ics import visit_calendar
from bookings.messages.recipients import address_of
from bookings.models import Appointment, Client
from bookings.notice import is_near, rule_for
from practitioners.models import ClinicSettings


@require_safe
def booked(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say that it is booked and what happens next."""
    return _page(request, own_visit(request, public_id), now=timezone.now())


@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take back a booking made by mistake, with everything that was booked together with it."""
    visit, now = own_visit(request, public_id), timezone.now()
    take_back = calendar.undo_series if visit.series_id else calendar.undo
    try:
        take_back(visit, by=request.user, now=now)
    except BookingError as refusal:
        return _page(request, visit, now=now, refusal=refusal)
    return redirect("booked", public_id=visit.public_id)


@require_safe
def visit_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The visit as a calendar file."""
    return calendar_response(own_visit(request, public_id))


def calendar_response(visit: Appointment) -> HttpResponse:
    """Send a calendar file under a plain name."""
    response = HttpResponse(visit_calendar(visit), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="session.ics"'
    return response


def own_visit(request: HttpRequest, public_id: UUID) -> Appointment:
    """A visit of somebody this login books for; for everybody else it does not exist."""
    visits = Appointment.objects.filter_for(Client.objects.acted_for_by(request.user))
    return get_object_or_404(
        visits.select_related("service", "practitioner", "location", "client"), public_id=public_id
    )


def _page(
    request: HttpRequest,
    visit: Appointment,
    *,
    now: datetime,
    refusal: BookingError | None = None,
) -> HttpResponse:
    can_undo = visit.booked_at is not None and now <= visit.booked_at + UNDO
    series = list(Appointment.objects.of_series(visit))
    clinic = ClinicSettings.current()
    near = visit.starts_at > now and is_near(visit.starts_at, clinic, now=now)
    context = {
        "visit": visit,
        "call_us": rule_for(visit.starts_at, clinic, now=now) if near else "",
        "series": series,
        "standing": sum(not one.is_cancelled for one in series),
        "can_undo": can_undo and not visit.is_cancelled,
        "address": address_of(visit.client) if visit.client else "",
        "problems": [(refusal.sentence, "")] if refusal else [],
        "hide_book_button": True,
    }
    status = refusal.status if refusal else 200
    return render(request, "bookings/booked.html", context, status=status)
