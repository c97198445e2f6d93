"""Time off and extra hours from the desk, written under the locks of the calendar."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from bookings import calendar
from bookings.errors import InThePast
from bookings.models import Appointment
from bookings.outside_hours import TO_COME, Hours, is_during
from bookings.times import Words
from bookings.wall_clock import day_of, moment
from bookings.working_hours import is_closed, without
from practitioners.models import Availability, ExtraHours, Location, Practitioner, TimeOff

MOST = 50  # of each are listed; whose they are can be chosen
OVER = "That time is over, so nothing was changed. Choose a day to come, or a later time today."


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What is to come beside the weekly hours."""

    time_off: list[tuple[TimeOff, ZoneInfo]]  # with the wall clock of who is away
    extra_hours: list[ExtraHours]
    has_more: bool = False


def block(
    person: Practitioner,
    starts_at: datetime,
    ends_at: datetime,
    *,
    reason: str,
    by: Any,
    now: datetime,
) -> TimeOff:
    """Take somebody out of the calendar; visits inside stay until somebody moves them.

    The same again is the same. Raises Busy, or InThePast for a time that is over.
    """
    if ends_at <= now:
        raise InThePast(OVER)

    def write() -> TimeOff:
        return TimeOff.objects.get_or_create(
            practitioner=person, starts_at=starts_at, ends_at=ends_at, defaults={"reason": reason}
        )[0]

    return calendar.change_hours([person.pk], write, by=by, now=now)


def open_more(
    person: Practitioner,
    location: Location,
    on: date,
    starts_at: time,
    ends_at: time,
    *,
    by: Any,
    now: datetime,
) -> ExtraHours:
    """Add hours on one day. The same again is the same. Raises Busy, InThePast like `block`."""
    if moment(on, ends_at, location.zone) <= now:
        raise InThePast(OVER)

    def write() -> ExtraHours:
        return ExtraHours.objects.get_or_create(
            practitioner=person, location=location, on=on, starts_at=starts_at, ends_at=ends_at
        )[0]

    return calendar.change_hours([person.pk], write, by=by, now=now)


def say_opened(more: ExtraHours, *, style: str, now: datetime) -> tuple[str, bool]:
    """What has come of extra hours, in a sentence, and whether anything can be booked in them.

    Five queries. Time off and closures go before hours, whichever was entered first.
    """
    zone, who = more.location.zone, more.practitioner.name
    begins, ends = moment(more.on, more.starts_at, zone), moment(more.on, more.ends_at, zone)
    when = Words(zone, style).span(begins, ends, today=day_of(now, zone))
    hours = Hours([more.practitioner], more.on, more.on)
    if not more.location.is_active or any(
        is_closed(one, more.location_id, more.on) for one in hours.closures
    ):
        return f"Nothing can be booked then, because the clinic is closed: {when}.", False
    away = hours.away.get(more.practitioner_id, [])
    if not without([(begins, ends)], away):
        return f"Nothing can be booked then, because {who} is off: {when}.", False
    but = ", except during time off" if is_during(begins, ends, away) else ""
    return f"{who} can be booked then, too: {when}{but}.", True


def remove(row: TimeOff | ExtraHours, *, by: Any, now: datetime) -> None:
    """Take time off or extra hours back. Raises Busy."""
    calendar.change_hours([row.practitioner_id], row.delete, by=by, now=now)


def coming(people: Collection[Practitioner], *, now: datetime, today: date) -> Exceptions:
    """The next time off and extra hours that are not over, soonest first. Three queries."""
    away = TimeOff.objects.filter(practitioner__in=people, ends_at__gt=now)
    extra = ExtraHours.objects.filter(practitioner__in=people, on__gte=today)
    rows = Availability.objects.filter(practitioner__in=people)
    zones = dict(rows.values_list("practitioner", "location__time_zone"))
    next_away = list(away.select_related("practitioner")[: MOST + 1])
    next_extra = list(extra.select_related("practitioner", "location")[: MOST + 1])
    return Exceptions(
        [(row, ZoneInfo(zones.get(row.practitioner_id, "UTC"))) for row in next_away[:MOST]],
        next_extra[:MOST],
        has_more=max(len(next_away), len(next_extra)) > MOST,
    )


def visits_inside(away: TimeOff, *, now: datetime) -> list[Appointment]:
    """The visits that somebody must move or cancel because of a time off, by the rule of `outside_hours`."""
    visits = Appointment.objects.filter(practitioner=away.practitioner, status__in=TO_COME)
    near = visits.filter(starts_at__gt=now).overlapping(away.starts_at, away.ends_at)
    time_off = [(away.starts_at, away.ends_at)]
    return [one for one in near.with_details() if is_during(one.starts_at, one.ends_at, time_off)]
