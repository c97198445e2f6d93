"""One visit at the desk: how it stands, what became of it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import calendar
from bookings.acting import who_acts_for
from bookings.as_shown import box_of
from bookings.calendar.changes import is_in_time
from bookings.calendar.lengths import OPEN
from bookings.calendar.putting_back import changed_together, undoable
from bookings.calendar.series_changes import following
from bookings.desk_forms import DeskCancelForm, DeskMoveForm, LengthForm, ScopeForm
from bookings.desk_marks import next_marks
from bookings.errors import (
    BookingError,
    Ended,
    MovedMeanwhile,
    NeedsReason,
    NotPossible,
    OutsideHours,
)
from bookings.models import Appointment
from bookings.picking import read_start
from bookings.timetable import Timetable
from bookings.views.desk_asked import safe_way_back, timetable, visit_at_the_desk, who_form
from bookings.views.desk_book import TEMPLATE
from bookings.views.times import time_page
from bookings.visit_history import history_of

CHANGEABLE = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)
GIVEN_NOWHERE = "This session is given nowhere any more, so it cannot be moved."


@require_safe
def desk_visit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """When, who and where, the state with who and when, and the next steps."""
    return visit_page(request, visit_at_the_desk(request, public_id))


@require_http_methods(["GET", "HEAD", "POST"])
def desk_visit_move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose another time, also with somebody else; the visit stays until one is taken."""
    visit = visit_at_the_desk(request, public_id)
    table = timetable(request, visit.service, person=visit.practitioner, moving=visit)
    if visit.status not in CHANGEABLE:
        return visit_page(request, visit, refusal=Ended())
    if table is None:
        return visit_page(request, visit, refusal=NotPossible(GIVEN_NOWHERE))
    scope = _move_form(_sent(request), visit, table)
    if request.method != "POST":
        return _times(request, visit, table, scope)
    starts_at = read_start(request.POST.get("start", ""))
    if starts_at is None:
        return _times(request, visit, table, scope, problem="Choose a time")
    if not scope.is_valid():
        return _times(request, visit, table, scope, status=422)
    move, version = calendar.move_from if scope.is_for_all else calendar.move, visit.version
    try:
        move(
            visit,
            starts_at=starts_at,
            practitioner=table.person,
            location=table.location,
            by=request.user,
            now=table.now,
            for_staff=True,
            reason=scope.cleaned_data.get("reason", ""),
            shown=scope.cleaned_data["shown"],
        )
    except MovedMeanwhile as refusal:
        visit = visit_at_the_desk(request, public_id)
        return _move_after_all(request, visit, refusal, wished=starts_at)
    except NeedsReason as refusal:
        if "reason" not in scope.fields:
            raise
        scope.add_error("reason", refusal.sentence)
        return _times(request, visit, table, scope, wished=starts_at, status=refusal.status)
    except BookingError as refusal:
        wished = refusal.details.get("starts_at", starts_at)
        return _times(request, visit, table, scope, refusal=refusal, wished=wished)
    visit.refresh_from_db(fields=["version"])
    if visit.version == version:
        messages.info(request, "This is the time that the session has now. Nothing was changed.")
    return redirect("desk_visit", visit.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_visit_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask who cancels and why; within the notice the reason is needed."""
    visit = visit_at_the_desk(request, public_id)
    now = timezone.now()
    form = _cancel_form(_sent(request), visit, following(visit), now=now)
    if request.method != "POST" or not form.is_valid():
        return _ask_to_cancel(request, visit, form, status=422 if form.is_bound else 200)
    cancel = calendar.cancel_from if form.is_for_all else calendar.cancel
    try:
        cancel(visit, by=request.user, now=now, for_staff=True, **form.cleaned_data)
    except MovedMeanwhile as refusal:
        visit = visit_at_the_desk(request, public_id)
        visits = following(visit)
        form = _cancel_form(_sent_about(request, visits), visit, visits, now=now)
        return _ask_to_cancel(request, visit, form, refusal=refusal)
    except NeedsReason as refusal:
        form.add_error("reason", refusal.sentence)
        return _ask_to_cancel(request, visit, form, status=refusal.status)
    except BookingError as refusal:
        return visit_page(request, visit, refusal=refusal)
    return redirect("desk_visit", visit.public_id)


@require_POST
def desk_visit_length(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let a session last longer or shorter, as far as the next one allows."""
    visit = visit_at_the_desk(request, public_id)
    form = LengthForm(request.POST)
    if not form.is_valid():
        return visit_page(request, visit, length=form, status=422)
    minutes = form.cleaned_data["minutes"]
    try:
        changed = calendar.change_length(
            visit,
            length=timedelta(minutes=minutes),
            was=form.seen,
            shown=form.cleaned_data["shown"],
            by=request.user,
            now=timezone.now(),
            keeps_hours=not form.is_meant,
        )
    except OutsideHours as refusal:
        refusal.sentence += " If it is meant so, press the button again."
        return visit_page(request, visit, refusal=refusal, length=form.asked_again())
    except BookingError as refusal:
        visit = visit_at_the_desk(request, public_id)
        return visit_page(request, visit, refusal=refusal, length=form.asked_of(visit))
    is_elsewhere = changed.room is not None and changed.room_id != visit.room_id
    where = f" It is in {changed.room.name} then." if is_elsewhere else ""
    messages.success(request, f"The session takes {minutes} minutes now.{where}")
    return redirect("desk_visit", visit.public_id)


@require_POST
def desk_visit_mark(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Mark a visit arrived, in session, done or no-show, or take that back."""
    visit = visit_at_the_desk(request, public_id)
    status = request.POST.get("status", "")
    try:
        calendar.mark(visit, status, by=request.user, now=timezone.now())
    except BookingError as refusal:
        messages.warning(request, refusal.sentence)
    return redirect(safe_way_back(request, "/desk/"))


def visit_page(
    request: HttpRequest,
    visit: Appointment,
    *,
    refusal: BookingError | None = None,
    length: LengthForm | None = None,
    times: Sequence[dict[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    """Show the visit; a refusal is told above it, with the times that are free instead."""
    now = timezone.now()
    undo = undoable([visit], now=now).get(visit.pk)
    context = {
        "visit": visit,
        "acting": who_acts_for(visit.client) if visit.client else [],
        "undo": undo,
        "together": len(changed_together(visit)) if undo and visit.series_id else 1,
        "steps": history_of(visit),
        "series": Appointment.objects.of_series(visit),
        "marks": next_marks(visit, now=now),
        "can_change": visit.status in CHANGEABLE,
        "form": length or LengthForm.of(visit),
        "can_last": visit.status in OPEN,
        "problems": [(refusal.said(to_staff=True), "")] if refusal else [],
        "times": times,
    }
    status = refusal.status if refusal else status
    return render(request, "bookings/desk_visit.html", context, status=status)


def _move_form(sent: Any, visit: Appointment, table: Timetable) -> DeskMoveForm:
    is_late = not is_in_time(visit, now=table.now)
    return DeskMoveForm(sent, visits=following(visit), is_late=is_late)


def _move_after_all(
    request: HttpRequest, visit: Appointment, refusal: BookingError, *, wished: datetime
) -> HttpResponse:
    """The page of times for a visit that somebody else has moved, with all that was typed."""
    table = timetable(request, visit.service, person=visit.practitioner, moving=visit)
    if table is None or visit.status not in CHANGEABLE:
        return visit_page(request, visit, refusal=refusal)
    scope = _move_form(_sent_about(request, following(visit)), visit, table)
    return _times(request, visit, table, scope, refusal=refusal, wished=wished)


def _cancel_form(
    sent: Any, visit: Appointment, visits: Sequence[Appointment], *, now: datetime
) -> DeskCancelForm:
    return DeskCancelForm(sent, visits=visits, is_late=not is_in_time(visit, now=now))


def _ask_to_cancel(
    request: HttpRequest,
    visit: Appointment,
    form: DeskCancelForm,
    *,
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "visit": visit,
        "form": form,
        "is_late": form.is_late,
        "problems": [(refusal.said(to_staff=True), "")] if refusal else [],
    }
    status = refusal.status if refusal else status
    return render(request, "bookings/desk_cancel.html", context, status=status)


def _times(
    request: HttpRequest, visit: Appointment, table: Timetable, scope: ScopeForm, **problem: Any
) -> HttpResponse:
    return time_page(
        request,
        table,
        template=TEMPLATE,
        back=(reverse("desk_visit", args=[visit.public_id]), "The session"),
        more={
            "client": visit.client,
            "form": scope,
            "who": who_form(request, table),
            "heading": "Choose a new time",
            "button": "Move to this time",
            "longer": visit.minutes if visit.minutes != visit.service.minutes else None,
        },
        **problem,
    )


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _sent_about(request: HttpRequest, visits: Sequence[Appointment]) -> dict[str, Any]:
    """The same answers, given on a page that shows these visits as they are by now."""
    return {**request.POST.dict(), "shown": box_of(visits)}
