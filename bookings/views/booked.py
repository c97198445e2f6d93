"""After booking: the visit, its calendar file, and taking it back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from bookings import calendar
from bookings.calendar.changes import UNDO
from bookings.errors import BookingError
from bookings.ics import visit_calendar
from bookings.models import Appointment


@require_safe
def booked(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say that it is booked and what happens next."""
    visit = _visit(request, public_id)
    now = timezone.now()
    can_undo = bool(visit.booked_at and now <= visit.booked_at + UNDO and not visit.is_cancelled)
    context = {"visit": visit, "can_undo": can_undo, "hide_book_button": True}
    return render(request, "bookings/booked.html", context)


@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take back a booking made by mistake."""
    visit = _visit(request, public_id)
    try:
        calendar.undo(visit, by=request.user, now=timezone.now())
    except BookingError as refusal:
        context = {"visit": visit, "problems": [(refusal.sentence, "")], "hide_book_button": True}
        return render(request, "bookings/booked.html", context, status=refusal.status)
    return redirect("my_sessions")


@require_safe
def visit_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The visit as a calendar file."""
    return calendar_response(_visit(request, public_id))


def calendar_response(visit: Appointment) -> HttpResponse:
    """Send a calendar file under a plain name."""
    response = HttpResponse(visit_calendar(visit), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="session.ics"'
    return response


def _visit(request: HttpRequest, public_id: UUID) -> Appointment:
    visits = Appointment.objects.visible_to(request.user).select_related(
        "service", "practitioner", "location", "client"
    )
    return get_object_or_404(visits, public_id=public_id)
