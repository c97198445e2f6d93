"""The day at the desk: a table of visits, each with its next step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.calendar.putting_back import undoable
from bookings.days_off import DayOff, days_off, nobody_in
from bookings.desk_days import DAY, bounds, day_asked, whose_calendar
from bookings.desk_marks import next_marks
from bookings.kept_times import kept_around
from bookings.models import Appointment, Task
from bookings.outside_hours import Hours
from bookings.times import say_day
from practitioners.clocks import desk_zone
from practitioners.models import Practitioner
from treatment_plans.models import Review


@require_safe
def desk_day(request: HttpRequest) -> HttpResponse:
    """The day as a table: practitioners see theirs, the desk everybody's."""
    if not request.user.works_here:
        raise PermissionDenied
    person, people = whose_calendar(request.user, request.GET)
    now, zone = timezone.now(), desk_zone(person)
    today = now.astimezone(zone).date()
    day, problem = day_asked(request.GET, today)
    visits = Appointment.objects.handled_by(request.user).with_details()
    visits = visits.filter(practitioner=person) if person else visits
    _, end = bounds(day, zone)
    on_the_day = [visit for visit in visits.around(day, days=1) if visit.local_day == day]
    undo = undoable(on_the_day, now=now)
    whose = [person] if person else people
    hours = Hours(whose, day, day)
    nobody = nobody_in(hours, on_the_day, now=now)
    rows: list[dict[str, Any]] = [
        {
            "visit": visit,
            "actions": next_marks(visit, now=now),
            "undo": undo.get(visit.pk),
            "nobody_in": nobody.get(visit.pk, ""),
        }
        for visit in on_the_day
    ]
    kept = kept_around(request.user, whose, day, days=1, now=now)
    rows += [{"kept": one, "visit": one.hold} for one in kept if one.hold.local_day == day]
    rows.sort(key=lambda row: row["visit"].starts_at.astimezone(row["visit"].zone).time())
    later = visits.standing().filter(starts_at__gte=end).order_by("starts_at")
    context = {
        "day": day,
        "said_day": say_day(day, today=today),
        "today": today,
        "before": day - DAY,
        "after": day + DAY,
        "rows": rows,
        "away": _away(hours, whose, day, zone, seen_by=request.user),
        "is_out": bool(person) and not hours.windows(),
        "names_places": len({row["visit"].location.time_zone for row in rows}) > 1,
        "next_visit": later.first() if not rows else None,
        "reviews_due": Review.objects.waiting_for(request.user).count(),
        "open_tasks": Task.objects.visible_to(request.user).open().count(),
        "person": person,
        "people": people,
        "whose": request.GET.get("practitioner", ""),
        "problems": [(problem, "day")] if problem else [],
        "typed": request.GET.get("day", "") if problem else "",
    }
    return render(request, "treatment_plans/desk_day.html", context, status=422 if problem else 200)


def _away(
    hours: Hours, people: Iterable[Practitioner], day: date, zone: ZoneInfo, *, seen_by: Any
) -> list[tuple[Practitioner, DayOff, ZoneInfo]]:
    """Who is away on that day, in which part of it, and by whose clock."""
    return [
        (person, one, clock)
        for person in people
        for clock in [hours.zone_of(person, day) or zone]
        for one in days_off(hours.time_off, person, day, clock, seen_by=seen_by)
    ]
