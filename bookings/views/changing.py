"""Seeing, moving and cancelling a visit, through the portal or by a mail's link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from bookings import calendar
from bookings.as_shown import box_of
from bookings.calendar.changes import TAKEN_BACK, is_in_time
from bookings.calendar.putting_back import (
    MOVED,
    changed_together,
    undoable,
    was_done_by_staff,
)
from bookings.calendar.series_changes import following
from bookings.desk_forms import ScopeForm, UndoForm
from bookings.errors import BookingError, MovedMeanwhile
from bookings.instead import times_instead, times_of
from bookings.links import undo_link, visit_link
from bookings.models import Appointment
from bookings.notice import call_us
from bookings.paging import PageLinks
from bookings.picking import read_start
from bookings.timetable import Timetable
from bookings.views.times import time_page
from practitioners.models import ClinicSettings


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody came to a visit, as the addresses of what they may do with it."""

    show: str
    move: str
    cancel: str
    file: str
    is_link: bool = False


def show_visit(
    request: HttpRequest,
    visit: Appointment,
    way: Way,
    *,
    refusal: BookingError | None = None,
    times: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    """Show the visit, the rule that was agreed to, and what can still be done."""
    now = timezone.now()
    undo = undo_of(visit, way, now=now)
    if visit.is_cancelled and undo and not refusal and visit.cancel_reason != TAKEN_BACK:
        return _cancelled_page(request, visit, way, undo)
    is_open = _is_open(visit, now=now)
    clinic = ClinicSettings.current()
    in_time = is_open and is_in_time(visit, now=now, clinic=clinic)
    context = {
        "visit": visit,
        "way": way,
        "can_change": in_time,
        "must_call": call_us(clinic) if is_open and not in_time else "",
        "again": _again(visit) if visit.is_cancelled or _is_over(visit, now=now) else "",
        "undo": undo,
        "clinic": clinic,
        "series": () if way.is_link else Appointment.objects.of_series(visit),
        "problems": [(refusal.sentence, "")] if refusal else [],
        "times": times,
        "hide_book_button": True,
    }
    status = refusal.status if refusal else 200
    response = render(request, "bookings/visit.html", context, status=status)
    if way.is_link and not undo:  # a form would be refused without a referrer
        response["Referrer-Policy"] = "no-referrer"
    return response


def cancel_visit(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """Ask once, with the rule that was agreed to, then cancel; asking changes nothing."""
    now = timezone.now()
    scope = _scope(request, visit, way)
    if request.method != "POST" or not scope.is_valid():
        if not _may_change(visit, now=now):
            return show_visit(request, visit, way)
        return _ask_to_cancel(request, visit, way, scope, status=422 if scope.is_bound else 200)
    cancel = calendar.cancel_from if scope.is_for_all else calendar.cancel
    try:
        cancel(
            visit,
            cancelled_by=Appointment.CancelledBy.CLIENT,
            by=_who(request),
            now=now,
            shown=scope.cleaned_data["shown"],
        )
    except MovedMeanwhile as refusal:
        visit = _as_it_is(visit)
        if not _may_change(visit, now=now):
            return show_visit(request, visit, way, refusal=refusal)
        scope = _scope(request, visit, way, is_renewed=True)
        return _ask_to_cancel(request, visit, way, scope, refusal=refusal)
    except BookingError as refusal:
        return show_visit(request, visit, way, refusal=refusal)
    visit.refresh_from_db()
    return redirect(_shown_at(visit, way))


def _cancelled_page(
    request: HttpRequest, visit: Appointment, way: Way, undo: dict[str, Any]
) -> HttpResponse:
    """Say what has just been cancelled, as long as it can be undone."""
    gone = sorted(changed_together(visit), key=lambda one: one.starts_at)
    context = {"visit": visit, "gone": gone, "way": way, "undo": undo, "hide_book_button": True}
    return render(request, "bookings/cancelled.html", context)


def move_visit(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """Choose another time; the visit stays where it is until one is taken."""
    now = timezone.now()
    if not _may_change(visit, now=now) and request.method != "POST":
        return show_visit(request, visit, way)
    scope = _scope(request, visit, way)
    if request.method != "POST":
        return _times(request, visit, way, scope, now=now)
    starts_at = read_start(request.POST.get("start", ""))
    if starts_at is None or not scope.is_valid():
        return _times(request, visit, way, scope, now=now, problem="Choose a time")
    move, version = calendar.move_from if scope.is_for_all else calendar.move, visit.version
    try:
        move(
            visit,
            starts_at=starts_at,
            by=_who(request),
            now=now,
            shown=scope.cleaned_data["shown"],
        )
    except BookingError as refusal:
        if isinstance(refusal, MovedMeanwhile):
            visit = _as_it_is(visit)
            scope = _scope(request, visit, way, is_renewed=True)
        if not _may_change(visit, now=now):
            return show_visit(request, visit, way, refusal=refusal)
        wished = refusal.details.get("starts_at", starts_at)
        return _times(request, visit, way, scope, now=now, refusal=refusal, wished=wished)
    visit.refresh_from_db()
    if visit.version == version:
        messages.info(request, "This is the time that your session has now. Nothing was changed.")
        return redirect(_shown_at(visit, way))
    several = "sessions have" if scope.is_for_all else "session has"
    messages.success(request, f"Your {several} moved. The new time is below.")
    return redirect(_shown_at(visit, way))


def undo_change(request: HttpRequest, visit: Appointment, way: Way) -> HttpResponse:
    """Undo what somebody has just done with their visit, and all that was changed with it."""
    now = timezone.now()
    try:
        back = calendar.put_back(
            visit, version=UndoForm(request.POST).version, by=_who(request), now=now
        )
    except BookingError as refusal:
        return show_visit(
            request, visit, way, refusal=refusal, times=_times_instead(visit, way, refusal, now=now)
        )
    stand = f"{len(back)} sessions stand" if len(back) > 1 else "Your session stands"
    messages.success(request, f"{stand} again as before.")
    visit.refresh_from_db()
    return redirect(_shown_at(visit, way))


def _shown_at(visit: Appointment, way: Way) -> str:
    """Where a visit that was just changed is shown: the link that somebody came by has ended."""
    return visit_link(visit) if way.is_link else way.show


def undo_of(visit: Appointment, way: Way, *, now: datetime) -> dict[str, Any] | None:
    """What somebody may undo, with the address for it; never what the clinic has done."""
    change = undoable([visit], now=now).get(visit.pk)
    if change is None or was_done_by_staff(visit):
        return None
    own = "" if way.is_link else reverse("my_visit_undo", args=[visit.public_id])
    return {
        "is_move": change.event == MOVED,
        "version": change.version,
        "url": own or undo_link(visit),
    }


def _times_instead(
    visit: Appointment, way: Way, refusal: BookingError, *, now: datetime
) -> list[dict[str, str]]:
    """The next three instead: to book anew what is cancelled, to move what is not."""
    table = Timetable(
        visit.service, visit.location, ClinicSettings.current(), now, visit.practitioner,
        moving=None if visit.is_cancelled else visit,
    )  # fmt: skip
    links = times_of(table) if visit.is_cancelled else PageLinks(table, way.move)
    return times_instead(table, refusal.details.get("starts_at"), refusal, links)


def _scope(
    request: HttpRequest, visit: Appointment, way: Way, *, is_renewed: bool = False
) -> ScopeForm:
    """Which sessions are meant; a mail's link is about one.

    Where it `is_renewed` it is asked about them as they are by now, with the same answers.
    """
    visits = [visit] if way.is_link else following(visit)
    sent: Any = request.POST if request.method == "POST" else None
    if is_renewed:
        sent = {**sent.dict(), "shown": box_of(visits)}
    return ScopeForm(sent, visits=visits)


def _times(
    request: HttpRequest,
    visit: Appointment,
    way: Way,
    scope: ScopeForm,
    *,
    now: datetime,
    **problem: Any,
) -> HttpResponse:
    """The page of times of a visit that moves."""
    clinic = ClinicSettings.current()
    table = Timetable(visit.service, visit.location, clinic, now, visit.practitioner, moving=visit)
    back = (way.show, "Your session")
    more = {"scope": scope}
    return time_page(request, table, back=back, by_link=way.is_link, more=more, **problem)


def _ask_to_cancel(
    request: HttpRequest,
    visit: Appointment,
    way: Way,
    scope: ScopeForm,
    *,
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "visit": visit,
        "way": way,
        "scope": scope,
        "problems": [(refusal.sentence, "")] if refusal else [],
        "hide_book_button": True,
    }
    status = refusal.status if refusal else status
    return render(request, "bookings/cancel.html", context, status=status)


def _as_it_is(visit: Appointment) -> Appointment:
    """The same visit as it stands by now."""
    return Appointment.objects.with_details().get(pk=visit.pk)


def _is_open(visit: Appointment, *, now: datetime) -> bool:
    return visit.status == Appointment.Status.BOOKED and visit.starts_at > now


def _is_over(visit: Appointment, *, now: datetime) -> bool:
    over = (Appointment.Status.COMPLETED, Appointment.Status.NO_SHOW)
    return visit.status in over or visit.ends_at <= now


def _again(visit: Appointment) -> str:
    """Where the same can be booked once more; a first visit, or what is no longer offered, is not."""
    service = visit.service
    if service.is_first or not service.is_published:
        return reverse("book_service")
    query = urlencode({"practitioner": visit.practitioner.slug, "location": visit.location.slug})
    return f"{reverse('book_time', args=[service.slug])}?{query}"


def _may_change(visit: Appointment, *, now: datetime) -> bool:
    return _is_open(visit, now=now) and is_in_time(visit, now=now)


def _who(request: HttpRequest) -> object:
    return request.user if request.user.is_authenticated else None
