"""What holds for every clinic, zone and day between 2024 and 2035: searched for, not listed.

The statement, the refusals and the oracle say the same; hours are those of the wall, also
on days on which the clock jumps. A part of all zones here, every zone with FULL=1.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import calendar
from bookings.availability import free_slots
from bookings.models import Appointment
from bookings.refusals import RULES, Wish, why_not
from bookings.tests import slot_oracle as oracle
from bookings.tests.factories import make_client, make_user
from bookings.tests.random_clinics import (
    RandomClinic,
    clock_changes,
    compare,
    random_question,
    snapshot,
    sql_offers,
    taken_back,
)
from bookings.times import Words, zone_names
from bookings.wall_clock import DAY, MINUTE, local_day
from practitioners.models import Availability, Closure, Location, Practitioner
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

FULL = bool(os.environ.get("FULL"))
SOME_ZONES = (
    "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham",
    "America/Havana", "Africa/Cairo", "Atlantic/Azores", "Antarctica/Troll", "Africa/Casablanca",
    "America/Vancouver", "Pacific/Kiritimati", "Etc/GMT+12",
)  # fmt: skip
ZONES = tuple(sorted(zone_names())) if FULL else SOME_ZONES
searched = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    max_examples=1500 if FULL else 25,
)
seeds = st.integers(0, 2**32).map(Random)


@pytest.mark.django_db
@searched
@given(chance=seeds)
def test_the_statement_offers_what_the_oracle_offers(chance: Random) -> None:
    zone, day = random_question(chance, ZONES)
    _, differ = compare(chance, zone, day)
    assert differ == [], (zone, day)


@pytest.mark.django_db
def test_the_random_clinics_are_worth_asking() -> None:
    """Of thirty most offer something, and some starts of the same clinics cannot be booked."""
    agreed = [compare(chance, *random_question(chance, SOME_ZONES))[0] for chance in map(Random, range(30))]  # fmt: skip
    assert sum(count > 0 for count in agreed) >= 10
    assert sum(agreed) > 200


@pytest.mark.django_db
@settings(searched, max_examples=300 if FULL else 6)
@given(chance=seeds)
@taken_back()
def test_every_minute_is_refused_for_the_oracle_s_reason_or_for_none(chance: Random) -> None:
    clinic = RandomClinic(chance, *random_question(chance, ZONES))
    world, asking = snapshot(), clinic.asking
    moving = next((one for one in clinic.visits if one.pk == asking.moving), None)
    person, service, place = (
        chance.choice(rows) for rows in (clinic.people, clinic.services, clinic.places)
    )
    for at in chance.sample(list(minutes_of(clinic)), 24):
        found = why_not(
            service, person, place, at,
            now=asking.now, for_staff=asking.for_staff, visitor=asking.visitor, moving=moving,
        )  # fmt: skip
        expected = oracle.why_not(wish_of(world, asking, person, service, place, at))
        assert (found.code if found else "") == expected, at


@pytest.mark.django_db
@settings(searched, max_examples=300 if FULL else 6)
@given(chance=seeds)
@taken_back()
def test_no_rule_speaks_against_an_offer_and_none_meets_anything(chance: Random) -> None:
    clinic = RandomClinic(chance, *random_question(chance, ZONES))
    world, asking = snapshot(), clinic.asking
    moving = next((one for one in clinic.visits if one.pk == asking.moving), None)
    people = {one.pk: one for one in clinic.people}
    places = {one.pk: one for one in clinic.places}
    for service in clinic.services:
        offers = sql_offers(clinic, service)
        for offer in chance.sample(offers, min(len(offers), 6)):
            wish = Wish(
                service, people[offer.person], places[offer.place], offer.starts_at, asking.now,
                asking.for_staff, moving, asking.visitor,
            )  # fmt: skip
            assert [rule.__name__ for rule in RULES if rule(wish)] == []
        assert [offer for offer in offers if meets_something(offer, service, world, asking)] == []


def minutes_of(clinic: RandomClinic) -> Iterator[datetime]:
    """Every minute of three days around the one in question."""
    first = datetime.combine(clinic.day - DAY, time(0), UTC)
    return oracle.minutes((first, first + 3 * DAY))


def wish_of(
    world: oracle.World, asking: oracle.Asking, person: Any, service: Any, place: Any, at: datetime
) -> oracle.Wish:
    return oracle.Wish(
        world, asking,
        next(one for one in world.people if one.key == person.pk),
        next(one for one in world.sessions if one.key == service.pk),
        next(one for one in world.places if one.key == place.pk),
        at,
    )  # fmt: skip


def meets_something(
    offer: oracle.Offer, service: Any, world: oracle.World, asking: oracle.Asking
) -> bool:
    """Whether a start would collide with a visit or time off of the same person."""
    begins = offer.starts_at - service.turnover_before * MINUTE
    ends = offer.starts_at + service.length + service.turnover_after * MINUTE
    blocks = [one.busy for one in world.blocking(asking) if one.person == offer.person]
    blocks += next(one.away for one in world.people if one.key == offer.person)
    return any(begins < block[1] and block[0] < ends for block in blocks)


class OpenAllDay:
    """One specialist who is in around the clock, wherever the place is put."""

    def __init__(self) -> None:
        make_clinic(horizon_days=700)
        self.place = make_location()
        make_room(self.place)
        self.service = make_service(minutes=30, start_grid=30)
        make_practitioner(
            self.service, at=self.place, weekdays=tuple(range(1, 8)), hours=((time(0), time(23, 59)),)
        )  # fmt: skip

    def move_to(self, zone: str) -> None:
        self.place.time_zone = zone
        self.place.save()

    def starts(self, day: date) -> list[datetime]:
        now = datetime.combine(day - 2 * DAY, time(0), UTC)
        slots = free_slots(self.service, first_day=day, days=1, now=now, location=self.place)
        return [slot.starts_at for slot in slots]


def shown_starts(day: date, zone: ZoneInfo) -> list[datetime]:
    """Every moment of a date at which the clock shows a full or half hour, minute by minute.

    Without those whose half hour would end after the clock shows 23:59 for the first time.
    """
    first = datetime.combine(day, time(0), UTC) - timedelta(
        hours=15
    )  # 14 is the most that a clock is ahead
    moments = [first + number * MINUTE for number in range(54 * 60)]
    shown = [(at, at.astimezone(zone)) for at in moments]
    of_day = [(at, local) for at, local in shown if local.date() == day]
    after = of_day[-1][0] + MINUTE
    closes = next((at for at, local in of_day if (local.hour, local.minute) == (23, 59)), after)
    return [at for at, local in of_day if local.minute % 30 == 0 and at + 30 * MINUTE <= closes]


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(4))
def test_starts_are_what_the_clock_on_the_wall_shows(part: int) -> None:
    """On every day with a jump, and on the days beside it."""
    clinic = OpenAllDay()
    for zone in ZONES[part::4]:
        clinic.move_to(zone)
        changes = clock_changes(zone)
        days = changes if FULL else [*changes[:2], *changes[-2:]]
        for day in {*days, date(2026, 11, 30), *(day + DAY for day in days[:1])}:
            assert clinic.starts(day) == shown_starts(day, ZoneInfo(zone)), (zone, day)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "skipped", "twice"),
    [
        ("Europe/London", date(2027, 3, 28), ["01:00", "01:30"], []),
        ("Europe/London", date(2027, 10, 31), [], ["01:00", "01:30"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), ["02:00"], []),
        ("Australia/Lord_Howe", date(2027, 4, 4), [], ["01:30"]),
        ("Africa/Cairo", date(2027, 4, 30), ["00:00", "00:30"], []),
        ("America/Havana", date(2026, 11, 1), [], ["00:00", "00:30"]),
        ("Asia/Kathmandu", date(2026, 11, 29), [], []),
    ],
)
def test_a_skipped_time_is_never_offered_and_a_repeated_one_twice_with_its_offset(
    zone: str, day: date, skipped: list[str], twice: list[str]
) -> None:
    clinic = OpenAllDay()
    clinic.move_to(zone)
    starts = clinic.starts(day)
    shown = Counter(f"{at.astimezone(clinic.place.zone):%H:%M}" for at in starts)
    halves = {f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)} - {"23:30"}
    assert set(shown) == halves - set(skipped)
    assert sorted(text for text, count in shown.items() if count == 2) == twice
    words = Words(clinic.place.zone, "24h")
    said = [words.time(at) for at in starts]
    assert len(set(said)) == len(said)
    assert all("(" in text for text in said if text[:5] in twice)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day", "opens", "closes", "expected"),
    [
        # Opening at a skipped time is opening as the clock jumps; closing is closing then.
        (
            "Europe/London",
            date(2027, 3, 28),
            "01:30",
            "04:00",
            ["02:00", "02:30", "03:00", "03:30"],
        ),
        ("Europe/London", date(2027, 3, 28), "00:00", "01:30", ["00:00", "00:30"]),
        # A repeated time is its first occurrence.
        ("Europe/London", date(2027, 10, 31), "01:30", "02:30", ["01:30", "01:30", "02:00"]),
        ("Europe/London", date(2027, 10, 31), "00:00", "01:30", ["00:00", "00:30", "01:00"]),
    ],
)
def test_hours_may_begin_or_end_at_a_time_that_does_not_exist_or_comes_twice(
    zone: str, day: date, opens: str, closes: str, expected: list[str]
) -> None:
    clinic = OpenAllDay()
    clinic.move_to(zone)
    Availability.objects.update(
        starts_at=time.fromisoformat(opens), ends_at=time.fromisoformat(closes)
    )
    shown = [f"{at.astimezone(clinic.place.zone):%H:%M}" for at in clinic.starts(day)]
    assert shown == expected


@pytest.mark.django_db
def test_hours_do_not_join_those_of_the_next_date_where_the_clock_skips_to_midnight() -> None:
    """In Nuuk 23:00 of a Saturday is already 0:00 of the Sunday; no session spans both dates."""
    clinic = OpenAllDay()
    clinic.service.minutes = 60
    clinic.service.save()
    clinic.move_to("America/Nuuk")
    starts = free_slots(
        clinic.service, first_day=date(2027, 3, 27), days=2, now=datetime(2027, 3, 26, tzinfo=UTC)
    )
    shown = [f"{slot.starts_at.astimezone(clinic.place.zone):%a %H:%M}" for slot in starts]
    around = shown.index("Sun 00:00")
    assert shown[around - 2 : around + 2] == ["Sat 21:30", "Sat 22:00", "Sun 00:00", "Sun 00:30"]


@pytest.mark.django_db(transaction=True)
def test_every_offered_start_can_be_kept_and_booked() -> None:
    kept, seeds = 0, count()
    while kept < (1500 if FULL else 15):
        chance = Random(next(seeds))
        Closure.objects.all().delete()  # those of the clinic before
        clinic = RandomClinic(chance, *random_question(chance, ZONES))
        clinic.asking = replace(clinic.asking, for_staff=False, moving=None)
        for service in clinic.services:
            offers = sql_offers(clinic, service)
            for offer in offers:
                keep(clinic, service, offer)
            kept += len(offers)


def keep(clinic: RandomClinic, service: Any, offer: oracle.Offer) -> None:
    """Keep a start as the visitor of the clinic, book it for somebody new, and clear it away."""
    visitor, now = clinic.asking.visitor or "somebody else", clinic.asking.now
    Appointment.objects.filter(held_by=visitor, status="held").delete()
    calendar.hold(
        service, offer.starts_at, visitor=visitor, now=now,
        practitioner=Practitioner.objects.get(pk=offer.person),
        location=Location.objects.get(pk=offer.place),
    )  # fmt: skip
    visit = calendar.confirm(
        visitor, client=make_client(), by=make_user(), form_token=uuid.uuid4(), now=now
    )
    assert (visit.status, visit.starts_at) == ("booked", offer.starts_at)
    calendar.cancel(visit, cancelled_by="clinic", by=None, now=now, reason="Test", for_staff=True)


def test_a_day_lasts_as_long_as_its_clock_says() -> None:
    for zone in ZONES[:: 1 if not FULL else 5]:
        for on in clock_changes(zone)[:4]:
            day = local_day(on, ZoneInfo(zone))
            assert day.ends - day.begins == timedelta(days=1) - (day.ahead_after - day.ahead)
