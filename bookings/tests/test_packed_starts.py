"""Where a clinic packs its starts: what is offered leaves no gap that nobody can use."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bookings import calendar
from bookings.availability import free_slots, nearest_free, next_free, slots_at
from bookings.tests.factories import make_appointment
from practitioners.models import Practitioner, TimeOff
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 24, 8, tzinfo=LONDON)
MONDAY = date(2026, 11, 30)
HOUR = timedelta(hours=1)


def at(clock: str) -> datetime:
    return datetime.combine(MONDAY, time.fromisoformat(clock), tzinfo=LONDON)


def offered(service: Any, **more: Any) -> list[str]:
    slots = free_slots(service, first_day=MONDAY, days=1, now=NOW, **more)
    return [slot.starts_at.astimezone(LONDON).strftime("%H:%M") for slot in slots]


@pytest.fixture
def place() -> Any:
    make_clinic(packs_starts=True)
    location = make_location()
    make_room(location)
    return location


def make_person(place: Any, *services: Any, closes: str = "12:00") -> Practitioner:
    hours = ((time(9), time.fromisoformat(closes)),)
    return make_practitioner(*services, at=place, hours=hours)


def test_without_the_setting_every_start_is_offered(place: Any) -> None:
    make_clinic(packs_starts=False)
    service = make_service(start_grid=30)
    make_person(place, service)
    assert offered(service) == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_starts_that_leave_less_than_a_session_are_left_out(place: Any) -> None:
    service = make_service(start_grid=15)
    make_person(place, service)
    assert offered(service) == ["09:00", "10:00", "11:00"]


def test_the_shortest_session_of_the_specialist_decides(place: Any) -> None:
    service, short = make_service(start_grid=15), make_service(minutes=30)
    make_person(place, service, short)
    assert offered(service) == [
        "09:00", "09:30", "09:45", "10:00", "10:15", "10:30", "11:00",
    ]  # fmt: skip


def test_sessions_that_are_not_published_or_of_somebody_else_do_not_count(place: Any) -> None:
    service = make_service(start_grid=15)
    hidden = make_service(minutes=15, is_published=False)
    make_service(minutes=15)
    make_person(place, service, hidden)
    assert offered(service) == ["09:00", "10:00", "11:00"]


def test_turnover_is_a_part_of_what_a_session_needs(place: Any) -> None:
    """Hours of 150 minutes hold two of 75; forty minutes at an end would be lost."""
    service = make_service(start_grid=5, turnover_after=15)
    make_person(place, service, closes="11:30")
    assert offered(service) == ["09:00", "10:15"]


def test_visits_and_time_off_end_a_stretch(place: Any) -> None:
    service = make_service(start_grid=15)
    person = make_person(place, service, closes="15:00")
    make_appointment(person, service, place, at("10:00"))
    TimeOff.objects.create(practitioner=person, starts_at=at("13:00"), ends_at=at("14:00"))
    assert offered(service) == ["09:00", "11:00", "12:00", "14:00"]


def test_a_stretch_that_cannot_be_used_well_is_still_used(place: Any) -> None:
    """Eighty minutes hold one hour, and twenty minutes are lost wherever it starts."""
    service = make_service(start_grid=10)
    make_person(place, service, closes="10:20")
    assert offered(service) == ["09:00", "09:10", "09:20"]


def test_one_stretch_that_can_be_used_well_hides_nothing_of_another(place: Any) -> None:
    service = make_service(start_grid=10)
    person = make_person(place, service, closes="13:20")
    make_appointment(person, service, place, at("11:00"))
    assert offered(service) == ["09:00", "10:00", "12:00", "12:10", "12:20"]


def test_the_notice_never_takes_the_last_possibility(place: Any) -> None:
    """At half past nine only the later starts are left, and they are offered though they leave a gap."""
    service = make_service(start_grid=30, min_notice_minutes=0)
    make_person(place, service, closes="11:00")
    slots = free_slots(service, first_day=MONDAY, days=1, now=at("09:20"))
    assert [slot.starts_at for slot in slots] == [at("10:00")]
    slots = free_slots(service, first_day=MONDAY, days=1, now=at("09:20"), for_staff=True)
    assert [slot.starts_at for slot in slots] == [at("09:30"), at("10:00")]


def test_staff_see_every_start(place: Any) -> None:
    service = make_service(start_grid=30)
    make_person(place, service)
    assert offered(service, for_staff=True) == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_the_next_and_the_nearest_free_times_are_packed_too(place: Any) -> None:
    service = make_service(start_grid=15)
    person = make_person(place, service)
    week = timedelta(days=7)
    for clock, expected in (("09:05", "10:00"), ("10:05", "11:00")):
        now = at(clock) - week
        soonest = next_free([service], practitioners=[person.pk], now=now)[person.pk]
        assert soonest is not None
        assert soonest.starts_at == at(expected) - week
    near = nearest_free(service, around=at("09:30"), now=NOW)
    assert [slot.starts_at for slot in near] == [at("09:00"), at("10:00"), at("11:00")]


@pytest.mark.django_db(transaction=True)
def test_what_was_offered_a_minute_ago_can_still_be_had() -> None:
    """Half past ten fits while the day is empty; a visit before it makes it leave a gap."""
    make_clinic(packs_starts=True)
    place = make_location()
    make_room(place)
    make_room(place)
    service, short = make_service(start_grid=30), make_service(minutes=30, start_grid=15)
    person = make_person(place, service, short)
    assert "10:30" in offered(service)
    make_appointment(person, short, place, at("09:15"))
    assert "10:30" in offered(service, for_staff=True)
    make_appointment(person, short, place, at("09:45"))
    assert "10:30" not in offered(service)
    assert [slot.starts_at for slot in slots_at(service, at("10:30"), now=NOW)] == [at("10:30")]
    kept = calendar.hold(service, at("10:30"), visitor="me", now=NOW, practitioner=person)
    assert kept.starts_at == at("10:30")
