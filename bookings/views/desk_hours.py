"""Blocking time and opening more hours at the desk."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.desk_days import day_asked
from bookings.desk_hours import block, coming, open_more, remove, say_opened, visits_inside
from bookings.errors import Busy, InThePast
from bookings.hours_forms import ExtraHoursForm, HoursForm, TimeOffForm
from bookings.outside_hours import left_outside
from bookings.views.desk_weekly import say_beyond
from practitioners.clocks import clinic_zone, own_zone
from practitioners.models import ClinicSettings, ExtraHours, Practitioner, TimeOff

PAGE, LAST_PAGE = 20, 50  # of visits that nobody is in for


@require_safe
def desk_hours(request: HttpRequest) -> HttpResponse:
    """What is to come beside the weekly hours, and the visits that nobody is in for."""
    everybody = _people(request)
    now = timezone.now()
    today = now.astimezone(clinic_zone()).date()
    slug = request.GET.get("practitioner", "")
    people = [one for one in everybody if slug == one.slug] or everybody
    number = _number(request)
    outside = left_outside(
        [one.pk for one in people], now=now, first=(number - 1) * PAGE, count=PAGE + 1
    )
    whose, day = people[0] if len(people) == 1 else None, _day(request)
    come_from = {"practitioner": whose.slug} if whose else {}
    come_from |= {"day": f"{day}"} if day else {}
    context = {
        "everybody": everybody,
        "come_from": urlencode(come_from),
        "day": day,
        "whose": whose,
        "coming": coming(people, now=now, today=today),
        "outside": outside[:PAGE],
        "before": number - 1,
        "after": number + 1 if len(outside) > PAGE else 0,
    }
    return render(request, "bookings/desk_hours.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_time_off_new(request: HttpRequest) -> HttpResponse:
    """Block time; the answer lists the visits inside."""
    _people(request)
    form = TimeOffForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        initial=_initial(request, "first_day"),
    )
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, form, "Block time", "Block this time")
    data = form.cleaned_data
    try:
        away = block(
            data["practitioner"],
            data["starts_at"],
            data["ends_at"],
            reason=data["reason"],
            by=request.user,
            now=timezone.now(),
        )
    except InThePast as over:
        form.add_error("first_day", over.sentence)
        return _form_page(request, form, "Block time", "Block this time")
    except Busy as busy:
        return _form_page(request, form, "Block time", "Block this time", busy)
    return redirect("desk_time_off", away.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def desk_extra_hours_new(request: HttpRequest) -> HttpResponse:
    """Open more hours on one day."""
    _people(request)
    form = ExtraHoursForm(
        request.POST if request.method == "POST" else None,
        user=request.user,
        initial=_initial(request, "on"),
    )
    if not (form.is_bound and form.is_valid()):
        return _form_page(request, form, "Open more hours", "Open these hours")
    data = {**form.cleaned_data}
    try:
        more = open_more(data.pop("practitioner"), **data, by=request.user, now=timezone.now())
    except InThePast as over:
        form.add_error("on", over.sentence)
        return _form_page(request, form, "Open more hours", "Open these hours")
    except Busy as busy:
        return _form_page(request, form, "Open more hours", "Open these hours", busy)
    style = ClinicSettings.current().time_style
    said, is_open = say_opened(more, style=style, now=timezone.now())
    messages.add_message(request, messages.SUCCESS if is_open else messages.WARNING, said)
    if is_open:
        say_beyond(request, data, [data["on"].isoweekday()])
    return redirect("desk_hours")


@require_safe
def desk_time_off(request: HttpRequest, pk: int) -> HttpResponse:
    """One time off, with the visits inside and a way to move each."""
    away = get_object_or_404(TimeOff, pk=pk, practitioner__in=_people(request))
    inside = visits_inside(away, now=timezone.now())
    context = {"away": away, "inside": inside, "zone": own_zone(away.practitioner)}
    return render(request, "bookings/desk_time_off.html", context)


@require_POST
def desk_time_off_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a blocked time again."""
    return _remove(request, TimeOff, pk, "That time can be booked again.")


@require_POST
def desk_extra_hours_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take extra hours back; visits in them are listed as outside the hours."""
    return _remove(request, ExtraHours, pk, "Those extra hours are gone.")


def _remove(request: HttpRequest, model: Any, pk: int, said: str) -> HttpResponse:
    row = get_object_or_404(model, pk=pk, practitioner__in=_people(request))
    try:
        remove(row, by=request.user, now=timezone.now())
        messages.success(request, said)
    except Busy as busy:
        messages.warning(request, busy.sentence)
    return redirect("desk_hours")


def _people(request: HttpRequest) -> list[Practitioner]:
    """Whose hours this user changes. Raises PermissionDenied for somebody who changes none."""
    if not request.user.changes_hours:
        raise PermissionDenied
    return list(Practitioner.objects.hours_changed_by(request.user))


def _number(request: HttpRequest) -> int:
    """Which page of visits is asked for; the first where that is none."""
    asked = request.GET.get("page", "")
    is_one = asked.isascii() and asked.isdigit() and len(asked) < 6
    return min(max(int(asked), 1), LAST_PAGE) if is_one else 1


def _initial(request: HttpRequest, day_name: str) -> dict[str, Any]:
    """Whose day somebody comes from, as far as that is said."""
    day = _day(request)
    found: dict[str, Any] = {"practitioner": request.GET.get("practitioner", "")}
    return {**found, day_name: day} if day else found


def _day(request: HttpRequest) -> date | None:
    """The day that somebody comes from, unless it is over or none."""
    today = timezone.now().astimezone(clinic_zone()).date()
    day, problem = day_asked(request.GET, today)
    return day if request.GET.get("day") and not problem and day >= today else None


def _form_page(
    request: HttpRequest, form: HoursForm, heading: str, button: str, refusal: Any = None
) -> HttpResponse:
    context = {
        "form": form,
        "heading": heading,
        "button": button,
        "problems": [(refusal.sentence, "")] if refusal else [],
    }
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "bookings/desk_hours_form.html", context, status=status)
