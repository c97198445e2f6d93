"""Waiting for a time to open: joining and leaving the line, and answering an offer."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from bookings import calendar
from bookings.calendar.changes import UNDO
from bookings.clients import own_client, people_of, self_of
from bookings.errors import BookingError, HoldExpired
from bookings.instead import times_instead, times_of
from bookings.links import BadLink, read_offer_link, visit_token
from bookings.models import Appointment, Client, WaitlistEntry, WaitlistOffer
from bookings.notice import is_near, rule_for
from bookings.paging import PageLinks
from bookings.timetable import Timetable
from bookings.views.booked import own_visit
from bookings.views.changing import undo_of
from bookings.views.visit_link import way_by, wrong_link
from bookings.waiting import answers, line
from bookings.waiting_forms import WaitForm, today_at
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings, Service

JOINED = "You are on the waiting list. We write to you when a time opens."


@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to be told when a time of a session opens."""
    service = get_object_or_404(Service.objects.published(), slug=slug)
    now = timezone.now()
    people = [access.client for access in people_of(request.user)]
    own = self_of(request.user)
    asked = {name: request.GET.get(name, "") for name in ("practitioner", "location")}
    form = WaitForm(
        request.POST if request.method == "POST" else None,
        service=service,
        today=today_at(asked["location"], now=now),
        people=[(str(one.public_id), f"Me, {one}" if one == own else one.name) for one in people],
        initial={**asked, "for_whom": str(people[0].public_id) if people else ""},
    )
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, form, service)
    data = {**form.cleaned_data}
    chosen = data.pop("for_whom", "")
    person = next((one for one in people if str(one.public_id) == chosen), None)
    person = person or own or (people[0] if people else _myself(request, now))
    return _join(request, form, person, service, data, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
def wait_for_earlier(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask to be told when an earlier time than that of a visit opens."""
    visit = own_visit(request, public_id)
    now = timezone.now()
    form = WaitForm(
        request.POST if request.method == "POST" else None,
        service=visit.service,
        today=day_of(now, visit.zone),
        last_day=visit.starts_at.astimezone(visit.zone).date(),
        initial={"practitioner": visit.practitioner.slug, "location": visit.location.slug},
    )
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, form, visit.service, visit)
    assert visit.client is not None  # only holds have none
    return _join(
        request, form, visit.client, visit.service, form.cleaned_data, now=now, visit=visit
    )


@require_POST
def wait_no_longer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Leave the line."""
    mine = WaitlistEntry.objects.filter_for(Client.objects.acted_for_by(request.user))
    entry = get_object_or_404(mine, public_id=public_id)
    try:
        line.leave(entry, by=request.user, now=timezone.now())
        messages.success(request, "You have left the waiting list.")
    except BookingError as refusal:
        messages.warning(request, refusal.sentence)
    return redirect("my_sessions")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show a time that is kept; take it, leave it or take it back by POST."""
    try:
        found = read_offer_link(token)
    except BadLink:
        return wrong_link(request)
    if request.method != "POST":
        return _offer_page(request, found)
    by = request.user if request.user.is_authenticated else None
    try:
        if request.POST.get("answer") == "take":
            answers.accept(found, by=by, now=timezone.now())
        elif request.POST.get("answer") == "leave":
            answers.decline(found, by=by, now=timezone.now())
        elif request.POST.get("answer") == "undo" and _may_take_back(found, now=timezone.now()):
            calendar.undo(found.visit, by=by, now=timezone.now())
    except BookingError as refusal:
        return _offer_page(request, read_offer_link(token), refusal)
    return redirect("offer", token)


def _offer_page(
    request: HttpRequest, found: WaitlistOffer, refusal: BookingError | None = None
) -> HttpResponse:
    now = timezone.now()
    is_open = found.outcome == WaitlistOffer.Outcome.OPEN and found.until > now
    over = None if is_open or found.visit else HoldExpired()
    context = {
        "offer": found,
        "entry": found.entry,
        "zone": found.entry.location.zone,
        "is_open": is_open,
        "is_over": not is_open and found.outcome in ("open", "expired"),
        "problems": [(refusal.sentence, "")] if refusal else [],
        "times": _instead_of_offer(found, refusal or over, now=now),
        "hide_book_button": True,
        **(_taken(found, now=now) if found.visit else _to_take(found, now=now)),
    }
    status = refusal.status if refusal else 200
    response = render(request, "bookings/offer.html", context, status=status)
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def _to_take(found: WaitlistOffer, *, now: datetime) -> dict[str, Any]:
    """What is to be known before a time is taken; behind a link not what the session is for."""
    entry, clinic = found.entry, ClinicSettings.current()
    return {
        "minutes": entry.service.minutes,
        "price": entry.visit.price if entry.visit else entry.service.price,
        "rule": rule_for(found.starts_at, clinic, now=now),
    }


def _taken(found: WaitlistOffer, *, now: datetime) -> dict[str, Any]:
    """The session as it was taken, and what can be done about it, until it is changed."""
    visit, clinic = found.visit, ClinicSettings.current()
    assert visit is not None  # it was taken
    near = is_near(visit.starts_at, clinic, now=now)
    is_open = _stands_as_taken(found) and visit.starts_at > now
    way = way_by(visit_token(visit))
    return {
        "visit": visit,
        "stands": _stands_as_taken(found),
        "change": way.show if is_open and not near else "",
        "call_us": rule_for(visit.starts_at, clinic, now=now) if is_open and near else "",
        "undo": undo_of(visit, way, now=now) if found.entry.visit and is_open else None,
        "can_take_back": _may_take_back(found, now=now),
    }


def _stands_as_taken(found: WaitlistOffer) -> bool:
    """The link of an offer shows what was taken by it, and nothing that has become of it since."""
    visit = found.visit
    return visit is not None and not visit.is_cancelled and visit.starts_at == found.starts_at


def _may_take_back(found: WaitlistOffer, *, now: datetime) -> bool:
    """Whether the session was booked by this offer a moment ago; a move is undone as other moves are."""
    visit = found.visit
    if visit is None or visit.booked_at is None or found.entry.visit is not None:
        return False
    return _stands_as_taken(found) and now <= visit.booked_at + UNDO


def _instead_of_offer(
    found: WaitlistOffer, refusal: BookingError | None, *, now: datetime
) -> list[dict[str, str]]:
    """The next three: to book, or for a session that waited to move to them."""
    entry, clinic = found.entry, ClinicSettings.current()
    if entry.visit is None:
        table = Timetable(entry.service, entry.location, clinic, now, entry.practitioner)
        return times_instead(table, found.starts_at, refusal, times_of(table))
    stays = entry.visit
    table = Timetable(entry.service, stays.location, clinic, now, stays.practitioner, moving=stays)
    links = PageLinks(table, reverse("my_visit_move", args=[stays.public_id]))
    return times_instead(table, found.starts_at, refusal, links)


def _join(
    request: HttpRequest,
    form: WaitForm,
    person: Client,
    service: Service,
    data: dict[str, Any],
    *,
    now: datetime,
    visit: Appointment | None = None,
) -> HttpResponse:
    wish = {name: value for name, value in data.items() if name != "location"}
    try:
        line.join(person, service, data["location"], **wish, by=request.user, now=now, visit=visit)
    except BookingError as refusal:
        return _form_page(request, form, service, visit, refusal)
    messages.success(request, JOINED)
    return redirect("my_sessions")


def _form_page(
    request: HttpRequest,
    form: WaitForm,
    service: Service,
    visit: Appointment | None = None,
    refusal: BookingError | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "service": service,
        "visit": visit,
        "problems": [(refusal.sentence, "")] if refusal else [],
        "hide_book_button": True,
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "bookings/wait.html", context, status=status)


def _myself(request: HttpRequest, now: datetime) -> Client:
    name = getattr(request.user, "name", "") or request.user.get_username()
    return own_client(request.user, name=name, now=now)
