"""The client's own pages: next session, past ones, people they book for."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.clients import self_of
from bookings.links import offer_link
from bookings.models import Appointment, Client, WaitlistEntry
from bookings.notice import is_near
from bookings.views.booked import own_visit
from bookings.views.changing import Way, cancel_visit, move_visit, show_visit, undo_change
from practitioners.models import ClinicSettings

PAST_SHOWN, LAST_SHOWN = 20, 5
MOST_TO_COME = 50


def sessions_of(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    """Everything about the sessions of the people this login books for, for the page of them."""
    people = Client.objects.acted_for_by(request.user).order_by("name", "pk")
    visits = Appointment.objects.filter_for(people).select_related(
        "service", "practitioner", "location", "client"
    )
    to_come = list(visits.upcoming(now=now)[:MOST_TO_COME])
    own = self_of(request.user)
    clinic = ClinicSettings.current()
    shows_all = "past" in request.GET or "page" in request.GET
    past = Paginator(visits.past(now=now), PAST_SHOWN if shows_all else LAST_SHOWN)
    return {
        "is_near": bool(to_come) and is_near(to_come[0].starts_at, clinic, now=now),
        "next": to_come[0] if to_come else None,
        "later": to_come[1:],
        "past": past.get_page(request.GET.get("page")),
        "all_past": 0 if shows_all or past.num_pages == 1 else past.count,
        "waiting": _waiting(people, now=now),
        "own": own,
        "others": [person for person in people if person != own],
    }


def _waiting(people: Any, *, now: datetime) -> list[tuple[WaitlistEntry, Any, str]]:
    """What they wait for, each with the time that is kept for it and the way to answer. Two queries."""
    entries = WaitlistEntry.objects.filter_for(people).in_line().with_details()
    found = []
    for entry in entries.with_open_offer(now=now):
        kept = next(iter(entry.open_offers), None)  # type: ignore[attr-defined]
        found.append((entry, kept, offer_link(kept) if kept else ""))
    return found


@require_safe
def my_visit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One visit with what can be done about it."""
    return show_visit(request, own_visit(request, public_id), _way(public_id))


@require_http_methods(["GET", "HEAD", "POST"])
def my_visit_cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask, then cancel as the client, if it is not too late."""
    return cancel_visit(request, own_visit(request, public_id), _way(public_id))


@require_http_methods(["GET", "HEAD", "POST"])
def my_visit_move(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Choose another time for the same session."""
    return move_visit(request, own_visit(request, public_id), _way(public_id))


@require_POST
def my_visit_undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Undo a move or a cancellation of one's own."""
    return undo_change(request, own_visit(request, public_id), _way(public_id))


def _way(public_id: UUID) -> Way:
    names = ("my_visit", "my_visit_move", "my_visit_cancel", "visit_file")
    show, move, cancel, file = (reverse(name, args=[public_id]) for name in names)
    return Way(show, move, cancel, file)
