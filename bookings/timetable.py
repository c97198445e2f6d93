"""What somebody looks at on the page of times: of which service, with whom, where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bookings.availability import first_free, free_slots, free_starts, givers, nearest_free
from bookings.models import Appointment
from bookings.picking import DAYS_SHOWN
from bookings.starts import Slot
from bookings.times import Words
from practitioners.models import ClinicSettings, Location, Practitioner, Service

STAFF_HORIZON = timedelta(days=364)
STAFF_LOOKS = timedelta(days=60)  # how far the desk is told of a first free time


@dataclass(frozen=True, slots=True)
class Timetable:
    """The free times of one service at one place, of one specialist or of any.

    The visit being moved and the visitor's own kept time do not block. For staff neither
    notice nor horizon counts.
    """

    service: Service
    location: Location
    clinic: ClinicSettings
    now: datetime
    person: Practitioner | None = None
    visitor: str = ""
    moving: Appointment | None = None
    for_staff: bool = False

    @property
    def words(self) -> Words:
        return Words(self.location.zone, self.clinic.time_style)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.location.zone).date()

    @property
    def last_day(self) -> date:
        """The last day that can be booked online; the desk looks a year ahead."""
        if self.for_staff:
            return self.today + STAFF_HORIZON
        return self.today + self.service.horizon(self.clinic)

    def free(self, first_day: date, days: int = DAYS_SHOWN) -> list[Slot]:
        """Every free start of some days."""
        return free_slots(self.service, first_day=first_day, days=days, **self._asked())

    def starts(self, first_day: date, days: int = DAYS_SHOWN) -> list[datetime]:
        """The same, each moment once, whoever of several could start then."""
        found = free_starts(self.service, first_day=first_day, days=days, **self._asked())
        runs = {run for one in found for run in one.runs}
        moments = set().union(*runs)
        return [datetime.fromtimestamp(at, UTC) for at in sorted(moments)]

    def nearest(self, around: datetime, *, count: int = 3) -> list[Slot]:
        """The free starts closest to a moment."""
        return nearest_free(self.service, around=around, count=count, **self._asked())

    def soonest(self) -> Slot | None:
        """The first free start there is."""
        if self.for_staff:
            return next(iter(self.free(self.today, days=STAFF_LOOKS.days)), None)
        return soonest(self.service, self.person, now=self.now, location=self.location)

    def _asked(self) -> dict[str, Any]:
        return {
            "now": self.now,
            "practitioners": [self.person.pk] if self.person else None,
            "location": self.location,
            "moving": self.moving,
            "visitor": self.visitor,
            "for_staff": self.for_staff,
        }


def soonest(
    service: Service,
    person: Practitioner | None,
    *,
    now: datetime,
    location: Location | None = None,
) -> Slot | None:
    """The first free start of a service, anywhere or at one place."""
    people = [person.pk] if person else givers(service)
    return first_free(service, practitioners=people, now=now, location=location)


def places_of(service: Service, person: Practitioner | None) -> list[Location]:
    """Where the service is given, by that specialist or by anybody."""
    places = Location.objects.offering(service)
    return list(places.worked_at_by(person) if person else places)


def place_for(
    places: Sequence[Location],
    service: Service,
    person: Practitioner | None,
    wanted: str,
    *,
    now: datetime,
) -> Location | None:
    """The place asked for by its slug, else the one with the soonest free time.

    None when the service is given nowhere.
    """
    asked = next((place for place in places if place.slug == wanted), None)
    if asked or len(places) < 2:
        return asked or next(iter(places), None)
    slot = soonest(service, person, now=now)
    return next((place for place in places if slot and place.pk == slot.location_id), places[0])
