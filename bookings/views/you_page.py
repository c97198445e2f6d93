"""How the third screen looks, and which page answers when a booking is refused on it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from bookings import calendar
from bookings.clients import most_at_once, people_of
from bookings.errors import (
    AlreadyUsed,
    Away,
    BookingError,
    Busy,
    Changed,
    ChosenElsewhere,
    Closed,
    DailyLimit,
    HoldExpired,
    InThePast,
    NoRoom,
    NotCertified,
    NotOffered,
    OffGrid,
    OutsideHours,
    SlotTaken,
    TooFar,
    TooSoon,
)
from bookings.forms import CodeForm, SignedInForm, WhomForm, YouForm
from bookings.instead import times_instead, times_of
from bookings.models import Appointment, ClientAccess
from bookings.notice import rule_for
from bookings.paging import PageLinks
from bookings.picking import shown_value, value_of
from bookings.refusals import why_not
from bookings.remembered import asked_address, asked_for_before, chosen_time, typed_before
from bookings.sign_in import OTHER_ADDRESS, TooManyTries, WrongCode, has_changed
from bookings.times import Words, money, place
from bookings.timetable import Timetable
from bookings.views.times import BUSY_SECONDS, gone, time_page
from bookings.visitors import known_visitor, visitor_key
from practitioners.models import ClinicSettings, Practitioner, Service

STILL_FREE = (
    "We kept this time for {minutes} minutes. It is still free: book now, or choose another."
)
SINCE_TAKEN = "We kept this time for {minutes} minutes. It has since been taken."
ANOTHER_TOOK_IT = (
    "We kept this time with {name} for {minutes} minutes. It has since been taken. "
    "These are the times of everybody who gives this session."
)
# Refusals after which this time cannot be had; any other leaves the page as it is.
TIME_IS_GONE = (
    SlotTaken, NoRoom, InThePast, TooSoon, TooFar, OutsideHours, Closed, Away, OffGrid,
    NotCertified, NotOffered, DailyLimit,
)  # fmt: skip
SPARE_SECONDS = 5


def kept_time(request: HttpRequest, slug: str) -> Appointment | None:
    """The time this visitor chose last, whether it is kept, has run out, or is gone."""
    visitor = known_visitor(request)
    row = calendar.kept_for(visitor) if visitor else None
    if row is None:
        return chosen_time(request.session, slug)
    return row if row.service.slug == slug else None


def is_over(kept: Appointment, *, now: datetime) -> bool:
    """Tell whether the minutes of a kept time have run out."""
    return kept.held_until is None or kept.held_until <= now


def details_form(request: HttpRequest) -> YouForm:
    """The form of somebody who is not signed in, as sent."""
    return YouForm(request.POST)


def signed_in_form(request: HttpRequest) -> SignedInForm:
    """The form of somebody we know, as sent."""
    return SignedInForm(request.POST, **known_people(request))


def blank_form(request: HttpRequest, *, now: datetime) -> WhomForm:
    """A new form with what was typed before."""
    boxes = typed_before(request.session, now=now)
    boxes["date_of_birth"] = [boxes.pop(f"date_of_birth_{number}", "") for number in range(3)]
    initial = {**boxes, "form_token": uuid.uuid4()}
    if request.user.is_authenticated:
        return SignedInForm(initial=initial, **known_people(request))
    return YouForm(initial=initial)


def known_people(request: HttpRequest) -> dict[str, Any]:
    """Whom a login may book for, and how many sessions at once."""
    access = people_of(request.user)
    own = next((one.client for one in access if one.relation == ClientAccess.Relation.SELF), None)
    return {"own": own, "people": [one.client for one in access], "most": most_at_once(access)}


def you_page(
    request: HttpRequest,
    kept: Appointment,
    form: WhomForm,
    *,
    now: datetime,
    code_form: CodeForm | None = None,
    refusal: BookingError | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the form beside what is being booked, and until when it is kept."""
    sent_to = asked_address(request.session, now=now) if isinstance(form, YouForm) else ""
    asks_code = bool(sent_to)
    over = is_over(kept, now=now)
    code_form = code_form or CodeForm()
    if isinstance(refusal, WrongCode):
        _say_wrong(form, code_form, refusal, sent_to=sent_to)
    is_said = form.errors or code_form.errors
    problems = [(refusal.sentence, _anchor(refusal))] if refusal and not is_said else []
    context = {
        "kept": kept,
        "form": form,
        "forms": [code_form] if asks_code else [],
        "code_form": code_form,
        "asks_code": asks_code,
        "sent_to": sent_to,
        "is_over": over,
        "problems": problems,
        "has_errors": bool(problems or form.errors or code_form.errors),
        "times": times_instead(
            _table(request, kept, now=now),
            kept.starts_at,
            refusal,
            links_from(request, kept, now=now),
        ),
        "hide_book_button": True,
        **keeping(request, kept, now=now),
    }
    code = refusal.status if refusal else status
    response = render(request, "bookings/book_you.html", context, status=code)
    wait = BUSY_SECONDS if isinstance(refusal, Busy) else refusal and refusal.details.get("seconds")
    if wait:
        response["Retry-After"] = str(wait)
    return response


def _say_wrong(form: WhomForm, code_form: CodeForm, refusal: WrongCode, *, sent_to: str) -> None:
    """Say at its box that a code is wrong, or that it went to another address."""
    if has_changed(form.cleaned_data["email"], asked=sent_to):
        form.add_error("email", OTHER_ADDRESS.format(address=sent_to))
    else:
        code_form.refuse(refusal.sentence)


def _anchor(refusal: BookingError) -> str:
    return "id_code" if isinstance(refusal, TooManyTries) else ""


def keeping(request: HttpRequest, kept: Appointment, *, now: datetime) -> dict[str, Any]:
    """Until when the time is kept, in the words of its place, and whether longer is possible."""
    clinic = ClinicSettings.current()
    words = Words(kept.zone, clinic.time_style)
    until = kept.held_until
    longest = timedelta(minutes=clinic.hold_minutes + clinic.hold_extension_minutes)
    return {
        "still_free": STILL_FREE.format(minutes=clinic.hold_minutes),
        "kept_until": f"{words.time(until)}, {place(kept.zone)} time" if until else "",
        "can_extend": until is not None
        and until > now
        and until < kept.created_at + longest - timedelta(seconds=SPARE_SECONDS),
        "extension": clinic.hold_extension_minutes,
        "rule": rule_for(kept.starts_at, clinic, now=now),
        "give_back": value_of(kept.starts_at),
        "shown": shown_value(kept),
        "times_url": links_from(request, kept, now=now).at(kept.starts_at),
        "with_whom": "" if asked_for_before(request.session).anybody else kept.practitioner.slug,
    }


def links_from(request: HttpRequest, kept: Appointment, *, now: datetime) -> PageLinks:
    """Addresses of the times that this one was chosen from: of the specialist, or of anybody."""
    zone = asked_for_before(request.session).zone
    return times_of(_table(request, kept, now=now), zone=zone)


def _table(request: HttpRequest, kept: Appointment, *, now: datetime) -> Timetable:
    person = None if asked_for_before(request.session).anybody else kept.practitioner
    clinic, visitor = ClinicSettings.current(), known_visitor(request)
    return Timetable(kept.service, kept.location, clinic, now, person, visitor)


def run_out(request: HttpRequest, kept: Appointment, *, now: datetime) -> HttpResponse | None:
    """Answer for a time that is no longer kept: None while it can still be had."""
    reason = why_not(
        kept.service,
        kept.practitioner,
        kept.location,
        kept.starts_at,
        now=now,
        visitor=known_visitor(request),
    )
    if reason is None:
        return None
    anybody = asked_for_before(request.session).anybody
    name = kept.practitioner.name if anybody else ""
    return _other_times(request, kept, _since_taken(reason, name), now=now)


def _since_taken(reason: BookingError, name: str) -> BookingError:
    """Say that the minutes were over when somebody else took the time; else the reason itself.

    With a name, where others may be free at the very time: this specialist no longer is.
    """
    if reason.status != HoldExpired.status:
        return reason
    minutes = ClinicSettings.current().hold_minutes
    if not name:
        return HoldExpired(SINCE_TAKEN.format(minutes=minutes))
    return HoldExpired(ANOTHER_TOOK_IT.format(minutes=minutes, name=name), of=name)


def refused(
    request: HttpRequest, kept: Appointment | None, refusal: BookingError, *, now: datetime
) -> HttpResponse | None:
    """Choose the page for a booking that was refused. None when there is no time to speak of."""
    if isinstance(refusal, AlreadyUsed):
        return _already_used(request, refusal)
    if kept is None:
        return None
    if isinstance(refusal, HoldExpired):
        return run_out(request, kept, now=now) or _again(request, kept, _still_free(), now=now)
    if isinstance(refusal, Changed) and not isinstance(refusal, ChosenElsewhere):
        return _changed(request, kept, now=now)
    if isinstance(refusal, TIME_IS_GONE):
        return _other_times(request, kept, refusal, now=now)
    return _again(request, kept, refusal, now=now)


def _still_free() -> HoldExpired:
    minutes = ClinicSettings.current().hold_minutes
    return HoldExpired(STILL_FREE.format(minutes=minutes))


def _again(
    request: HttpRequest, kept: Appointment, refusal: BookingError, *, now: datetime
) -> HttpResponse:
    """The same page with the sentence, for one more press."""
    return you_page(request, kept, blank_form(request, now=now), now=now, refusal=refusal)


def _changed(request: HttpRequest, kept: Appointment, *, now: datetime) -> HttpResponse:
    """Keep the time at today's price and length, and say what is new about it."""
    try:
        fresh = calendar.hold(
            kept.service,
            kept.starts_at,
            practitioner=kept.practitioner,
            location=kept.location,
            visitor=visitor_key(request),
            now=now,
        )
    except BookingError as refusal:
        return _other_times(request, kept, refusal, now=now)
    clinic = ClinicSettings.current()
    price, minutes = money(fresh.price, clinic.currency), fresh.service.minutes
    sentence = f"This session has changed: it is now {minutes} minutes for {price}."
    news = Changed(f"{sentence} Nothing is booked yet: book now, or choose another.")
    return _again(request, fresh, news, now=now)


def _other_times(
    request: HttpRequest, kept: Appointment, refusal: BookingError, *, now: datetime
) -> HttpResponse:
    """The page of times around one that can no longer be had."""
    service = Service.objects.published().filter(pk=kept.service_id).distinct().first()
    if service is None:
        return gone(request, status=409)
    table = replace(_table(request, kept, now=now), service=service)
    if table.person:
        people = Practitioner.objects.bookable(on=now.date())
        table = replace(table, person=people.filter(pk=table.person.pk, services=service).first())
    return time_page(
        request,
        table,
        refusal=refusal,
        wished=kept.starts_at,
        status=409,
        address=reverse("book_time", args=[service.slug]),
    )


def _already_used(request: HttpRequest, refusal: AlreadyUsed) -> HttpResponse:
    """The form was sent before with other answers: show what it booked."""
    visit = refusal.details["appointment"]
    is_mine = visit.booked_by_id == request.user.pk
    context = {
        "problems": [(refusal.sentence, "")],
        "visit": visit if is_mine else None,
        "hide_book_button": True,
    }
    return render(request, "bookings/already_used.html", context, status=refusal.status)
