"""Booking in three screens: which service, what time, who."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings import calendar
from bookings.availability import free_slots, nearest_free, next_free
from bookings.clients import other_client, own_client
from bookings.directory import shown
from bookings.errors import BookingError, HoldExpired
from bookings.forms import CodeForm, SignedInForm, YouForm
from bookings.links import BadLink, read_booking_link
from bookings.models import Appointment, Client
from bookings.picking import DAYS_SHOWN, lay_out, read_start, value_of
from bookings.sign_in import TooManyTries, ask_code, check_code
from bookings.throttle import seconds_to_wait
from bookings.times import BadTime, Words, known_zone, read_day
from bookings.visitors import visitor_key
from practitioners.models import ClinicSettings, Location, Practitioner, Service

TYPED = "booking_typed"  # what a visitor typed, kept in the session until it is booked
INVITED = "booking_invited"


@login_not_required
@require_safe
def book_service(request: HttpRequest) -> HttpResponse:
    """Screen 1: choose a session and, if you like, a specialist."""
    now = timezone.now()
    person = shown(now=now).filter(slug=request.GET.get("practitioner", "")).first()
    services = Service.objects.published().distinct()
    if person:
        services = services.filter(practitioners=person)
    chosen = request.GET.get("service")
    if chosen and services.filter(slug=chosen).exists():
        wanted = {"practitioner": person.slug} if person else {}
        address = reverse("book_time", args=[chosen])
        return redirect(f"{address}?{urlencode(wanted)}" if wanted else address)
    been_here = request.GET.get("been") == "yes"
    if been_here:
        services = services.exclude(visit_type=Service.VisitType.FIRST)
    context = {
        "services": services,
        "people": shown(now=now),
        "person": person,
        "been_here": been_here,
        "nothing_chosen": "go" in request.GET and not chosen,
        "problems": [("Choose a session", "service-0")]
        if "go" in request.GET and not chosen
        else [],
        "hide_book_button": True,
    }
    return render(request, "bookings/book_service.html", context)


@login_not_required
@require_safe
def book_from(request: HttpRequest, token: str) -> HttpResponse:
    """Open booking with the choices of a mail already made."""
    try:
        service, practitioner, location, source_ref = read_booking_link(token)
    except BadLink:
        return redirect("book_service")
    request.session[INVITED] = source_ref
    query = urlencode({"practitioner": practitioner, "location": location})
    return redirect(f"{reverse('book_time', args=[service])}?{query}")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def book_time(request: HttpRequest, slug: str) -> HttpResponse:
    """Screen 2: choose a time; choosing keeps it for ten minutes."""
    service = Service.objects.published().filter(slug=slug).distinct().first()
    if service is None:
        return render(request, "bookings/gone.html", {"hide_book_button": True}, status=404)
    now = timezone.now()
    person = shown(now=now).filter(slug=request.GET.get("practitioner", "")).first()
    location = _location(request, service, person)
    if location is None:
        return time_page(request, service, person, None, now=now)
    if request.method != "POST":
        return time_page(request, service, person, location, now=now)
    visitor = visitor_key(request)
    wait = seconds_to_wait("hold", request, visitor)
    if wait:
        return too_many(request, wait)
    starts_at = read_start(request.POST.get("start", ""))
    if starts_at is None:
        return time_page(
            request, service, person, location, now=now, problem=("Choose a time", ""), status=422
        )
    try:
        calendar.hold(
            service, starts_at, practitioner=person, location=location, visitor=visitor, now=now
        )
    except BookingError as refusal:
        return time_page(
            request, service, person, location, now=now, refusal=refusal, wished=starts_at
        )
    return redirect("book_you", slug=service.slug)


def time_page(
    request: HttpRequest,
    service: Service,
    person: Practitioner | None,
    location: Location | None,
    *,
    now: datetime,
    refusal: BookingError | None = None,
    problem: tuple[str, str] | None = None,
    wished: datetime | None = None,
    status: int = 200,
    moving: Appointment | None = None,
    for_staff: bool = False,
) -> HttpResponse:
    """The page of days and times, also used for moving a visit."""
    if location is None:
        known = {"service": service, "person": person, "hide_book_button": True}
        return render(request, "bookings/no_times.html", known)
    clinic = ClinicSettings.current()
    words = Words(location.zone, clinic.time_style)
    today = now.astimezone(location.zone).date()
    first_day, date_problem = _first_day(request, today, location)
    wanted: dict[str, Any] = {
        "now": now,
        "practitioners": [person.pk] if person else None,
        "location": location,
        "visitor": "" if moving else visitor_key(request),
        "moving": moving,
        "for_staff": for_staff,
    }
    slots = free_slots(service, first_day=first_day, days=DAYS_SHOWN, **wanted)
    problems = [one for one in (problem, date_problem) if one]
    if refusal:
        problems.insert(0, (refusal.sentence, ""))
        status = refusal.status
    elif problems:
        status = 422
    near = nearest_free(service, around=wished, **wanted) if wished else []
    mine = request.COOKIES.get("zone", "")
    theirs = known_zone(mine, location.zone) if request.GET.get("zone") == "mine" else location.zone
    query = request.GET.copy()
    for name in ("from", "at", "date"):
        query.pop(name, None)
    context: dict[str, Any] = {
        "service": service,
        "person": person,
        "location": location,
        "locations": _locations(service, person),
        "days": lay_out(
            slots,
            first_day=first_day,
            words=words,
            theirs=theirs if theirs != location.zone else None,
        ),
        "chosen": request.POST.get("start") or request.GET.get("at"),
        "zone_line": words.zone_line(
            datetime.combine(first_day, datetime.min.time(), location.zone)
        ),
        "mine": mine if known_zone(mine, location.zone) != location.zone else "",
        "earlier": max(today, first_day - timedelta(days=DAYS_SHOWN))
        if first_day > today
        else None,
        "later": first_day + timedelta(days=DAYS_SHOWN),
        "query": query.urlencode(),
        "typed_date": request.GET.get("date", ""),
        "first_free": _first_free(service, slots, wanted, words) if not slots else None,
        "problems": problems,
        "has_errors": bool(problems),
        "times": [
            {"words": words.when(one.starts_at), "url": _start_url(request, one.starts_at)}
            for one in near
        ],
        "moving": moving,
        "hide_book_button": True,
    }
    return render(request, "bookings/book_time.html", context, status=status)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def book_you(request: HttpRequest, slug: str) -> HttpResponse:
    """Screen 3: who it is for; the code proves the address and books at once."""
    now = timezone.now()
    visitor = visitor_key(request)
    kept = _kept(visitor)
    if kept is None or kept.service.slug != slug:
        return redirect("book_time", slug=slug)
    if request.user.is_authenticated and not request.user.works_here:
        return _you_signed_in(request, kept, now=now)
    typed = request.session.get(TYPED, {})
    if request.method != "POST":
        form = YouForm(initial={"form_token": uuid.uuid4(), **typed})
        return _you_page(request, kept, form, now=now, asks_code=bool(typed.get("asked")))
    form = YouForm(request.POST)
    if not form.is_valid():
        return _you_page(request, kept, form, now=now, status=422, asks_code="code" in request.POST)
    data = form.cleaned_data
    request.session[TYPED] = {**_plain(data), "asked": True}
    if "code" not in request.POST or "again" in request.POST:
        wait = seconds_to_wait("sign_in_code", request, visitor)
        if wait:
            return _you_page(
                request, kept, form, now=now, refusal=TooManyTries(wait), asks_code=True
            )
        ask_code(data["email"], visitor=visitor, now=now)
        return _you_page(request, kept, form, now=now, asks_code=True)
    code_form = CodeForm(request.POST)
    if not code_form.is_valid():
        return _you_page(
            request, kept, form, now=now, asks_code=True, code_form=code_form, status=422
        )
    try:
        wait = seconds_to_wait("sign_in_try", request, visitor)
        if wait:
            raise TooManyTries(wait)
        user = check_code(visitor, data["email"], data_code(code_form), now=now)
        login(request, user)
        client = _client(user, data, now=now)
        return _confirm(request, kept, client, user, data, now=now)
    except BookingError as refusal:
        return _you_page(request, kept, form, now=now, refusal=refusal, asks_code=True)


def _you_signed_in(request: HttpRequest, kept: Appointment, *, now: datetime) -> HttpResponse:
    """Somebody we know: one press, or a new person to book for."""
    people = Client.objects.acted_for_by(request.user).order_by("pk")
    if not people:
        own_client(request.user, name=request.user.name or request.user.email, now=now)
        people = Client.objects.acted_for_by(request.user).order_by("pk")
    if request.method != "POST":
        form = SignedInForm(people=people, initial={"form_token": uuid.uuid4()})
        return _you_page(request, kept, form, now=now)
    form = SignedInForm(request.POST, people=people)
    if not form.is_valid():
        return _you_page(request, kept, form, now=now, status=422)
    client = get_object_or_404(people, public_id=form.cleaned_data["client"])
    try:
        return _confirm(request, kept, client, request.user, form.cleaned_data, now=now)
    except BookingError as refusal:
        return _you_page(request, kept, form, now=now, refusal=refusal)


def _confirm(
    request: HttpRequest,
    kept: Appointment,
    client: Client,
    user: Any,
    data: dict[str, Any],
    *,
    now: datetime,
) -> HttpResponse:
    visitor = visitor_key(request)
    wait = seconds_to_wait("book", request, visitor)
    if wait:
        raise TooManyTries(wait)
    visit = calendar.confirm(
        visitor,
        client=client,
        by=user,
        form_token=data["form_token"],
        client_note=data.get("note", ""),
        source_ref=request.session.get(INVITED, ""),
        now=now,
    )
    for key in (TYPED, INVITED):
        request.session.pop(key, None)
    return redirect("booked", public_id=visit.public_id)


def _you_page(
    request: HttpRequest,
    kept: Appointment,
    form: Any,
    *,
    now: datetime,
    refusal: BookingError | None = None,
    asks_code: bool = False,
    code_form: CodeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    clinic = ClinicSettings.current()
    words = Words(kept.zone, clinic.time_style)
    is_over = kept.held_until is None or kept.held_until <= now
    problems = [(refusal.sentence, "")] if refusal else []
    near = []
    if isinstance(refusal, HoldExpired) and not refusal.details.get("is_still_free"):
        near = nearest_free(kept.service, around=kept.starts_at, now=now, location=kept.location)
    context = {
        "kept": kept,
        "form": form,
        "code_form": code_form or CodeForm(),
        "asks_code": asks_code,
        "kept_until": words.time(kept.held_until) if kept.held_until else "",
        "is_over": is_over,
        "can_extend": not is_over and _can_extend(kept, clinic),
        "problems": problems,
        "has_errors": bool(problems or form.errors or (code_form and code_form.errors)),
        "times": [
            {
                "words": words.when(one.starts_at),
                "url": f"{reverse('book_time', args=[kept.service.slug])}?at={value_of(one.starts_at)}",
            }
            for one in near
        ],
        "policy": clinic.policy,
        "hide_book_button": True,
    }
    response = render(
        request, "bookings/book_you.html", context, status=refusal.status if refusal else status
    )
    if refusal and refusal.details.get("seconds"):
        response["Retry-After"] = str(refusal.details["seconds"])
    return response


@login_not_required
@require_POST
def keep_longer(request: HttpRequest) -> HttpResponse:
    """Keep the time five minutes more, or book it again if it has run out and is free."""
    now = timezone.now()
    visitor = visitor_key(request)
    kept = _kept(visitor)
    if kept is None:
        return redirect("book_service")
    try:
        if calendar.live_hold(visitor, now=now):
            calendar.extend_hold(visitor, now=now)
        else:
            calendar.hold(
                kept.service,
                kept.starts_at,
                practitioner=kept.practitioner,
                location=kept.location,
                visitor=visitor,
                now=now,
            )
    except BookingError as refusal:
        return time_page(
            request,
            kept.service,
            kept.practitioner,
            kept.location,
            now=now,
            refusal=refusal,
            wished=kept.starts_at,
        )
    return redirect("book_you", slug=kept.service.slug)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    """Say how long to wait."""
    refusal = TooManyTries(seconds)
    context = {
        "heading": "Too many tries",
        "sentences": [refusal.sentence],
        "hide_book_button": True,
    }
    response = render(request, "errors/page.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response


def data_code(form: CodeForm) -> str:
    return str(form.cleaned_data["code"])


def _client(user: Any, data: dict[str, Any], *, now: datetime) -> Client:
    client = own_client(user, name=data["name"], phone=data.get("phone") or "", now=now)
    if data["for_whom"] != "other":
        return client
    return other_client(
        user,
        name=data["other_name"],
        date_of_birth=data.get("date_of_birth"),
        relation=data.get("relation") or "other",
        now=now,
    )


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """What was typed, in a form that a session can hold."""
    kept = {name: str(value) for name, value in data.items() if value not in (None, "")}
    if data.get("date_of_birth"):
        kept["date_of_birth"] = data["date_of_birth"].isoformat()
    return kept


def _kept(visitor: str) -> Appointment | None:
    """The time this visitor chose last, whether or not it has run out."""
    return Appointment.objects.held_for(visitor).first()


def _can_extend(kept: Appointment, clinic: ClinicSettings) -> bool:
    longest = kept.created_at + timedelta(
        minutes=clinic.hold_minutes + clinic.hold_extension_minutes
    )
    return kept.held_until is not None and kept.held_until < longest - timedelta(seconds=5)


def _locations(service: Service, person: Practitioner | None) -> list[Location]:
    places = Location.objects.offering(service)
    return list(places.worked_at_by(person) if person else places)


def _location(
    request: HttpRequest, service: Service, person: Practitioner | None
) -> Location | None:
    places = _locations(service, person)
    wanted = request.GET.get("location", "")
    return next((one for one in places if one.slug == wanted), places[0] if places else None)


def _first_day(request: HttpRequest, today: Any, location: Location) -> tuple[Any, Any]:
    """The first day shown and what was wrong with the date that was typed."""
    at = read_start(request.GET.get("at", ""))
    if at:
        return max(today, at.astimezone(location.zone).date()), None
    for name in ("date", "from"):
        text = request.GET.get(name)
        if not text:
            continue
        try:
            day = read_day(text)
        except BadTime as problem:
            return today, (problem.sentence, "jump")
        if day < today:
            return today, ("Choose a date from today on.", "jump") if name == "date" else None
        return day, None
    return today, None


def _first_free(
    service: Service, slots: Any, wanted: dict[str, Any], words: Words
) -> dict[str, Any] | None:
    """The soonest free start when the days shown have none."""
    people = wanted["practitioners"] or list(service.practitioners.values_list("pk", flat=True))
    found = next_free(
        [service.pk], practitioners=people, now=wanted["now"], location=wanted["location"]
    )
    starts = sorted(slot.starts_at for several in found.values() for slot in several)
    if not starts:
        return None
    return {"words": words.short(starts[0]), "at": value_of(starts[0])}


def _start_url(request: HttpRequest, starts_at: datetime) -> str:
    query = request.GET.copy()
    query["at"] = value_of(starts_at)
    return f"{request.path}?{query.urlencode()}"
