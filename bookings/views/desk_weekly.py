"""The weekly hours of one person: seen, added to, changed and taken away at the desk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.errors import BookingError
from bookings.hours_forms import HoursForm
from bookings.outside_hours import MOST, left_outside, left_without
from bookings.wall_clock import day_of
from bookings.weekly_forms import WeeklyHoursForm, as_it_is, first_guess
from bookings.weekly_hours import (
    add_weekly,
    beyond_opening,
    change_weekly,
    coming_weeks,
    remove_weekly,
)
from practitioners.clocks import own_zone
from practitioners.models import Availability, Practitioner

WHILE = {"away": "in a time off", "closed": "on a day on which the clinic is closed"}
SAVED = "The weekly hours of {} are saved."
NOBODY_IN = " Some booked sessions are outside of them now: they are listed below."
IN_ANY_CASE = " Some booked sessions stay {}: they are listed below."


@require_safe
def desk_weekly(request: HttpRequest) -> HttpResponse:
    """When somebody is in, week after week."""
    people = _people(request)
    person = _person(request, people)
    context = {
        "person": person,
        "rows": coming_weeks(person, today=_today(person, timezone.now())),
        "form": HoursForm(user=request.user, initial={"practitioner": person.slug}),
        "several": len(people) > 1,
    }
    return render(request, "bookings/desk_weekly.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_weekly_new(request: HttpRequest) -> HttpResponse:
    """Add hours on one or several days of the week."""
    person = _person(request, _people(request))
    now = timezone.now()
    form = WeeklyHoursForm(_sent(request), today=_today(person, now), initial=first_guess(person))
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, form, person, "Add weekly hours")
    try:
        add_weekly(person, **form.cleaned_data, by=request.user, now=now)
    except BookingError as refusal:
        return _form_page(request, form, person, "Add weekly hours", refusal)
    say_beyond(request, form.cleaned_data, form.cleaned_data["weekdays"])
    return _done(request, person, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_weekly_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change from when to when, where, or how long some weekly hours count."""
    row = _row(request, pk)
    person, now = row.practitioner, timezone.now()
    heading = f"Hours on {row.get_weekday_display()}"
    form = WeeklyHoursForm(
        _sent(request), today=_today(person, now), row=row, initial=as_it_is(row)
    )
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, form, person, heading)
    for name, value in form.cleaned_data.items():
        setattr(row, name, value)
    try:
        change_weekly(row, by=request.user, now=now)
    except BookingError as refusal:
        return _form_page(request, form, person, heading, refusal)
    say_beyond(request, form.cleaned_data, [row.weekday])
    return _done(request, person, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_weekly_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once, with the sessions that would be left outside, then let somebody no longer be in then."""
    row = _row(request, pk)
    person, now = row.practitioner, timezone.now()
    if request.method != "POST":
        return _remove_page(request, row, now=now)
    try:
        remove_weekly(row, by=request.user, now=now)
    except BookingError as refusal:
        return _remove_page(request, row, now=now, refusal=refusal)
    return _done(request, person, now=now)


def say_beyond(request: HttpRequest, hours: dict[str, Any], weekdays: Iterable[int]) -> None:
    """Point out hours in which the place is closed, for whoever has slipped."""
    said = beyond_opening(hours["location"], weekdays, hours["starts_at"], hours["ends_at"])
    if said:
        messages.warning(request, said)


def _people(request: HttpRequest) -> list[Practitioner]:
    """Whose hours this user changes. Raises PermissionDenied for somebody who changes none."""
    if not request.user.changes_hours:
        raise PermissionDenied
    return list(Practitioner.objects.hours_changed_by(request.user))


def _person(request: HttpRequest, people: list[Practitioner]) -> Practitioner:
    """The one asked for, else the first. Raises Http404 for somebody else's, or when there is nobody."""
    slug = request.GET.get("practitioner", "")
    found = next((one for one in people if slug in ("", one.slug)), None)
    if found is None:
        raise Http404
    return found


def _row(request: HttpRequest, pk: int) -> Availability:
    return get_object_or_404(Availability, pk=pk, practitioner__in=_people(request))


def _today(person: Practitioner, now: datetime) -> Any:
    return day_of(now, own_zone(person))


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _page_of(person: Practitioner) -> str:
    return f"{reverse('desk_weekly')}?practitioner={person.slug}"


def _done(request: HttpRequest, person: Practitioner, *, now: datetime) -> HttpResponse:
    """Back to the week; or, where sessions are left without anybody, to the list of those."""
    said = SAVED.format(person.name)
    reasons = {one.reason for one in left_outside([person.pk], now=now)}
    if reasons:
        others = " or ".join(WHILE[reason] for reason in WHILE if reason in reasons)
        is_by_hours = "outside" in reasons
        messages.warning(request, said + (NOBODY_IN if is_by_hours else IN_ANY_CASE.format(others)))
        return redirect(f"{reverse('desk_hours')}#outside")
    messages.success(request, said)
    return redirect(_page_of(person))


def _remove_page(
    request: HttpRequest, row: Availability, *, now: datetime, refusal: BookingError | None = None
) -> HttpResponse:
    outside = left_without(row, now=now)
    context = {
        "row": row,
        "person": row.practitioner,
        "week_url": _page_of(row.practitioner),
        "outside": outside[:MOST],
        "more": len(outside[MOST:]),
        "problems": [(refusal.sentence, "")] if refusal else [],
    }
    status = refusal.status if refusal else 200
    return render(request, "bookings/desk_weekly_remove.html", context, status=status)


def _form_page(
    request: HttpRequest,
    form: WeeklyHoursForm,
    person: Practitioner,
    heading: str,
    refusal: BookingError | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "person": person,
        "heading": heading,
        "problems": [(refusal.sentence, "id_starts_at")] if refusal else [],
    }
    status = refusal.status if refusal else form.wrong_status if form.is_bound else 200
    return render(request, "bookings/desk_weekly_form.html", context, status=status)
