"""Undoing at the desk what was cancelled or moved by mistake."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from bookings import calendar
from bookings.desk_forms import UndoForm
from bookings.errors import BookingError
from bookings.instead import times_instead
from bookings.models import Appointment
from bookings.paging import PageLinks
from bookings.timetable import Timetable
from bookings.views.desk_asked import safe_way_back, visit_at_the_desk
from bookings.views.desk_visit import visit_page
from practitioners.models import ClinicSettings


@require_POST
def desk_visit_undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let a visit stand as it stood, with all that was changed together with it."""
    visit, now = visit_at_the_desk(request, public_id), timezone.now()
    try:
        back = calendar.put_back(
            visit,
            version=UndoForm(request.POST).version,
            by=request.user,
            now=now,
            for_staff=True,
        )
    except BookingError as refusal:
        times = _times(visit, refusal, now=now)
        return visit_page(request, visit, refusal=refusal, times=times)
    stand = f"{len(back)} sessions stand" if len(back) > 1 else "The session stands"
    messages.success(request, f"{stand} again as before.")
    if not Appointment.objects.handled_by(request.user).filter(pk=visit.pk).exists():
        return redirect("desk_day")  # it has gone back to a colleague
    return redirect(safe_way_back(request, reverse("desk_visit", args=[visit.public_id])))


def _times(visit: Appointment, refusal: BookingError, *, now: datetime) -> list[dict[str, str]]:
    """The next three instead: to book anew what is cancelled, to move what is not."""
    assert visit.client is not None  # only holds have no client
    moving = None if visit.is_cancelled else visit
    table = Timetable(
        visit.service, visit.location, ClinicSettings.current(), now, visit.practitioner,
        moving=moving, for_staff=True,
    )  # fmt: skip
    path = (
        reverse("desk_visit_move", args=[visit.public_id])
        if moving
        else reverse("desk_book_time", args=[visit.client.public_id, visit.service.slug])
    )
    wished = refusal.details.get("starts_at")
    return times_instead(table, wished, refusal, PageLinks(table, path))
