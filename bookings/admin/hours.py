"""Weekly hours, extra hours, time off and closures: saved as a change of the calendar."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from bookings.admin.changing_hours import ChangesHours
from practitioners.admin.hours import ClosedDays, DaysAway, SingleDates, WeeklyHours
from practitioners.admin.places import Places
from practitioners.clocks import read_key
from practitioners.models import Availability, Closure, ExtraHours, Location, Practitioner, TimeOff


@admin.register(Availability)
class AvailabilityAdmin(ChangesHours, WeeklyHours):
    """The weekly hours."""


@admin.register(ExtraHours)
class ExtraHoursAdmin(ChangesHours, SingleDates):
    """Hours on one date."""


@admin.register(TimeOff)
class TimeOffAdmin(ChangesHours, DaysAway):
    """Time off."""


@admin.register(Closure)
class ClosureAdmin(ChangesHours, ClosedDays):
    """Closed days."""

    def people_touched(self, request: HttpRequest, rows: Collection[Any]) -> set[int]:
        """Whoever works at a location that closes or opens; everybody when it is all of them."""
        chosen = read_key(request.POST.get("location"))
        return _working_at({row.location_id for row in rows} | {chosen})


@admin.register(Location)
class LocationAdmin(ChangesHours, Places):
    """Locations. One that is no longer active is closed on every day."""

    def people_touched(self, request: HttpRequest, rows: Collection[Any]) -> set[int]:
        return _working_at({row.pk for row in rows}) if rows else set()


def _working_at(places: set[int | None]) -> set[int]:
    """Whoever works, or has a visit, at some locations; None stands for all of them."""
    people = Practitioner.objects.all()
    if None not in places:
        people = people.filter(
            Q(availability__location__in=places)
            | Q(extra_hours__location__in=places)
            | Q(appointments__location__in=places)
        )
    return set(people.values_list("pk", flat=True))
