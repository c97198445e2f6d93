"""Why a start cannot be booked: the rules of `free_slots.sql`, one by one and in words.

The statement decides; these only explain. They go in the order in which a person
would ask, and the first that has something to say is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q, QuerySet

from bookings.availability import is_published, slots_at
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
from bookings.models.appointments import AppointmentQuerySet
from bookings.rooms import AROUND, free_rooms
from bookings.wall_clock import DAY, MINUTE, day_of, moment
from bookings.working_hours import merged
from practitioners.models import (
    Availability,
    ClinicSettings,
    Closure,
    ExtraHours,
    Location,
    Practitioner,
    Service,
    TimeOff,
)
from practitioners.prepared import PreparedQuery


@dataclass(frozen=True)
class Wish:
    """A start that somebody would like, with who asks and what does not count against it."""

    service: Service
    practitioner: Practitioner
    location: Location
    starts_at: datetime
    now: datetime
    for_staff: bool = False
    moving: Appointment | None = None
    visitor: str = ""

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
    def person(self) -> Any:
        """The practitioner, if they give the service, with what else may speak against the start."""
        zone = self.location.zone
        return PERSON.first(
            person=self.practitioner.pk,
            service=self.service.pk,
            on=self.day,
            begin=self.begin,
            end=self.end,
            location=self.location.pk,
            first=day_of(self.begin, zone),
            last=day_of(self.end - MINUTE, zone),
        )

    @cached_property
    def neighbours(self) -> list[Appointment]:
        """What stands around the wish in the practitioner's calendar."""
        return NEIGHBOURS.rows(
            practitioner=self.practitioner.pk,
            since=self.starts_at - DAY,
            until=self.end + DAY,
            **self.not_counted,
        )

    @property
    def not_counted(self) -> dict[str, Any]:
        """What tells which rows block nothing."""
        moving = self.moving.pk if self.moving else 0
        return {"now": self.now, "visitor": self.visitor, "moving": moving}


def why_not(
    service: Service,
    practitioner: Practitioner,
    location: Location,
    starts_at: datetime,
    *,
    now: datetime,
    for_staff: bool = False,
    moving: Appointment | None = None,
    visitor: str = "",
    is_taken: bool = False,
) -> BookingError | None:
    """Name the one reason why a start cannot be booked, or None when it can.

    Where somebody was just seen to stand (`is_taken`) there always is one.
    """
    wish = Wish(service, practitioner, location, starts_at, now, for_staff, moving, visitor)
    if not is_taken and slots_at(
        service,
        starts_at,
        now=now,
        practitioners=[practitioner.pk],
        location=location,
        moving=moving,
        visitor=visitor,
        for_staff=for_staff,
    ):
        return None
    reasons = (rule(wish) for rule in RULES)
    # Nothing is in the way: it was taken a moment ago and is free again.
    return next((reason for reason in reasons if reason), SlotTaken())


def is_taken(
    service: Service,
    practitioner: Practitioner,
    location: Location,
    starts_at: datetime,
    *,
    now: datetime,
    **about: Any,
) -> bool:
    """Tell whether somebody stands there, by one cheap query.

    Asked before the locks, so that of a crowd that wants one time nobody waits for nothing.
    """
    wish = Wish(service, practitioner, location, starts_at, now, **about)
    found = IN_THE_WAY.first(
        practitioner=wish.practitioner.pk,
        since=wish.begin - AROUND,
        until=wish.end + MINUTE,
        busy=DateTimeTZRange(wish.begin, wish.end),
        **wish.not_counted,
    )
    return found is not None


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
    if wish.person is None or not wish.location.is_active:
        return NotOffered()
    if wish.for_staff:
        return None
    is_shown = wish.person.is_bookable_online and is_published(wish.service)
    return None if is_shown else NotOffered()


def _certificates(wish: Wish) -> BookingError | None:
    """Licence, insurance and every technique count on the day of the visit."""
    return None if wish.person.is_allowed else NotCertified()


def _closures(wish: Wish) -> BookingError | None:
    """Whole local days; turnover may not reach into one either."""
    return Closed() if wish.person.is_closed else None


def _time_off(wish: Wish) -> BookingError | None:
    return Away() if wish.person.is_away else None


def _hours(wish: Wish) -> BookingError | None:
    return OutsideHours() if _shift_start(wish) is None else None


def _visits(wish: Wish) -> BookingError | None:
    """Other visits, and the way to and from those at another location."""
    travel = timedelta(minutes=wish.clinic.travel_minutes)
    for visit in wish.neighbours:
        way = timedelta() if visit.location_id == wish.location.pk else travel
        if visit.busy.lower - way < wish.end and visit.busy.upper + way > wish.begin:
            return SlotTaken()
    return None


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
    if not wish.service.needs_room:
        return None
    rooms = free_rooms(
        wish.location, wish.begin, wish.end, now=wish.now, moving=wish.moving, visitor=wish.visitor
    )
    return None if rooms else NoRoom()


def _grid(wish: Wish) -> BookingError | None:
    """Starts are counted on the wall clock from the start of the shift."""
    shift = _shift_start(wish)
    if shift is None:
        return None
    minutes = (_on_the_wall(wish.starts_at, wish) - _on_the_wall(shift, wish)) / MINUTE
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


def _shift_start(wish: Wish) -> datetime | None:
    """When the stretch of hours begins that holds the visit, if one does."""
    whose = {"person": wish.practitioner.pk, "place": wish.location.pk, "on": wish.day}
    weekly = WEEKLY.rows(weekday=wish.day.isoweekday(), **whose)
    rows: list[Any] = [*weekly, *EXTRA.rows(**whose)]
    zone = wish.location.zone
    shifts = [
        (moment(wish.day, row.starts_at, zone), moment(wish.day, row.ends_at, zone)) for row in rows
    ]
    around = [
        begins for begins, ends in merged(shifts) if begins <= wish.starts_at and wish.end <= ends
    ]
    return around[0] if around else None


def _blocking(
    practitioner: int, since: Any, until: Any, now: Any, visitor: str, moving: int
) -> AppointmentQuerySet:
    rows = Appointment.objects.blocking(now=now, visitor=visitor).exclude(pk=moving)
    return rows.filter(
        practitioner=practitioner, starts_at__gte=since, starts_at__lt=until
    ).select_related("location")


def _person(
    person: int, service: int, on: Any, begin: Any, end: Any, location: int, first: Any, last: Any
) -> QuerySet[Practitioner]:
    givers = Practitioner.objects.filter(pk=person, is_active=True, services=service)
    allowed = Practitioner.objects.filter(pk=OuterRef("pk"))
    allowed = allowed.certified_for(Service(pk=service), on=on).licensed(on=on)
    closed = Closure.objects.filter(
        Q(location=location) | Q(location=None), starts_on__lte=last, ends_on__gte=first
    )
    away = TimeOff.objects.filter(practitioner=OuterRef("pk"), starts_at__lt=end, ends_at__gt=begin)
    return givers.annotate(
        is_allowed=Exists(allowed), is_closed=Exists(closed), is_away=Exists(away)
    )


def _weekly(person: int, place: int, on: Any, weekday: int) -> QuerySet[Availability]:
    return Availability.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=on),
        Q(valid_until=None) | Q(valid_until__gte=on),
        practitioner=person,
        location=place,
        weekday=weekday,
    )


AROUND_A_START = {
    "practitioner": "bigint",
    "since": "timestamptz",
    "until": "timestamptz",
    "now": "timestamptz",
    "visitor": "text",
    "moving": "bigint",
}
NEIGHBOURS = PreparedQuery("neighbours", AROUND_A_START, _blocking)
IN_THE_WAY = PreparedQuery(
    "in_the_way",
    {**AROUND_A_START, "busy": "tstzrange"},
    lambda busy, **about: _blocking(**about).filter(busy__overlap=busy)[:1],
)
PERSON = PreparedQuery(
    "wished_person",
    {
        "person": "bigint",
        "service": "bigint",
        "on": "date",
        "begin": "timestamptz",
        "end": "timestamptz",
        "location": "bigint",
        "first": "date",
        "last": "date",
    },
    _person,
)
WEEKLY = PreparedQuery(
    "weekly_hours",
    {"person": "bigint", "place": "bigint", "on": "date", "weekday": "smallint"},
    _weekly,
)
EXTRA = PreparedQuery(
    "extra_hours",
    {"person": "bigint", "place": "bigint", "on": "date"},
    lambda person, place, on: ExtraHours.objects.filter(practitioner=person, location=place, on=on),
)
