"""What pages for visitors say of specialists, sessions and places: words, addresses, nothing else.

Equal words make an equal page, so `{% part %}` draws them once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bookings.directory import Listed
from bookings.opening import open_days
from bookings.picking import value_of
from bookings.times import Words, money
from bookings.times import place as city
from bookings.wall_clock import day_of
from practitioners.facts import Facts
from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.paths import path_to

AREAS = 3  # named in a list
KEPT = 1024  # moments that are said already, in each process


class Offer(NamedTuple):
    """When and where somebody is next free, and the way to their times there."""

    when: str
    place: str
    times_url: str


class Introduced(NamedTuple):
    """A specialist in a list."""

    name: str
    url: str
    photo: str
    initials: str
    title: str
    areas: str
    languages: str


class SpecialistRow(NamedTuple):
    """A specialist in a list, with when they are next free, if ever."""

    person: Introduced
    offer: Offer | None
    matched: str  # why they are among those asked for, where that is not plain


class NextFree(NamedTuple):
    """The first free time of all: what one press keeps, and where it is sent to."""

    url: str
    start: str
    words: str
    session: str


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


def specialist_rows(
    rows: Iterable[Listed], known: Facts, *, now: datetime, condition: str = ""
) -> tuple[SpecialistRow, ...]:
    """People with their next free times, and that they help with the condition asked for."""
    met = known.worked_out("met", lambda: {one.pk: introduced(one) for one in known.people})
    return tuple(
        SpecialistRow(
            met.get(row.practitioner.pk) or introduced(row.practitioner),
            _offer(row, known, now=now),
            _matched(row.practitioner, condition),
        )
        for row in rows
    )


def _matched(person: Practitioner, condition: str) -> str:
    """Whether a condition is a focus of somebody, or is treated by what they are certified for."""
    if not condition:
        return ""
    name = condition if condition[:2].isupper() else condition[0].lower() + condition[1:]
    return f"{'Focuses on' if getattr(person, 'is_focus', False) else 'Treats'} {name}"


def introduced(person: Practitioner) -> Introduced:
    """Somebody who is `described`."""
    return Introduced(
        person.name,
        person.get_absolute_url(),
        photo_of(person),
        person.initials,
        person.title_and_number,
        " · ".join(area["name"] for area in person.area_rows[:AREAS]),
        ", ".join(person.languages),
    )


def _offer(row: Listed, known: Facts, *, now: datetime) -> Offer | None:
    """With the city of the clock where the clinic has places by more than one."""
    slot, service, place = row.soonest, row.service, row.location
    if slot is None or service is None or place is None:
        return None
    today = day_of(now, place.zone)
    when = soon_words(slot.starts_at, place.zone, known.clinic.time_style, today)
    if known.has_many_clocks:
        when = f"{when}, {city(place.zone)} time"
    return Offer(when, place.name, times_url(service, row.practitioner, place))


def next_free_of(row: Listed, known: Facts, *, now: datetime) -> NextFree | None:
    """The next free time of somebody, to be kept at once."""
    offer = _offer(row, known, now=now)
    if offer is None or row.soonest is None or row.service is None:
        return None
    return NextFree(
        offer.times_url,
        value_of(row.soonest.starts_at),
        f"{offer.when}{',' if known.has_many_clocks else ''} with {row.practitioner.name}",
        f"{row.service.name}, {row.service.minutes} minutes, {offer.place}",
    )


@lru_cache(KEPT)
def soon_words(at: datetime, zone: ZoneInfo, style: str, today: date) -> str:
    """When somebody is free, as `Words.soon` says it; the same moments are said on page after page."""
    return Words(zone, style).soon(at, today=today)


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
