"""Whether one start can be booked, and if not, why: the rules of `free_slots.sql`, in words.

The statement finds what can be offered; these judge what somebody has chosen, from one
query. They go in the order in which a person would ask, and the first that has something
to say is the answer. Both are held against the same sweep in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bookings.asked import NEIGHBOURS, OFFER
from bookings.errors import (
    Away,
    BookingError,
    Closed,
    DailyLimit,
    InThePast,
    NoRoom,
    NotCertified,
    NotOffered,
    OffGrid,
    OutsideHours,
    SlotTaken,
    TooFar,
    TooSoon,
)
from bookings.models import Appointment
from bookings.wall_clock import DAY, MINUTE, day_of, moment
from bookings.working_hours import merged
from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.prepared import PreparedQuery


@dataclass
class Wish:
    """A start that somebody would like, with who asks and what does not count against it.

    Service and place are as a page read them, until `offer` finds that they have changed.
    """

    service: Service
    practitioner: Practitioner
    location: Location
    starts_at: datetime
    now: datetime
    for_staff: bool = False
    moving: Appointment | None = None
    visitor: str = ""
    client: int = 0  # for facts about them
    was_mistaken: bool = False  # about service or place, when what goes before was asked

    @cached_property
    def clinic(self) -> ClinicSettings:
        return ClinicSettings.current()

    @property
    def day(self) -> date:
        """The local date of the visit."""
        return self.starts_at.astimezone(self.location.zone).date()

    @property
    def begin(self) -> datetime:
        """From when time is blocked, with turnover."""
        return self.starts_at - timedelta(minutes=self.service.turnover_before)

    @property
    def end(self) -> datetime:
        """Until when time is blocked, with turnover."""
        return self.starts_at + self.service.length + timedelta(minutes=self.service.turnover_after)

    @cached_property
    def offer(self) -> Any:
        """The service as it is now, if that person gives it, with what may speak against the start.

        One query, asked again when what was read before of service or place no longer holds.
        """
        return self.read()

    def read(self, *, after: str = "") -> Any:
        """Read the offer, after what was `said` to be executed before."""
        found = self._asked(OFFER, after)
        return self._as_it_is(found, found)

    def read_with(self, query: PreparedQuery[Any], *, after: str = "") -> Any:
        """Read the offer with something else that is there, by a query for both; gives that.

        Its service is the one to go by, where it has one. Raises ObjectDoesNotExist.
        """
        row = self._asked(query, after)
        if row is None:
            raise ObjectDoesNotExist
        service = getattr(row, "service", self.service)
        self.offer = self._as_it_is(row if row.is_given else None, service)
        return row

    def _as_it_is(self, offer: Any, service: Service) -> Any:
        """The offer, read again where service or place are not as they were thought to be."""
        if offer and self._has_changed(offer, service):
            self.service, self.location = service, Location.objects.get(pk=self.location.pk)
            offer = service = self._asked(OFFER)
            self.was_mistaken = True
        self.service = service or self.service
        return offer

    @property
    def is_shown(self) -> bool:
        """Whether visitors may book this service with this person at all."""
        return bool(self.offer and self.offer.is_published_now and self.offer.is_bookable_online)

    def _asked(self, query: PreparedQuery[Any], after: str = "") -> Any:
        vars(self).pop("shift", None)  # it was of what was read before
        day, zone = self.day, self.location.zone
        return query.first(
            after=after,
            service=self.service.pk,
            place=self.location.pk,
            on=day,
            weekday=day.isoweekday(),
            first=day_of(self.begin, zone),
            last=day_of(self.end - MINUTE, zone),
            begin=self.begin,
            end=self.end,
            client=self.client,
            **self.there,
        )

    def _has_changed(self, offer: Any, service: Service) -> bool:
        """Whether the blocked time or the wall clock is another one than was asked about."""
        asked, found = (
            (one.pk, one.minutes, one.turnover_before, one.turnover_after)
            for one in (self.service, service)
        )
        return asked != found or offer.place_zone not in (None, self.location.time_zone)

    @cached_property
    def neighbours(self) -> list[Appointment]:
        """What stands around the wish in the practitioner's calendar."""
        return NEIGHBOURS.rows(**{name: self.there[name] for name in NEIGHBOURS.types})

    @property
    def there(self) -> dict[str, Any]:
        """Where the wish stands in a calendar, and what blocks nothing there."""
        begin, end = self.begin, self.end
        return {
            "practitioner": self.practitioner.pk,
            "busy": DateTimeTZRange(begin, end),
            "since": begin - DAY,
            "until": end + DAY,
            "now": self.now,
            "visitor": self.visitor,
            "moving": (self.moving and self.moving.pk) or 0,
        }

    @cached_property
    def shift(self) -> datetime | None:
        """When the stretch of hours begins that holds the visit, if one does."""
        offer, day, zone = self.offer, self.day, self.location.zone
        rows = [*offer.weekly, *offer.extra]
        shifts = [(moment(day, first, zone), moment(day, last, zone)) for first, last in rows]
        around = [
            begins
            for begins, ends in merged(shifts)
            if begins <= self.starts_at and self.end <= ends
        ]
        return around[0] if around else None

    def why_not(self) -> BookingError | None:
        """Name the one reason why the start cannot be booked, or None when it can."""
        self.offer  # noqa: B018  the rules go by the service as it is now
        return next((reason for rule in RULES if (reason := rule(self))), None)


def why_not(
    service: Service,
    practitioner: Practitioner,
    location: Location,
    starts_at: datetime,
    *,
    now: datetime,
    **about: Any,
) -> BookingError | None:
    """The same of a wish that nothing else is asked of."""
    return Wish(service, practitioner, location, starts_at, now, **about).why_not()


def _time_of_asking(wish: Wish) -> BookingError | None:
    """Never in the past; for clients neither too soon nor too far ahead."""
    if wish.starts_at < wish.now:
        return InThePast()
    if wish.for_staff:
        return None
    notice = wish.service.notice(wish.clinic)
    if wish.starts_at < wish.now + notice:
        return TooSoon(_too_soon(notice, wish.clinic.phone))
    today = wish.now.astimezone(wish.location.zone).date()
    return TooFar() if wish.day > today + wish.service.horizon(wish.clinic) else None


def _offer(wish: Wish) -> BookingError | None:
    """The service, the person and the place are still to be had."""
    offer = wish.offer
    if offer is None or offer.place_zone is None:
        return NotOffered()
    return None if wish.for_staff or wish.is_shown else NotOffered()


def _certificates(wish: Wish) -> BookingError | None:
    """Licence, insurance and every technique count on the day of the visit."""
    return None if wish.offer.is_allowed else NotCertified()


def _closures(wish: Wish) -> BookingError | None:
    """Whole local days; turnover may not reach into one either."""
    return Closed() if wish.offer.is_closed else None


def _time_off(wish: Wish) -> BookingError | None:
    return Away() if wish.offer.is_away else None


def _hours(wish: Wish) -> BookingError | None:
    return OutsideHours() if wish.shift is None else None


def _visits(wish: Wish) -> BookingError | None:
    """Other visits, and the way to and from those at another location."""
    if wish.offer.is_taken:
        return SlotTaken()
    if not wish.offer.is_elsewhere:
        return None
    way = timedelta(minutes=wish.clinic.travel_minutes)
    elsewhere = [one for one in wish.neighbours if one.location_id != wish.location.pk]
    is_too_near = any(
        one.busy.lower - way < wish.end and one.busy.upper + way > wish.begin for one in elsewhere
    )
    return SlotTaken() if is_too_near else None


def _limit_of_the_day(wish: Wish) -> BookingError | None:
    if wish.service.daily_limit is None:
        return None
    same = [
        visit
        for visit in wish.neighbours
        if visit.service_id == wish.service.pk and visit.local_day == wish.day
    ]
    return DailyLimit() if len(same) >= wish.service.daily_limit else None


def _rooms(wish: Wish) -> BookingError | None:
    return NoRoom() if wish.service.needs_room and not wish.offer.has_room else None


def _grid(wish: Wish) -> BookingError | None:
    """Starts are counted on the wall clock from the start of the shift."""
    if wish.shift is None:
        return None
    minutes = (_on_the_wall(wish.starts_at, wish) - _on_the_wall(wish.shift, wish)) / MINUTE
    return OffGrid() if minutes < 0 or minutes % wish.service.start_grid else None


def _on_the_wall(at: datetime, wish: Wish) -> datetime:
    return at.astimezone(wish.location.zone).replace(tzinfo=None)


RULES: tuple[Callable[[Wish], BookingError | None], ...] = (
    _time_of_asking,
    _offer,
    _certificates,
    _closures,
    _time_off,
    _hours,
    _visits,
    _limit_of_the_day,
    _rooms,
    _grid,
)


def _too_soon(notice: timedelta, phone: str) -> str:
    hours = notice / timedelta(hours=1)
    length = f"{hours:g} hour{'' if hours == 1 else 's'}"
    call = f" Call {phone} and" if phone else " Call us and"
    return f"This time is less than {length} away.{call} we will try to fit you in."
