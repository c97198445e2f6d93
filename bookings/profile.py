"""The page of one specialist: who they are, and a few times at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bookings.availability import free_slots, next_free
from bookings.picking import spread, value_of
from bookings.shown import photo_of, times_url
from bookings.starts import Slot
from bookings.times import Words
from practitioners.models import ClinicSettings, Location, Practitioner, Service

FORTNIGHT = 15


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
    """A few times of the session that somebody can give soonest. None without any."""
    service, slots = soonest_session(person, services, now=now)
    chosen = spread(slots, {pk: place.zone for pk, place in places.items()})
    if service is None or not chosen:
        return None
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


def soonest_session(
    person: Practitioner, services: Sequence[Service], *, now: datetime
) -> tuple[Service | None, list[Slot]]:
    """The session somebody can give soonest, with its free times over a fortnight from then on."""
    by_pk = {service.pk: service for service in services}
    soonest = next_free(services, practitioners=[person.pk], now=now).get(person.pk)
    if not soonest:
        return None, []
    first, service = soonest[0], by_pk[soonest[0].service_id]
    slots = free_slots(
        service,
        first_day=first.starts_at.date() - timedelta(days=1),
        days=FORTNIGHT,
        now=now,
        practitioners=[person.pk],
    )
    return service, slots
