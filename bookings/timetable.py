"""What somebody looks at on the page of times: of which service, with whom, where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bookings.availability import (
    STAFF_HORIZON,
    first_free,
    free_slots,
    free_starts,
    givers,
    nearest_free,
)
from bookings.models import Appointment, Client
from bookings.picking import DAYS_SHOWN
from bookings.starts import Slot, may_be_kept
from bookings.times import Words
from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.once import once

Stretch = tuple[datetime, datetime]
STAFF_LOOKS = timedelta(days=60)  # how far the desk is told of a first free time
STARTS_OF_ONE = 12  # starts that one session of somebody's may make useless to them


@dataclass(frozen=True, slots=True)
class Timetable:
    """The free times of one service at one place, of one specialist or of any.

    The visit being moved and the visitor's own kept time do not block; where it is known for whom
    (`client`, or whose visit is moved), their other sessions do, with whomever. Clients are not
    offered the time that their visit has already. For staff neither notice nor horizon counts. `first` is the first free start where that is known already.
    """

    service: Service
    location: Location
    clinic: ClinicSettings
    now: datetime
    person: Practitioner | None = None
    visitor: str = ""
    moving: Appointment | None = None
    for_staff: bool = False
    first: datetime | None = None
    client: Client | None = None

    @property
    def words(self) -> Words:
        return Words(self.location.zone, self.clinic.time_style)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.location.zone).date()

    @property
    def first_day(self) -> date | None:
        """The day of the first free start, where that is known already."""
        return self.first.astimezone(self.location.zone).date() if self.first else None

    @property
    def last_day(self) -> date:
        """The last day that can be booked online; the desk looks a year ahead."""
        if self.for_staff:
            return self.today + STAFF_HORIZON
        return self.today + self.service.horizon(self.clinic)

    def free(self, first_day: date, days: int = DAYS_SHOWN) -> list[Slot]:
        """Every free start of some days."""
        slots = free_slots(self.service, first_day=first_day, days=days, **self._asked())
        return self._apart(slots)

    def starts(self, first_day: date, days: int = DAYS_SHOWN) -> list[datetime]:
        """The same, each moment once, whoever of several could start then."""
        again = may_be_kept(now=self.now)
        found = free_starts(
            self.service, first_day=first_day, days=days, again=again, **self._asked()
        )
        runs = {run for one in found for run in one.runs}
        moments = set().union(*runs)
        starts = [datetime.fromtimestamp(at, UTC) for at in sorted(moments)]
        return [at for at in starts if self._is_of_use(at, self.elsewhere)]

    def nearest(self, around: datetime, *, count: int = 3) -> list[Slot]:
        """The free starts closest to a moment."""
        many = count + len(self.elsewhere) * STARTS_OF_ONE + (self.moving is not None)
        slots = nearest_free(self.service, around=around, count=many, **self._asked())
        apart = sorted(self._apart(slots), key=lambda slot: abs(slot.starts_at - around))[:count]
        return sorted(apart, key=lambda slot: slot.starts_at)

    def soonest(self, first_day: date | None = None) -> datetime | None:
        """The first free start there is, from a day on; staff are told of the next two months.

        One query, or none.
        """
        is_first = first_day is None or self.first_day is None or first_day <= self.first_day
        if self.first and is_first and not self.client_key:
            return self.first
        first_day = first_day or self.today
        days = self._days_ahead - (first_day - self.today).days
        if days < 1:
            return None
        if self.client_key:
            return next(iter(self.starts(first_day, days=days)), None)
        found = free_starts(self.service, first_day=first_day, days=days, **self._asked())
        first = min((at for one in found for at in one.soonest(1)), default=None)
        return datetime.fromtimestamp(first, UTC) if first else None

    @property
    def client_key(self) -> int | None:
        """For whom these times are, where that is known."""
        client = self.moving.client_id if self.moving else None
        return self.client.pk if self.client else client

    @property
    def elsewhere(self) -> list[Stretch]:
        """From when to when they have another session. One query for each page, none for nobody."""
        key = self.client_key
        if key is None:
            return []
        visits = Appointment.objects.taken_by(key, now=self.now, moving=self.moving)
        return once(
            ("elsewhere", key, self.moving and self.moving.pk),
            lambda: list(visits.values_list("starts_at", "ends_at")),
        )

    def _apart(self, slots: Iterable[Slot]) -> list[Slot]:
        others = self.elsewhere
        return [slot for slot in slots if self._is_of_use(slot.starts_at, others)]

    def _is_of_use(self, starts_at: datetime, others: Iterable[Stretch]) -> bool:
        """Tell whether they could come then, and whether it would be another time."""
        if self.moving and not self.for_staff and starts_at == self.moving.starts_at:
            return False
        return not self._meets(starts_at, others)

    def _meets(self, starts_at: datetime, others: Iterable[Stretch]) -> bool:
        """Tell whether a session that begins then would meet one of these."""
        ends_at = starts_at + timedelta(minutes=self.service.minutes)
        return any(starts_at < ends and ends_at > begins for begins, ends in others)

    @property
    def _days_ahead(self) -> int:
        """How many days are looked at for a first free time."""
        return STAFF_LOOKS.days if self.for_staff else (self.last_day - self.today).days + 1

    def _asked(self) -> dict[str, Any]:
        return {
            "now": self.now,
            "practitioners": [self.person.pk] if self.person else None,
            "location": self.location,
            "moving": self.moving,
            "visitor": self.visitor,
            "for_staff": self.for_staff,
        }


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
) -> tuple[Location | None, datetime | None]:
    """The place asked for by its slug, else the one with the soonest free time, and when that is.

    No place when the service is given nowhere, no time when it was not looked for or there is none.
    """
    asked = next((place for place in places if place.slug == wanted), None)
    if asked or len(places) < 2:
        return asked or next(iter(places), None), None
    people = [person.pk] if person else givers(service)
    slot = first_free(service, practitioners=people, now=now)
    if slot is None:
        return places[0], None
    return next((one for one in places if one.pk == slot.location_id), places[0]), slot.starts_at
