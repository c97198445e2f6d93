"""What pages for visitors say of specialists, sessions and places: words, addresses, nothing else.

Equal words make an equal page, so `{% part %}` draws them once.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bookings.directory import Listed
from bookings.opening import open_days
from bookings.times import Words, money
from practitioners.facts import Facts
from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.paths import path_to

AREAS = 3  # named in a list


class Offer(NamedTuple):
    """When and where somebody is next free, and the way to their times there."""

    when: str
    place: str
    times_url: str


class SpecialistRow(NamedTuple):
    """A specialist in a list."""

    name: str
    url: str
    photo: str
    initials: str
    title: str
    areas: str
    languages: str
    offer: Offer | None


class SessionLine(NamedTuple):
    """A session with its length and price."""

    name: str
    minutes: int
    price: str
    amount: str
    currency: str
    good_for: str
    times_url: str


class PlaceCard(NamedTuple):
    """Where it is and when it is open: each line in words, and as search engines read it."""

    name: str
    address: str
    phone: str
    access_notes: str
    hours: tuple[tuple[str, tuple[str, ...]], ...]


def specialist_row(row: Listed, clinic: ClinicSettings, *, now: datetime) -> SpecialistRow:
    """Somebody with their next free time."""
    person = row.practitioner
    return SpecialistRow(
        person.name,
        person.get_absolute_url(),
        photo_of(person),
        person.initials,
        person.title_and_number,
        " · ".join(area["name"] for area in person.area_rows[:AREAS]),
        ", ".join(person.languages),
        _offer(row, clinic, now=now),
    )


def _offer(row: Listed, clinic: ClinicSettings, *, now: datetime) -> Offer | None:
    slot, service, place = row.soonest, row.service, row.location
    if slot is None or service is None or place is None:
        return None
    words = Words(place.zone, clinic.time_style)
    when = words.soon(slot.starts_at, today=now.astimezone(place.zone).date())
    return Offer(when, place.name, times_url(service, row.practitioner, place))


def photo_of(person: Practitioner) -> str:
    """The address of somebody's photo, or empty."""
    return person.photo.url if person.photo else ""


def times_url(service: Service, person: Practitioner, place: Location | None = None) -> str:
    """The page of somebody's times, anywhere or at one place."""
    where = f"&location={place.slug}" if place else ""
    return f"{path_to('book_time', service.slug)}?practitioner={person.slug}{where}"


def session_line(
    service: Service, clinic: ClinicSettings, person: Practitioner | None = None
) -> SessionLine:
    """A session with the way to its times, of one specialist or of any."""
    to_times = times_url(service, person) if person else path_to("book_time", service.slug)
    return SessionLine(
        service.name,
        service.minutes,
        money(service.price, clinic.currency),
        str(service.price),
        clinic.currency,
        service.good_for,
        to_times,
    )


def place_card(place: Location, known: Facts) -> PlaceCard:
    """A place with its opening hours."""
    days = open_days(known.hours_of(place))
    return PlaceCard(
        place.name,
        place.address,
        place.phone or known.clinic.phone,
        place.access_notes,
        tuple((row.say(known.clinic.time_style), tuple(row.codes)) for row in days),
    )
