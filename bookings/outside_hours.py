"""Booked visits that a change of hours has left outside of them. They stay until somebody moves them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from bookings.models import Appointment
from bookings.wall_clock import moment
from bookings.working_hours import Stretch, is_closed, merged, shifts, time_off
from practitioners.models import Closure, Practitioner

Reason = Literal["closed", "away", "outside"]
WORDS: dict[Reason, str] = {
    "closed": "the clinic is closed",
    "away": "during time off",
    "outside": "outside the hours",
}


@dataclass(frozen=True, slots=True)
class LeftOutside:
    """A visit that is still booked, though nobody is in then."""

    visit: Appointment
    reason: Reason

    @property
    def words(self) -> str:
        return WORDS[self.reason]


def left_outside(practitioners: Collection[int], *, now: datetime) -> list[LeftOutside]:
    """Every coming visit of these people that their hours no longer hold, soonest first. Five queries.

    Only the visit itself counts, not its turnover: nobody is to move a client because ten
    minutes of tidying reach into a day off.
    """
    visits = list(
        Appointment.objects.filter(
            practitioner__in=practitioners,
            status__in=(Appointment.Status.BOOKED, Appointment.Status.ARRIVED),
            starts_at__gt=now,
        )
        .select_related("practitioner", "service", "location", "client")
        .order_by("starts_at", "pk")
    )
    if not visits:
        return []
    days = sorted(visit.local_day for visit in visits)
    hours = Hours({visit.practitioner for visit in visits}, days[0], days[-1])
    found = [(visit, hours.why_outside(visit)) for visit in visits]
    return [LeftOutside(visit, reason) for visit, reason in found if reason]


class Hours:
    """When some people are in, at each place, over some days. Four queries."""

    def __init__(self, people: Collection[Practitioner], first_day: date, last_day: date) -> None:
        self.closures = list(
            Closure.objects.filter(starts_on__lte=last_day, ends_on__gte=first_day)
        )
        self.away = time_off(people, first_day, last_day)
        self.shifts: dict[tuple[int, int, date], list[Stretch]] = {}
        for row, on in shifts(people, first_day, (last_day - first_day).days + 1):
            zone = row.location.zone
            stretch = (moment(on, row.starts_at, zone), moment(on, row.ends_at, zone))
            key = (row.practitioner_id, row.location_id, on)
            self.shifts.setdefault(key, []).append(stretch)

    def in_until(self, visit: Appointment) -> datetime | None:
        """When the hours end in which a visit begins, or time off begins; None if it begins in none."""
        begins, away = visit.starts_at, self.away.get(visit.practitioner_id, [])
        known = self.shifts.get((visit.practitioner_id, visit.location_id, visit.local_day), [])
        ends = next((b for a, b in merged(known) if a <= begins < b), None)
        if ends is None or any(a <= begins < b for a, b in away):
            return None
        return min([ends, *(a for a, _ in away if a > begins)])

    def why_outside(self, visit: Appointment, *, until: datetime | None = None) -> Reason | None:
        """Name what is in the way of a visit, or of what it takes `until` then; None while it can take place."""
        on, begins, ends = visit.local_day, visit.starts_at, until or visit.ends_at
        if not visit.location.is_active or any(
            is_closed(one, visit.location_id, on) for one in self.closures
        ):
            return "closed"
        if any(a < ends and b > begins for a, b in self.away.get(visit.practitioner_id, [])):
            return "away"
        known = self.shifts.get((visit.practitioner_id, visit.location_id, on), [])
        is_inside = any(a <= begins and ends <= b for a, b in merged(known))
        return None if is_inside else "outside"
