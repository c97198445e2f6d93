"""The rules of free times a second time, in plain Python: what the SQL is compared with.

No database and no cleverness. Every minute of every shift is asked, one rule after the
other, whether a session may start then: slow, and easy to believe.

    place ── rooms          person ── shifts, time off, papers, certificates
    closing (whole days)    visit ── blocks its person and its room

Times are aware moments, walls are read through `wall_clock`, names of refusals are the
codes of `bookings.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bookings.wall_clock import DAY, MINUTE, moment

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, eq=False)
class Place:
    key: int
    zone: ZoneInfo
    is_active: bool
    rooms: frozenset[int]


@dataclass(frozen=True)
class Session:
    """A service, with what the clinic's settings add to it."""

    key: int
    minutes: int
    before: int
    after: int
    grid: int
    needs_room: bool
    daily_limit: int | None
    notice: timedelta
    horizon: timedelta
    is_published: bool
    techniques: frozenset[int]

    @property
    def needs(self) -> timedelta:
        """The least time that one takes with its turnovers."""
        return timedelta(minutes=self.before + self.minutes + self.after)


@dataclass(frozen=True)
class Shift:
    """Hours of a weekday while it counts, or of one date."""

    place: int
    opens: time
    closes: time
    weekday: int = 0
    first: date = date.min
    last: date = date.max


@dataclass(frozen=True, eq=False)
class Person:
    key: int
    is_active: bool
    is_online: bool
    sessions: frozenset[int]
    shifts: tuple[Shift, ...]
    away: tuple[Stretch, ...]
    papers: tuple[tuple[bool, date], ...]  # licences and insurances: active, last day
    certificates: tuple[tuple[int, date, date], ...]  # technique, first day, last day


@dataclass(frozen=True)
class Visit:
    key: int
    person: int
    place: int
    room: int | None
    session: int
    starts_at: datetime
    busy: Stretch
    held_until: datetime | None = None
    held_by: str = ""


@dataclass(frozen=True)
class Closing:
    place: int | None
    first: date
    last: date


@dataclass(frozen=True)
class Asking:
    """Who asks when, and what does not count against them."""

    now: datetime
    for_staff: bool = False
    visitor: str = ""
    moving: int | None = None


class Offer(NamedTuple):
    starts_at: datetime
    person: int
    session: int
    place: int


@dataclass(frozen=True)
class World:
    places: tuple[Place, ...]
    sessions: tuple[Session, ...]
    people: tuple[Person, ...]
    visits: tuple[Visit, ...]
    closings: tuple[Closing, ...]
    travel: timedelta
    packs: bool = False

    def blocking(self, asking: Asking) -> list[Visit]:
        return [
            visit
            for visit in self.visits
            if visit.key != asking.moving
            and (
                visit.held_until is None
                or (visit.held_until > asking.now and visit.held_by != asking.visitor)
            )
        ]

    def zone(self, place: int) -> ZoneInfo:
        return next(one.zone for one in self.places if one.key == place)


@dataclass(frozen=True)
class Wish:
    """One minute at which somebody might start a session somewhere."""

    world: World
    asking: Asking
    person: Person
    session: Session
    place: Place
    starts_at: datetime

    @cached_property
    def day(self) -> date:
        return self.starts_at.astimezone(self.place.zone).date()

    @property
    def ends_at(self) -> datetime:
        """With the turnover after it, which has to be within the hours."""
        return self.starts_at + timedelta(minutes=self.session.minutes + self.session.after)

    @cached_property
    def busy(self) -> Stretch:
        return self.starts_at - timedelta(minutes=self.session.before), self.ends_at

    @cached_property
    def shift(self) -> Stretch | None:
        """The hours that hold the session, if any do."""
        return next(
            (
                (opens, closes)
                for opens, closes in hours(self.person, self.place, self.day)
                if opens <= self.starts_at and self.ends_at <= closes
            ),
            None,
        )


def meet(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def why_not(wish: Wish) -> str:
    """The code of the first rule that is against it, or empty."""
    return next((code for code, speaks in RULES.items() if speaks(wish)), "")


def _past(wish: Wish) -> bool:
    return wish.starts_at < wish.asking.now


def _too_soon(wish: Wish) -> bool:
    return not wish.asking.for_staff and wish.starts_at - wish.asking.now < wish.session.notice


def _too_far(wish: Wish) -> bool:
    today = wish.asking.now.astimezone(wish.place.zone).date()
    return not wish.asking.for_staff and wish.day - today > wish.session.horizon


def _not_offered(wish: Wish) -> bool:
    is_shown = wish.session.is_published and wish.person.is_online
    is_there = wish.person.is_active and wish.place.is_active
    is_given = wish.session.key in wish.person.sessions
    return not (is_given and is_there and (is_shown or wish.asking.for_staff))


def _not_certified(wish: Wish) -> bool:
    held = {key for key, first, last in wish.person.certificates if first <= wish.day <= last}
    has_papers = all(active and wish.day <= last for active, last in wish.person.papers)
    return not (wish.session.techniques <= held and has_papers)


def _closed(wish: Wish) -> bool:
    return any(meet(wish.busy, days) for days in _closed_days(wish.world, wish.place))


def _closed_days(world: World, place: Place) -> Iterator[Stretch]:
    for one in world.closings:
        if one.place in (None, place.key):
            yield (
                moment(one.first, time(0), place.zone),
                moment(one.last + DAY, time(0), place.zone),
            )


def _away(wish: Wish) -> bool:
    return any(meet(wish.busy, off) for off in wish.person.away)


@lru_cache(maxsize=64)
def hours(person: Person, place: Place, day: date) -> list[Stretch]:
    """When somebody is in: shifts that meet or touch are one."""
    whole: list[Stretch] = []
    for opens, closes in sorted(
        (moment(day, one.opens, place.zone), moment(day, one.closes, place.zone))
        for one in person.shifts
        if one.place == place.key
        and one.weekday in (0, day.isoweekday())
        and one.first <= day <= one.last
    ):
        if whole and opens <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], closes)
        elif opens < closes:
            whole.append((opens, closes))
    return whole


def _outside(wish: Wish) -> bool:
    return wish.shift is None


def _taken(wish: Wish) -> bool:
    return any(meet(wish.busy, stretch) for stretch in _visits(wish))


def _visits(wish: Wish) -> Iterator[Stretch]:
    """Visits of the person, those elsewhere with the way there and back."""
    for visit in wish.world.blocking(wish.asking):
        if visit.person == wish.person.key:
            way = timedelta() if visit.place == wish.place.key else wish.world.travel
            yield visit.busy[0] - way, visit.busy[1] + way


def _day_is_full(wish: Wish) -> bool:
    if wish.session.daily_limit is None:
        return False
    same = [
        visit
        for visit in wish.world.blocking(wish.asking)
        if (visit.person, visit.session) == (wish.person.key, wish.session.key)
        and visit.starts_at.astimezone(wish.world.zone(visit.place)).date() == wish.day
    ]
    return len(same) >= wish.session.daily_limit


def _no_room(wish: Wish) -> bool:
    used = {visit.room for visit in wish.world.blocking(wish.asking) if meet(wish.busy, visit.busy)}
    return wish.session.needs_room and not wish.place.rooms - used


def _off_grid(wish: Wish) -> bool:
    if wish.shift is None:
        return False
    shown, first = (
        at.astimezone(wish.place.zone).replace(tzinfo=None)
        for at in (wish.starts_at, wish.shift[0])
    )
    return shown < first or bool((shown - first) / MINUTE % wish.session.grid)


RULES: dict[str, Callable[[Wish], bool]] = {
    "past": _past,
    "too_soon": _too_soon,
    "too_far": _too_far,
    "not_offered": _not_offered,
    "not_certified": _not_certified,
    "closed": _closed,
    "away": _away,
    "outside_hours": _outside,
    "taken": _taken,
    "daily_limit": _day_is_full,
    "no_room": _no_room,
    "off_grid": _off_grid,
}


def bookable(
    world: World,
    session: Session,
    first_day: date,
    days: int,
    asking: Asking,
    places: Collection[int] | None = None,
) -> list[Offer]:
    """Every start of a session that can be booked on some local days, soonest first."""
    found = []
    for person in world.people:
        for place in world.places:
            if places is None or place.key in places:
                for shift in (
                    shift
                    for shift_day in range(days)
                    for shift in hours(person, place, first_day + shift_day * DAY)
                ):
                    found += [
                        Offer(at, person.key, session.key, place.key)
                        for at in minutes(shift)
                        if not why_not(Wish(world, asking, person, session, place, at))
                    ]
    return sorted(found)


def minutes(stretch: Stretch) -> Iterator[datetime]:
    at, end = stretch
    while at < end:
        yield at
        at += MINUTE


def offers(
    world: World,
    session: Session,
    first_day: date,
    days: int,
    asking: Asking,
    places: Collection[int] | None = None,
) -> list[Offer]:
    """Every start that is offered: where starts are packed, the best of each stretch of free time."""
    free = bookable(world, session, first_day, days, asking, places)
    if asking.for_staff or not world.packs:
        return free
    told = {offer: _packing(world, asking, session, offer) for offer in free}
    better = {(offer.person, stretch) for offer, (stretch, fits) in told.items() if fits}
    return [
        offer
        for offer, (stretch, fits) in told.items()
        if fits or (offer.person, stretch) not in better
    ]


def _packing(world: World, asking: Asking, session: Session, offer: Offer) -> tuple[Stretch, bool]:
    """The stretch of free time around a start, and whether what it leaves can still be used."""
    person = next(one for one in world.people if one.key == offer.person)
    place = next(one for one in world.places if one.key == offer.place)
    wish = Wish(world, asking, person, session, place, offer.starts_at)
    begins, ends = wish.shift or wish.busy
    for block in (*_visits(wish), *person.away, *_closed_days(world, place)):
        if block[1] <= wish.starts_at:
            begins = max(begins, block[1])
        elif block[0] >= wish.starts_at:
            ends = min(ends, block[0])
    sessions = [one for one in world.sessions if one.is_published and one.key in person.sessions]
    shortest = min((one.needs for one in sessions), default=timedelta())
    gaps = (wish.busy[0] - begins, ends - wish.busy[1])
    return (begins, ends), not any(timedelta() < gap < shortest for gap in gaps)
