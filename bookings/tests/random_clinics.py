"""Small clinics at random, with everything that rules over free times, and their snapshot for the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from django.db import transaction

from bookings import kept_hours
from bookings.availability import free_slots
from bookings.models import Appointment
from bookings.starts import HOURS, Slot, ask_first
from bookings.tests import slot_oracle as oracle
from bookings.tests.factories import make_client
from bookings.wall_clock import DAY, MINUTE
from practitioners.facts import facts
from practitioners.models import (
    Availability,
    ClinicSettings,
    Closure,
    Credential,
    ExtraHours,
    Location,
    Practitioner,
    PractitionerTechnique,
    Room,
    Service,
    TimeOff,
)
from practitioners.once import read_once
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
    make_technique,
)

ME = "me"
OTHER_ZONES = ("Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Los_Angeles")
FAR_PAST, FAR_FUTURE = date(1900, 1, 1), date(2999, 1, 1)


def mostly(chance: Random, usual: Any, *rare: Any) -> Any:
    return usual if chance.random() < 0.85 else chance.choice(rare)


class RandomClinic:
    """Two specialists, two sessions and one or two places around one day, and somebody who asks."""

    def __init__(self, chance: Random, zone: str, day: date) -> None:
        self.chance, self.day = chance, day
        make_clinic(
            min_notice_minutes=mostly(chance, 0, 120, 24 * 60),
            horizon_days=mostly(chance, 90, 1, 3),
            travel_minutes=chance.choice((0, 30, 60)),
            packs_starts=chance.random() < 0.5,
        )
        self.places = [self.place(zone)]
        if chance.random() < 0.5:
            self.places.append(self.place(chance.choice((zone, *OTHER_ZONES))))
        self.services = [self.service() for _ in range(2)]
        self.people = [self.person() for _ in range(2)]
        self.visits = [made for _ in range(chance.randrange(9)) if (made := self.visit())]
        self.closures()
        now = self.moment() - chance.choice((0, 1, 1, 2)) * DAY
        self.asking = oracle.Asking(
            now=now,
            for_staff=chance.random() < 0.3,
            visitor=ME if chance.random() < 0.5 else "",
            moving=chance.choice(self.visits).pk if self.visits and chance.random() < 0.3 else None,
        )

    def place(self, zone: str) -> Location:
        place = make_location(time_zone=zone, is_active=mostly(self.chance, True, True, False))
        for _ in range(self.chance.choice((1, 1, 2))):
            make_room(place, is_active=mostly(self.chance, True, True, False))
        return place

    def service(self) -> Service:
        chance = self.chance
        techniques = [
            make_technique(
                needs_training=mostly(chance, False, True),
                is_published=mostly(chance, True, True, True, False),
            )
            for _ in range(chance.choice((1, 1, 2)))
        ]
        return make_service(
            *techniques,
            minutes=chance.choice((25, 30, 45, 60, 90)),
            turnover_before=mostly(chance, 0, 5, 15, 30),
            turnover_after=mostly(chance, 10, 0, 15, 30),
            start_grid=chance.choice((5, 10, 15, 20, 30, 45, 60)),
            needs_room=chance.random() < 0.7,
            daily_limit=mostly(chance, None, 1, 2),
            min_notice_minutes=mostly(chance, None, 0, 90),
            horizon_days=mostly(chance, None, 0, 2),
            is_published=mostly(chance, True, True, True, False),
        )

    def person(self) -> Practitioner:
        chance = self.chance
        given = self.services if chance.random() < 0.7 else self.services[:1]
        person = make_practitioner(
            *given,
            is_active=mostly(chance, True, True, True, False),
            is_bookable_online=mostly(chance, True, True, False),
        )
        for row in person.certificates.all():
            row.certified_on = mostly(chance, None, self.day, self.day + DAY)
            row.expires_on = mostly(chance, None, self.day, self.day + DAY)
            row.evidence = mostly(chance, "Course 2020", "")
            row.save()
        person.credentials.update(
            expires_on=mostly(chance, None, self.day, self.day - DAY),
            status=mostly(chance, "active", "active", "active", "suspended"),
        )
        self.hours(person)
        return person

    def hours(self, person: Practitioner) -> None:
        for _ in range(self.chance.choice((1, 2, 3))):
            opens, closes = self.clocks()
            place = self.chance.choice(self.places)
            if self.chance.random() < 0.8:
                near = self.day + self.chance.choice((-1, 0, 0, 0, 0, 1)) * DAY
                Availability.objects.create(
                    practitioner=person, location=place, weekday=near.isoweekday(),
                    starts_at=opens, ends_at=closes,
                    valid_from=mostly(self.chance, None, self.day, self.day + DAY),
                    valid_until=mostly(self.chance, None, self.day + DAY),
                )  # fmt: skip
            else:
                ExtraHours.objects.create(
                    practitioner=person, location=place, on=self.day,
                    starts_at=opens, ends_at=closes,
                )  # fmt: skip
        if self.chance.random() < 0.4:
            begins = self.moment()
            length = self.chance.choice((30, 60, 240, 24 * 60)) * MINUTE
            TimeOff.objects.create(practitioner=person, starts_at=begins, ends_at=begins + length)

    def clocks(self) -> tuple[time, time]:
        """Opening and closing: half of all by night, when clocks change."""
        first = self.chance.choice((0, 0, 60, 9 * 60)) + 5 * self.chance.randrange(36)
        last = min(first + self.chance.choice((30, 90, 180, 300, 480)), 24 * 60 - 1)
        return time(*divmod(first, 60)), time(*divmod(last, 60))

    def moment(self) -> datetime:
        """Some minute of the first place's day, give or take."""
        midnight = datetime.combine(self.day, time(0), self.places[0].zone).astimezone(UTC)
        return midnight + 5 * self.chance.randrange(-24, 24 * 13) * MINUTE

    def visit(self) -> Appointment | None:
        """A visit that meets no other of the same person or room, as the database sees to."""
        chance, service = self.chance, self.chance.choice(self.services)
        place, starts_at = chance.choice(self.places), self.moment()
        rooms: list[Room | None] = list(place.rooms.all()) if service.needs_room else [None]
        held = chance.random() < 0.4
        row = Appointment(
            practitioner=chance.choice(self.people), location=place, service=service,
            room=chance.choice(rooms), price=1, starts_at=starts_at, ends_at=starts_at + service.length,
            busy=(starts_at - service.turnover_before * MINUTE,
                  starts_at + service.length + service.turnover_after * MINUTE),
            status="held" if held else "booked",
            held_until=self.moment() if held else None,
            held_by=chance.choice((ME, "somebody")) if held else "",
        )  # fmt: skip
        others = Appointment.objects.filter(busy__overlap=row.busy).exclude(status="cancelled")
        clash = others.filter(practitioner=row.practitioner)
        if row.room:
            clash |= others.filter(room=row.room)
        if clash.exists():
            return None
        if not held:
            row.client = make_client()
            if chance.random() < 0.2:
                row.status, row.cancelled_by = "cancelled", "client"
        row.save()
        return row

    def closures(self) -> None:
        if self.chance.random() < 0.2:
            on = self.day + self.chance.choice((-1, 0, 1)) * DAY
            place = self.chance.choice((None, *self.places))
            Closure.objects.create(name="Closed", location=place, starts_on=on, ends_on=on)


def snapshot() -> oracle.World:
    """Everything in the database that rules over free times, as the oracle reads it."""
    clinic = ClinicSettings.current()
    return oracle.World(
        places=tuple(_place(one) for one in Location.objects.all()),
        sessions=tuple(_session(one, clinic) for one in Service.objects.all()),
        people=tuple(_person(one) for one in Practitioner.objects.all()),
        visits=tuple(_visit(one) for one in Appointment.objects.exclude(status="cancelled")),
        closings=tuple(
            oracle.Closing(one.location_id, one.starts_on, one.ends_on)
            for one in Closure.objects.all()
        ),
        travel=timedelta(minutes=clinic.travel_minutes),
        packs=clinic.packs_starts,
    )


def _place(row: Location) -> oracle.Place:
    rooms = row.rooms.filter(is_active=True).values_list("pk", flat=True)
    return oracle.Place(row.pk, row.zone, row.is_active, frozenset(rooms))


def _session(row: Service, clinic: ClinicSettings) -> oracle.Session:
    notice, horizon = row.min_notice_minutes, row.horizon_days
    techniques = list(row.techniques.all())
    return oracle.Session(
        key=row.pk,
        minutes=row.minutes,
        before=row.turnover_before,
        after=row.turnover_after,
        grid=row.start_grid,
        needs_room=row.needs_room,
        daily_limit=row.daily_limit,
        notice=(clinic.min_notice_minutes if notice is None else notice) * MINUTE,
        horizon=(clinic.horizon_days if horizon is None else horizon) * DAY,
        is_published=row.is_published and all(one.is_published for one in techniques),
        techniques=frozenset(one.pk for one in techniques),
    )


def _person(row: Practitioner) -> oracle.Person:
    weekly = [
        oracle.Shift(
            one.location_id, one.starts_at, one.ends_at, one.weekday,
            one.valid_from or FAR_PAST, one.valid_until or FAR_FUTURE,
        )
        for one in row.availability.all()
    ]  # fmt: skip
    extra = [
        oracle.Shift(one.location_id, one.starts_at, one.ends_at, first=one.on, last=one.on)
        for one in row.extra_hours.all()
    ]
    return oracle.Person(
        key=row.pk,
        is_active=row.is_active,
        is_online=row.is_bookable_online,
        sessions=frozenset(row.services.values_list("pk", flat=True)),
        shifts=(*weekly, *extra),
        away=tuple((one.starts_at, one.ends_at) for one in row.time_off.all()),
        papers=tuple(_papers(row)),
        certificates=tuple(_certificates(row)),
    )


def _papers(row: Practitioner) -> list[tuple[bool, date]]:
    needed = Credential.objects.filter(practitioner=row, kind__in=("licence", "insurance"))
    return [(one.status == "active", one.expires_on or FAR_FUTURE) for one in needed]


def _certificates(row: Practitioner) -> list[tuple[int, date, date]]:
    held = PractitionerTechnique.objects.filter(practitioner=row).select_related("technique")
    return [
        (one.technique_id, one.certified_on or FAR_PAST, one.expires_on or FAR_FUTURE)
        for one in held
        if one.evidence or not one.technique.needs_training
    ]


def _visit(row: Appointment) -> oracle.Visit:
    is_held = row.status == "held"
    return oracle.Visit(
        row.pk, row.practitioner_id, row.location_id, row.room_id, row.service_id, row.starts_at,
        (row.busy.lower, row.busy.upper), row.held_until if is_held else None, row.held_by,
    )  # fmt: skip


def sql_offers(clinic: RandomClinic, service: Service, **more: Any) -> list[oracle.Offer]:
    """What `free_slots` offers to whoever asks in a random clinic, over three days."""
    return sorted(map(_offer, free_slots(service, **_question(clinic), **more)))


def _question(clinic: RandomClinic) -> dict[str, Any]:
    asking = clinic.asking
    return {
        "first_day": clinic.day - DAY,
        "days": 3,
        "now": asking.now,
        "for_staff": asking.for_staff,
        "visitor": asking.visitor,
        "moving": next((one for one in clinic.visits if one.pk == asking.moving), None),
        "practitioners": [one.pk for one in clinic.people],
    }


def _offer(slot: Slot) -> oracle.Offer:
    return oracle.Offer(slot.starts_at, slot.practitioner_id, slot.service_id, slot.location_id)


@contextmanager
def taken_back() -> Iterator[None]:
    """Leave no row of what is made within: the clinics of a search must not pile up."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def looked_at() -> Iterator[None]:
    """As on a page that is looked at, which knows its clinic."""
    with read_once():
        facts()
        yield


def each_way() -> Iterator[None]:
    """Each statement: for who knows the clinic and who does not, with hours found, sent and written in it."""
    for asked, few, times in (nullcontext, 0, 1), (looked_at, kept_hours.FEW, 2), (looked_at, 0, 3):
        HOURS.forget()
        with asked(), patch.object(kept_hours, "FEW", few):
            for _ in range(times):
                yield


def compare(chance: Random, zone: str, day: date) -> tuple[int, list[oracle.Offer]]:
    """Make a random clinic, ask both, and take the clinic back.

    Returns how many starts both offer and those that only one of them does: of all, and of
    those that each person can start first.
    """
    agreed, differ, all_expected = 0, [], []
    with taken_back():
        clinic = RandomClinic(chance, zone, day)
        world = snapshot()
        for service in clinic.services:
            session = next(one for one in world.sessions if one.key == service.pk)
            expected = set(oracle.offers(world, session, day - DAY, 3, clinic.asking))
            all_expected += expected
            for _ in each_way():
                found = set(sql_offers(clinic, service))
                differ += sorted(expected ^ found)
            agreed += len(expected & found)
        for _ in each_way():
            differ += sorted(firsts_of(all_expected, clinic) ^ sql_firsts(clinic))
    return agreed, differ


def firsts_of(offers: list[oracle.Offer], clinic: RandomClinic) -> set[oracle.Offer]:
    """The first of each person; of sessions that could start then the first in their order."""
    order = {one.pk: (one.position, one.pk) for one in clinic.services}
    by_time = sorted(offers, key=lambda one: (one.starts_at, order[one.session], one.place))
    return set({one.person: one for one in reversed(by_time)}.values())


def sql_firsts(clinic: RandomClinic) -> set[oracle.Offer]:
    """The same as the statement has it."""
    return set(map(_offer, ask_first([one.pk for one in clinic.services], **_question(clinic))))


def random_question(chance: Random, zones: tuple[str, ...]) -> tuple[str, date]:
    """A zone, and a day between 2024 and 2035, mostly one on which its clock changes."""
    zone = chance.choice(zones)
    changes = clock_changes(zone)
    if changes and chance.random() < 0.7:
        return zone, chance.choice(changes)
    return zone, date(2024, 1, 1) + chance.randrange(12 * 365) * DAY


_changes: dict[str, list[date]] = {}


def clock_changes(zone: str) -> list[date]:
    """The dates between 2024 and 2035 on which the clock of a zone jumps."""
    if zone not in _changes:
        info, found = ZoneInfo(zone), []
        for number in range(12 * 366):
            at = datetime(2024, 1, 1, 12, tzinfo=UTC) + number * DAY
            if at.astimezone(info).utcoffset() != (at + DAY).astimezone(info).utcoffset():
                found.append(_date_of_change(at, info))
        _changes[zone] = found
    return _changes[zone]


def _date_of_change(at: datetime, zone: ZoneInfo) -> date:
    before = at.astimezone(zone).utcoffset()
    while at.astimezone(zone).utcoffset() == before:
        at += 30 * MINUTE
    return at.astimezone(zone).date()
