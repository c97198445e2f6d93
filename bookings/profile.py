"""The page of one specialist: who they are, and a few times at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from bookings.availability import looks
from bookings.picking import TIMES_IN_SHORT, half_days, spread, value_of
from bookings.shown import photo_of, times_url
from bookings.starts import Slot, Starts, ask, slots_of
from bookings.times import Words
from practitioners.models import ClinicSettings, Location, Practitioner, Service

FORTNIGHT = timedelta(days=14)


class Link(NamedTuple):
    name: str
    url: str


class CredentialLine(NamedTuple):
    kind: str
    name: str
    body: str
    number: str


class Profile(NamedTuple):
    """Who somebody is and what they may do."""

    name: str
    photo: str
    initials: str
    title: str
    title_and_number: str
    languages: tuple[str, ...]
    about: str
    first_visit: str
    areas: tuple[Link, ...]
    techniques: tuple[Link, ...]
    credentials: tuple[CredentialLine, ...]


class TimeTile(NamedTuple):
    """A free time to follow."""

    day: str
    time: str
    url: str


class Glance(NamedTuple):
    """A few free times of one session; the place is that of the first."""

    tiles: tuple[TimeTile, ...]
    session: str
    minutes: int
    place: str
    times_url: str


def profile_of(person: Practitioner) -> Profile:
    """Of somebody who is `described` and read `with_work`."""
    return Profile(
        person.name,
        photo_of(person),
        person.initials,
        person.title,
        person.title_and_number,
        tuple(person.languages),
        person.about,
        person.first_visit,
        tuple(Link(one.name, one.get_absolute_url()) for one in person.areas),
        tuple(Link(one.name, one.get_absolute_url()) for one in person.published_techniques),
        tuple(
            CredentialLine(one.get_kind_display(), one.name, one.body, one.number)
            for one in person.shown_credentials
        ),
    )


def glance_at(
    person: Practitioner,
    services: Sequence[Service],
    places: Mapping[int, Location],
    clinic: ClinicSettings,
    *,
    now: datetime,
) -> Glance | None:
    """A few times of the session that somebody can give soonest. None without any.

    One query, or two where the next fortnight has no six half days to choose from.
    """
    zones = {pk: place.zone for pk, place in places.items()}
    slots: list[Slot] = []
    if not services:
        return None
    for first_day, days in looks(
        services, clinic, places.values(), now=now, first=[FORTNIGHT.days]
    ):
        rows = ask(
            [service.pk for service in services],
            practitioners=[person.pk],
            first_day=first_day,
            days=days,
            now=now,
            places=Location.every(),
        )
        slots = soonest_of(rows)
        if len(half_days(slots, zones)) == TIMES_IN_SHORT:
            break
    chosen = spread(slots, zones)
    if not chosen:
        return None
    service = next(one for one in services if one.pk == chosen[0].service_id)
    return Glance(
        tuple(
            _tile(slot, places[slot.location_id], service, person, clinic, now=now)
            for slot in chosen
        ),
        service.name,
        service.minutes,
        places[chosen[0].location_id].name,
        times_url(service, person),
    )


def soonest_of(rows: Sequence[Starts]) -> list[Slot]:
    """The times of the session that comes soonest, over a fortnight from then on.

    Of several that could start at one moment it is the first in their order.
    """
    firsts = [(at, row) for row in rows for at in row.soonest(1)]
    if not firsts:
        return []
    first, soonest = min(firsts, key=itemgetter(0))
    until = first + FORTNIGHT.total_seconds()
    theirs = [row for row in rows if row.service_id == soonest.service_id]
    return slots_of((at, row) for row in theirs for at in row.at if at < until)


def _tile(
    slot: Slot,
    place: Location,
    service: Service,
    person: Practitioner,
    clinic: ClinicSettings,
    *,
    now: datetime,
) -> TimeTile:
    words = Words(place.zone, clinic.time_style)
    day = words.near_day(slot.starts_at, today=now.astimezone(place.zone).date())
    url = f"{times_url(service, person, place)}&at={value_of(slot.starts_at)}"
    return TimeTile(day[0].upper() + day[1:], words.time(slot.starts_at), url)
