"""Which times are free, by one SQL statement. `refusals` says why one is not."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Unpack

from django.db.models import Count

from bookings.kept_answers import Seen
from bookings.models import Appointment
from bookings.starts import Asking, Slot, Starts, ask, ask_first, may_be_kept, slots_of
from bookings.wall_clock import DAY, day_of
from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.once import once, remember
from practitioners.prepared import PreparedQuery

GIVERS = PreparedQuery(
    "givers",
    {"service": "bigint"},
    lambda service: Practitioner.objects.filter(services=service, is_active=True).only("pk"),
)
LOOKS = (4,)  # days, before the whole horizon
MANY = 50
STEPS = (4,)  # days, before the rest of the horizon
STEPS_OF_MANY = (4, 8, 16)  # some have nothing free for days, and what costs is days of people
STAFF_LOOKS = 45 * DAY
STAFF_HORIZON = 364 * DAY  # the desk books a year ahead


def free_slots(
    service: Service,
    *,
    first_day: date,
    days: int,
    practitioners: Collection[int] | None = None,
    **asking: Unpack[Asking],
) -> list[Slot]:
    """Every free start to offer of a service over some local days, soonest first. Two queries, or three.

    The visit being moved and the visitor's own hold do not block. Staff may book
    within the notice and beyond the horizon, though never in the past, and see also
    what a clinic that packs its starts does not offer to clients.
    """
    rows = free_starts(
        service, first_day=first_day, days=days, practitioners=practitioners, **asking
    )
    return slots_of((at, row) for row in rows for at in row.at)


def free_starts(
    service: Service,
    *,
    first_day: date,
    days: int,
    practitioners: Collection[int] | None = None,
    again: Seen | None = None,
    **asking: Unpack[Asking],
) -> list[Starts]:
    """The same for each practitioner and place, for who needs no more of thousands than when they are."""
    return ask(
        [service.pk],
        practitioners=givers(service) if practitioners is None else practitioners,
        first_day=first_day,
        days=days,
        again=again,
        **asking,
    )


def next_free(
    services: Collection[Service] | None,
    *,
    practitioners: Collection[int],
    now: datetime,
    location: Location | None = None,
    places: Sequence[Location] | None = None,
    clinic: ClinicSettings | None = None,
) -> dict[int, Slot | None]:
    """The soonest start of each practitioner in any of the services. At most six queries, of many seven.

    Of several services that could start at one moment it is the first in their order. Looks four days
    ahead, for those without any at the rest to the horizon; of many, by and by. What is kept of a few will do.
    """
    clinic = clinic or ClinicSettings.current()
    places = Location.every() if places is None else places
    if services is None:
        services = Service.offered()
    found: dict[int, Slot | None] = dict.fromkeys(practitioners)
    ahead = STEPS if len(found) < MANY else STEPS_OF_MANY
    again = may_be_kept(now=now) if len(found) < MANY else None
    for first_day, days in steps(services, clinic, places, now=now, ahead=ahead):
        missing = [pk for pk, slot in found.items() if slot is None]
        if not missing or not services:
            break
        slots = ask_first(
            [service.pk for service in services],
            practitioners=missing,
            first_day=first_day,
            days=days,
            now=now,
            location=location,
            places=places,
            again=again,
        )
        found.update((slot.practitioner_id, slot) for slot in slots)
    return found


def steps(
    services: Collection[Service],
    clinic: ClinicSettings,
    places: Iterable[Location],
    *,
    now: datetime,
    ahead: Collection[int],
) -> Iterator[tuple[date, int]]:
    """The days of `looks`, none twice: so many, so many more, and the rest to the horizon."""
    ((first_day, days),) = looks(services, clinic, places, now=now, first=())
    for step in (*ahead, days):
        if days > 0:
            yield first_day, min(step, days)
            first_day, days = first_day + step * DAY, days - step


def looks(
    services: Collection[Service],
    clinic: ClinicSettings,
    places: Iterable[Location],
    *,
    now: datetime,
    first: Collection[int] = LOOKS,
) -> Iterator[tuple[date, int]]:
    """First days and numbers of days to look at: from today wherever that is first, then to the horizon."""
    todays = {day_of(now, one.zone) for one in places} or {now.date()}
    more = (max(todays) - min(todays)).days  # days that it is later elsewhere
    horizon = max((service.horizon(clinic).days for service in services), default=0)
    for days in (*first, horizon + 1 + more):
        yield min(todays), days


def first_free(
    service: Service,
    *,
    practitioners: Collection[int],
    now: datetime,
    location: Location | None = None,
) -> Slot | None:
    """The soonest start of anybody at all; of several the first in order. One or two queries.

    Looks as far as `next_free` does, but no further once somebody is found.
    """
    places = Location.every()
    for first_day, days in looks([service], ClinicSettings.current(), places, now=now):
        rows = ask(
            [service.pk],
            practitioners=practitioners,
            first_day=first_day,
            days=days,
            now=now,
            location=location,
            places=places,
        )
        if rows:
            return slots_of((at, row) for row in rows for at in row.soonest(1))[0]
    return None


def nearest_free(
    service: Service,
    *,
    around: datetime,
    practitioners: Collection[int] | None = None,
    count: int = 3,
    **asking: Unpack[Asking],
) -> list[Slot]:
    """The free starts closest to a moment, in order of time.

    Looks at the two weeks around it, then, where they have too few, at all that can be booked.
    """
    found: list[Slot] = []
    now, for_staff = asking["now"], asking.get("for_staff", False)
    for first_day, days in _spans(service, max(around, now), now=now, for_staff=for_staff):
        slots = free_slots(
            service, first_day=first_day, days=days, practitioners=practitioners, **asking
        )
        one_each = {slot.starts_at: slot for slot in reversed(slots)}.values()
        found = sorted(one_each, key=lambda slot: (abs(slot.starts_at - around), slot.starts_at))
        if len(found) >= count:
            break
    return sorted(found[:count], key=lambda slot: slot.starts_at)


def _spans(
    service: Service, centre: datetime, *, now: datetime, for_staff: bool
) -> Iterator[tuple[date, int]]:
    """First days and numbers of days to look at, the nearest first."""
    yield centre.date() - 3 * DAY, 14
    if for_staff:  # who may book on any day is shown what is not too far off, if there is any
        yield centre.date() - STAFF_LOOKS, 2 * STAFF_LOOKS.days
        yield now.date() - DAY, STAFF_HORIZON.days + 3
    else:
        yield now.date() - DAY, service.horizon(ClinicSettings.current()).days + 3


def slots_at(
    service: Service,
    starts_at: datetime,
    *,
    practitioners: Collection[int] | None = None,
    **asking: Unpack[Asking],
) -> list[Slot]:
    """The slots that start at exactly this moment: one per free practitioner.

    Whether they pack well does not matter here: what a page offered a minute ago can
    still be had.
    """
    # Visits elsewhere count only towards a limit of the day, and a kept time was read with its place.
    moving, location = asking.get("moving"), asking.get("location")
    is_kept = moving is not None and moving.status == Appointment.Status.HELD
    places = [location] if location and is_kept and not service.daily_limit else Location.every()
    here = [one for one in places if location is None or one.pk == location.pk]
    dates = {day_of(starts_at, one.zone) for one in here} or {starts_at.date()}
    rows = ask(
        [service.pk],
        practitioners=givers(service) if practitioners is None else practitioners,
        first_day=min(dates),
        days=(max(dates) - min(dates)).days + 1,
        places=places,
        any_gap=True,
        **asking,
    )
    if starts_at.microsecond:
        return []
    wanted = int(starts_at.timestamp())
    return slots_of((wanted, row) for row in rows if row.holds(wanted))


def least_loaded(slots: Iterable[Slot], *, now: datetime) -> list[Slot]:
    """Order the slots of one start so that whoever has least booked around it comes first.

    Counts what stands in the weeks before and after; at equal loads chance decides, the
    same way whenever the same start is asked for.
    """
    slots = list(slots)
    if len(slots) < 2:
        return slots
    at = slots[0].starts_at
    week = timedelta(days=7)
    loads = dict(
        Appointment.objects.blocking(now=now)
        .filter(
            practitioner__in=[slot.practitioner_id for slot in slots],
            starts_at__range=(at - week, at + week),
        )
        .values_list("practitioner")
        .annotate(Count("pk"))
        .order_by()
    )

    def lot(slot: Slot) -> int:
        return zlib.crc32(f"{at:%Y-%m-%d %H:%M} {slot.practitioner_id}".encode())

    return sorted(slots, key=lambda slot: (loads.get(slot.practitioner_id, 0), lot(slot)))


def givers(service: Service) -> list[int]:
    """Everybody who offers a service, whether or not they may today."""
    return once(("givers", service.pk), lambda: GIVERS.keys(service=service.pk))


def remember_givers(service: Service, practitioners: list[int]) -> None:
    """Let `givers` know whom a page has read already."""
    remember(("givers", service.pk), practitioners)


def is_published(service: Service) -> bool:
    """Tell whether visitors may book a service. One query."""
    return Service.objects.published().filter(pk=service.pk).exists()
