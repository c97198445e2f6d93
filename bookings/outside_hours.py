"""Booked visits that a change of hours has left outside of them. They stay until somebody moves them.

The desk has a task for each person who has such visits, until none is left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db.models.functions import ExtractIsoWeekDay

from bookings.messages.digests import FRONT_DESK
from bookings.models import Appointment, Task
from bookings.wall_clock import moment
from bookings.working_hours import (
    Stretch,
    closures,
    is_closed,
    merged,
    shifts,
    stretches_off,
    time_off,
    windows_of,
)
from practitioners.models import Availability, Practitioner
from practitioners.prepared import Prepared

Reason = Literal["closed", "away", "outside"]
WORDS: dict[Reason, str] = {
    "closed": "the clinic is closed",
    "away": "during time off",
    "outside": "outside the hours",
}
TO_COME = (Appointment.Status.BOOKED, Appointment.Status.ARRIVED)
MOST = 50  # that are looked for at a time
TO_DO = "outside_hours"
MAY_BE_OUTSIDE = Prepared(
    "visits_outside_hours",
    Path(__file__).with_suffix(".sql").read_text(),
    {"people": "bigint[]", "now": "timestamptz", "count": "int", "first": "int"},
)


@dataclass(frozen=True, slots=True)
class LeftOutside:
    """A visit that is still booked, though nobody is in then."""

    visit: Appointment
    reason: Reason

    @property
    def words(self) -> str:
        return WORDS[self.reason]


def may_be_left(visit: Appointment, *, now: datetime) -> bool:
    """Whether a visit is one that somebody would have to move: still to come, and not ended."""
    return visit.status in TO_COME and visit.starts_at > now


def left_outside(
    practitioners: Collection[int], *, now: datetime, first: int = 0, count: int = MOST
) -> list[LeftOutside]:
    """Coming visits of these people that their hours no longer hold, soonest first.

    Six queries, or one; as many again where most of what may be outside is not.

    Only the visit itself counts, not its turnover: nobody is to move a client because ten
    minutes of tidying reach into a day off.
    """
    many = max(first + count, MOST)
    asked = {"people": list(practitioners), "now": now, "count": many}
    found: list[LeftOutside] = []
    looked_at, is_more = 0, True
    while is_more and len(found) < first + count:
        rows = MAY_BE_OUTSIDE.rows({**asked, "first": looked_at})
        found += _judged([key for (key,) in rows])
        looked_at, is_more = looked_at + many, len(rows) == many
    return found[first : first + count]


def _judged(keys: Collection[int]) -> list[LeftOutside]:
    """Those of some visits that are outside, with the reason. Five queries, or none."""
    visits = list(
        Appointment.objects.filter(pk__in=keys).with_details().order_by("starts_at", "pk")
    )
    if not visits:
        return []
    days = sorted(visit.local_day for visit in visits)
    hours = Hours({visit.practitioner for visit in visits}, days[0], days[-1])
    found = [(visit, hours.why_outside(visit)) for visit in visits]
    return [LeftOutside(visit, reason) for visit, reason in found if reason]


def left_without(row: Availability, *, now: datetime) -> list[Appointment]:
    """Coming visits that would be outside the hours without these weekly ones, soonest first.

    Nine queries, or one. What is outside already, for whatever reason, is not among them.
    """
    here = Appointment.objects.filter(
        practitioner=row.practitioner_id,
        location=row.location_id,
        status__in=TO_COME,
        starts_at__gt=now,
    )
    weekday = ExtractIsoWeekDay("starts_at", tzinfo=row.location.zone)
    on_that_day = here.annotate(weekday=weekday).filter(weekday=row.weekday)
    visits = list(on_that_day.with_details().order_by("starts_at", "pk"))
    if not visits:
        return []
    people, first, last = [row.practitioner], visits[0].local_day, visits[-1].local_day
    with_it, without = Hours(people, first, last), Hours(people, first, last, without=row)
    inside = [visit for visit in visits if not with_it.why_outside(visit)]
    return [visit for visit in inside if without.why_outside(visit)]


def call_for(practitioners: Collection[int], *, now: datetime) -> None:
    """See to it that the desk reads of each of these people whether somebody has to be moved."""
    for person in Practitioner.objects.filter(pk__in=practitioners).order_by("pk"):
        if left_outside([person.pk], now=now, count=1):
            _call(person, now=now)
        else:
            _settle([person.pk], now=now)


def sweep(*, now: datetime) -> int:
    """Tick off what the desk has done: nobody is left outside any more. Returns how many."""
    open_ones = Task.objects.open().filter(kind=TO_DO).values_list("reason_key", flat=True)
    called = [int(key.rpartition(":")[2]) for key in open_ones]
    done = [key for key in called if not left_outside([key], now=now, count=1)]
    return _settle(done, now=now) if done else 0


def _call(person: Practitioner, *, now: datetime) -> None:
    """One task per person, opened again when it had been done."""
    about = {
        "kind": TO_DO,
        "title": f"Move sessions that are booked while nobody is in: {person.name}"[:160],
        "link": "/desk/hours/#outside",
        "role": FRONT_DESK,
        "due_at": now,
    }
    task, is_new = Task.objects.get_or_create(reason_key=_key(person.pk), defaults=about)
    if not is_new and task.done_at:
        task.due_at, task.done_at, task.done_by = now, None, None
        task.save(update_fields=["due_at", "done_at", "done_by"])


def _settle(people: Collection[int], *, now: datetime) -> int:
    """Nothing is left to do for these people."""
    keys = [_key(person) for person in people]
    return Task.objects.open().filter(reason_key__in=keys).update(done_at=now)


def _key(person: int) -> str:
    return f"{TO_DO}:{person}"


def is_during(begins: datetime, ends: datetime, away: Iterable[Stretch]) -> bool:
    """Whether a visit and a time off meet; its turnover may reach into one, see `left_outside`."""
    return any(a < ends and b > begins for a, b in away)


class Hours:
    """When some people are in, at each place, over some days, with or without some hours. Four queries."""

    def __init__(
        self,
        people: Collection[Practitioner],
        first_day: date,
        last_day: date,
        *,
        without: Availability | None = None,
    ) -> None:
        self.closures = closures(first_day, last_day)
        self.time_off = time_off(people, first_day, last_day)
        self.away = stretches_off(self.time_off)
        self.rows: list[tuple[Any, date]] = []
        self.shifts: dict[tuple[int, int, date], list[Stretch]] = {}
        for row, on in shifts(people, first_day, (last_day - first_day).days + 1):
            if row == without:
                continue
            self.rows.append((row, on))
            zone = row.location.zone
            stretch = (moment(on, row.starts_at, zone), moment(on, row.ends_at, zone))
            key = (row.practitioner_id, row.location_id, on)
            self.shifts.setdefault(key, []).append(stretch)

    def windows(self) -> dict[tuple[int, date], list[Stretch]]:
        """When each of these people is in at all, by person and local day."""
        return windows_of(self.rows, self.closures, self.away)

    def zone_of(self, person: Practitioner, on: date) -> ZoneInfo | None:
        """Whose wall clock somebody goes by on a day: of their shift then, else of one near it."""
        own = [
            (day != on, row.location) for row, day in self.rows if row.practitioner_id == person.pk
        ]
        return min(own, key=lambda one: one[0])[1].zone if own else None

    def in_until(self, visit: Appointment) -> datetime | None:
        """When the hours end in which a visit begins, or time off begins; None if it begins in none."""
        begins, away = visit.starts_at, self.away.get(visit.practitioner_id, [])
        known = self.shifts.get((visit.practitioner_id, visit.location_id, visit.local_day), [])
        ends = next((b for a, b in merged(known) if a <= begins < b), None)
        if ends is None or any(a <= begins < b for a, b in away):
            return None
        return min([ends, *(a for a, _ in away if a > begins)])

    def why_outside(self, visit: Appointment, *, until: datetime | None = None) -> Reason | None:
        """Name what is in the way of a visit, or of what it takes `until` then; None while it can take place."""
        on, begins, ends = visit.local_day, visit.starts_at, until or visit.ends_at
        if not visit.location.is_active or any(
            is_closed(one, visit.location_id, on) for one in self.closures
        ):
            return "closed"
        if is_during(begins, ends, self.away.get(visit.practitioner_id, [])):
            return "away"
        known = self.shifts.get((visit.practitioner_id, visit.location_id, on), [])
        is_inside = any(a <= begins and ends <= b for a, b in merged(known))
        return None if is_inside else "outside"
