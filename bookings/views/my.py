"""The client's own pages: next session, past ones, people they book for."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import calendar
from bookings.calendar.changes import is_in_time
from bookings.consents import opt_out
from bookings.errors import BookingError
from bookings.links import BadLink, OldLink, read_unsubscribe_link, read_visit_link, visit_link
from bookings.models import Appointment, Client
from bookings.picking import read_start
from bookings.views.book import time_page
from bookings.views.booked import calendar_response
from practitioners.models import ClinicSettings

PAST_SHOWN = 20


@require_safe
def my_sessions(request: HttpRequest) -> HttpResponse:
    """Everything about the sessions of the people this login books for."""
    now = timezone.now()
    people = Client.objects.acted_for_by(request.user).order_by("pk")
    visits = Appointment.objects.filter_for(people).select_related(
        "service", "practitioner", "location", "client"
    )
    past = Paginator(visits.past(now=now), PAST_SHOWN).get_page(request.GET.get("page"))
    context = {
        "upcoming": visits.upcoming(now=now)[:50],
        "past": past,
        "people": people,
    }
    return render(request, "bookings/my_sessions.html", context)


@require_safe
def my_visit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One visit with what can be done about it."""
    return _visit_page(request, _visit(request, public_id), way="my")


@require_POST
def my_visit_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Cancel as the client, if it is not too late."""
    return _cancel(request, _visit(request, public_id), way="my")


@require_http_methods(["GET", "HEAD", "POST"])
def my_visit_move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose another time for the same session."""
    return _move(request, _visit(request, public_id), way="my")


@login_not_required
@require_safe
def visit_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link of a mail; looking at it changes nothing."""
    try:
        visit = read_visit_link(token, now=timezone.now())
    except (BadLink, OldLink) as problem:
        return _link_over(request, problem)
    return _visit_page(request, visit, way="link", token=token)


@login_not_required
@require_POST
def visit_by_link_cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel from the mail's page."""
    try:
        visit = read_visit_link(token, now=timezone.now())
    except (BadLink, OldLink) as problem:
        return _link_over(request, problem)
    return _cancel(request, visit, way="link", token=token)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def visit_by_link_move(request: HttpRequest, token: str) -> HttpResponse:
    """Move from the mail's page."""
    try:
        visit = read_visit_link(token, now=timezone.now())
    except (BadLink, OldLink) as problem:
        return _link_over(request, problem)
    return _move(request, visit, way="link", token=token)


@login_not_required
@require_safe
def visit_by_link_file(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar file from the mail's page."""
    try:
        return calendar_response(read_visit_link(token, now=timezone.now()))
    except (BadLink, OldLink) as problem:
        return _link_over(request, problem)


# A mail program presses the one-click button without a cookie or a form token; the
# signed link itself says who asks, and all it can do is stop reminders.
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop follow-up reminders: a button for people, one POST for mail programs."""
    try:
        client = read_unsubscribe_link(token)
    except BadLink:
        return _link_over(request, BadLink())
    if request.method == "POST":
        opt_out(client, now=timezone.now())
    context = {"done": request.method == "POST", "hide_book_button": True}
    return render(request, "bookings/unsubscribe.html", context)


def _visit_page(
    request: HttpRequest,
    visit: Appointment,
    *,
    way: str,
    token: str = "",
    refusal: BookingError | None = None,
) -> HttpResponse:
    now = timezone.now()
    clinic = ClinicSettings.current()
    is_open = visit.status == Appointment.Status.BOOKED and visit.starts_at > now
    context = {
        "visit": visit,
        "way": way,
        "token": token,
        "can_change": is_open and is_in_time(visit, now=now),
        "must_call": is_open and not is_in_time(visit, now=now),
        "clinic": clinic,
        "problems": [(refusal.sentence, "")] if refusal else [],
        "hide_book_button": True,
    }
    return render(
        request, "bookings/my_visit.html", context, status=refusal.status if refusal else 200
    )


def _cancel(request: HttpRequest, visit: Appointment, *, way: str, token: str = "") -> HttpResponse:
    try:
        visit = calendar.cancel(
            visit,
            cancelled_by=Appointment.CancelledBy.CLIENT,
            by=request.user if request.user.is_authenticated else None,
            now=timezone.now(),
        )
    except BookingError as refusal:
        return _visit_page(request, visit, way=way, token=token, refusal=refusal)
    return render(request, "bookings/cancelled.html", {"visit": visit})


def _move(request: HttpRequest, visit: Appointment, *, way: str, token: str = "") -> HttpResponse:
    now = timezone.now()
    page = {"person": visit.practitioner, "location": visit.location, "now": now, "moving": visit}
    if request.method != "POST":
        return time_page(request, visit.service, **page)  # type: ignore[arg-type]
    starts_at = read_start(request.POST.get("start", ""))
    if starts_at is None:
        return time_page(request, visit.service, problem=("Choose a time", ""), **page)  # type: ignore[arg-type]
    try:
        visit = calendar.move(
            visit,
            starts_at=starts_at,
            by=request.user if request.user.is_authenticated else None,
            now=now,
        )
    except BookingError as refusal:
        return time_page(request, visit.service, refusal=refusal, wished=starts_at, **page)  # type: ignore[arg-type]
    return (
        redirect("my_visit", public_id=visit.public_id)
        if way == "my"
        else redirect(visit_link(visit))
    )


def _link_over(request: HttpRequest, problem: Exception) -> HttpResponse:
    """Explain an old link, and say nothing about a wrong one."""
    old = isinstance(problem, OldLink)
    context = {
        "is_old": old,
        "is_cancelled": old and problem.visit.is_cancelled,  # type: ignore[attr-defined]
        "hide_book_button": True,
    }
    return render(request, "bookings/link_over.html", context, status=410 if old else 404)


def _visit(request: HttpRequest, public_id: UUID) -> Appointment:
    visits = Appointment.objects.filter_for(Client.objects.acted_for_by(request.user))
    return get_object_or_404(
        visits.select_related("service", "practitioner", "location", "client"), public_id=public_id
    )
