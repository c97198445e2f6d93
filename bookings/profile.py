"""The page of one specialist: who they are, and a few times at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bookings.availability import looks
from bookings.picking import TIMES_IN_SHORT, half_days, spread, value_of
from bookings.shown import KEPT, photo_of, times_url
from bookings.starts import Slot, Starts, ask, may_be_kept, slots_of
from bookings.times import Words
from bookings.wall_clock import day_of
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
    """A few times of the session that somebody can give soonest. None without any."""
    zones = {pk: place.zone for pk, place in places.items()}
    chosen = a_few_times(person, services, places, clinic, now=now) if services else []
    if not chosen:
        return None
    service = next(one for one in services if one.pk == chosen[0].service_id)
    here = {pk: times_url(service, person, place) for pk, place in places.items()}
    today = {pk: day_of(now, zone) for pk, zone in zones.items()}
    return Glance(
        tuple(
            TimeTile(
                *tile_words(at, zones[where], clinic.time_style, today[where]),
                f"{here[where]}&at={value_of(at)}",
            )
            for at, where in ((slot.starts_at, slot.location_id) for slot in chosen)
        ),
        service.name,
        service.minutes,
        places[chosen[0].location_id].name,
        times_url(service, person),
    )


def a_few_times(
    person: Practitioner,
    services: Sequence[Service],
    places: Mapping[int, Location],
    clinic: ClinicSettings,
    *,
    now: datetime,
) -> list[Slot]:
    """Of the session that somebody can give soonest, the first of six half days; else what there is.

    Two queries, or three where the next fortnight has no six half days to choose from.
    """
    zones = {pk: place.zone for pk, place in places.items()}
    rows: list[Starts] = []
    again = may_be_kept(now=now)
    for first_day, days in looks(
        services, clinic, places.values(), now=now, first=(FORTNIGHT.days,)
    ):
        rows = ask(
            [service.pk for service in services],
            practitioners=[person.pk],
            first_day=first_day,
            days=days,
            now=now,
            places=Location.every(),
            again=again,
        )
        chosen = half_days(soonest_of(rows), zones)
        if len(chosen) == TIMES_IN_SHORT:
            return chosen
    return spread(list(soonest_of(rows)), zones)


@lru_cache(KEPT)
def tile_words(at: datetime, zone: ZoneInfo, style: str, today: date) -> tuple[str, str]:
    """The day, near or in short, and the time; the same moments are said on page after page."""
    words = Words(zone, style)
    day = words.near_day(at, today=today)
    return day[0].upper() + day[1:], words.time(at)


def soonest_of(rows: Sequence[Starts]) -> Iterator[Slot]:
    """The times of the session that comes soonest, over a fortnight from then on.

    Of several that could start at one moment it is the first in their order.
    """
    firsts = [(at, row) for row in rows for at in row.soonest(1)]
    if not firsts:
        return
    first, soonest = min(firsts, key=itemgetter(0))
    until = first + FORTNIGHT.total_seconds()
    theirs = [row for row in rows if row.service_id == soonest.service_id]
    starts = [(at, row) for row in theirs for at in row.at if at < until]
    for start in sorted(starts, key=itemgetter(0)):
        yield from slots_of([start])
