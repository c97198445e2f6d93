"""The week at the desk: seven days of one person, or one day of everybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.calendar.putting_back import changed_lately
from bookings.days_off import days_off, nobody_in
from bookings.desk_days import DAY, day_asked, whose_calendar
from bookings.kept_times import Kept, kept_around
from bookings.models import Appointment
from bookings.outside_hours import Hours
from bookings.week import Column, lay_out
from bookings.working_hours import Stretch
from practitioners.clocks import desk_zone
from practitioners.models import ClinicSettings, Practitioner

WEEK = 7


@require_safe
def desk_week(request: HttpRequest) -> HttpResponse:
    """Visits as a grid; on a phone, and read aloud, a list by day or by person."""
    if not request.user.works_here:
        raise PermissionDenied
    person, people = whose_calendar(request.user, request.GET)
    now, zone = timezone.now(), desk_zone(person)
    today = now.astimezone(zone).date()
    day, problem = day_asked(request.GET, today)
    monday = day - (day.isoweekday() - 1) * DAY
    columns = (
        _columns(request, [person], monday, WEEK, zone=zone, now=now)
        if person
        else _columns(request, people, day, 1, zone=zone, now=now)
    )
    visits = Appointment.objects.handled_by(request.user).filter(practitioner__in=people)
    context = {
        "changed": changed_lately(
            visits.filter(practitioner=person) if person else visits, now=now
        ),
        "grid": lay_out(columns, style=ClinicSettings.current().time_style, now=now),
        "day": day,
        "today": today,
        "days": [monday + offset * DAY for offset in range(WEEK)],
        "before": day - WEEK * DAY,
        "after": day + WEEK * DAY,
        "person": person,
        "people": people,
        "whose": person.slug if person else "all",
        "problems": [(problem, "day")] if problem else [],
        "typed": request.GET.get("day", "") if problem else "",
        "visits": sum(len(column.visits) for column in columns),
    }
    status = 422 if problem else 200
    return render(request, "bookings/desk_week.html", context, status=status)


def _columns(
    request: HttpRequest,
    people: list[Practitioner],
    first_day: date,
    days: int,
    *,
    zone: ZoneInfo,
    now: datetime,
) -> list[Column]:
    """A column per day and person, with visits, hours and what is kept. Seven queries at most."""
    visits = Appointment.objects.handled_by(request.user).standing().with_details()
    visits = visits.filter(practitioner__in=people).around(first_day, days=days)
    hours = Hours(people, first_day, first_day + (days - 1) * DAY)
    windows = hours.windows()
    by_place: dict[Any, list[Appointment]] = {}
    for visit in visits:
        by_place.setdefault((visit.practitioner_id, visit.local_day), []).append(visit)
    kept: dict[Any, list[Kept]] = {}
    for one in kept_around(request.user, people, first_day, days=days, now=now):
        kept.setdefault((one.hold.practitioner_id, one.hold.local_day), []).append(one)
    columns = [
        _column(
            on,
            person,
            by_place.get((person.pk, on), []),
            windows.get((person.pk, on), []),
            kept.get((person.pk, on), []),
            hours.zone_of(person, on) or zone,
        )
        for person in people
        for on in (first_day + offset * DAY for offset in range(days))
    ]
    for column in columns:
        column.days_off = days_off(
            hours.time_off, column.person, column.on, column.zone, seen_by=request.user
        )
        column.nobody_in = nobody_in(hours, column.visits, now=now)
    return columns


def _column(
    on: date,
    person: Practitioner,
    visits: list[Appointment],
    hours: list[Stretch],
    kept: list[Kept],
    zone: ZoneInfo,
) -> Column:
    """The wall clock of a column is that of where its person is on that day, else the one given."""
    there = [*visits, *(one.hold for one in kept)]
    clock = hours[0][0].tzinfo if hours else there[0].zone if there else zone
    assert isinstance(clock, ZoneInfo)
    return Column(on, person, clock, visits, hours, kept)
