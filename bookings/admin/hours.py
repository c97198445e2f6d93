"""Weekly hours, extra hours, time off and closures: saved as a change of the calendar."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest

from bookings.admin.changing_hours import ChangesHours
from practitioners.admin.hours import ClosedDays, DaysAway, SingleDates, WeeklyHours
from practitioners.clocks import read_key
from practitioners.models import Availability, Closure, ExtraHours, Practitioner, TimeOff


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
        """Whoever works, or has a visit, at a location that closes or opens."""
        places = {row.location_id for row in rows} | {read_key(request.POST.get("location"))}
        people = Practitioner.objects.all()
        if None not in places:
            people = people.filter(
                Q(availability__location__in=places)
                | Q(extra_hours__location__in=places)
                | Q(appointments__location__in=places)
            )
        return set(people.values_list("pk", flat=True))
