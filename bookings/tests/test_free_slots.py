"""Which starts are offered: the rules of hours, turnover, rooms, notice and clocks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bookings import availability
from bookings.availability import free_slots, looks, nearest_free, next_free, slots_at, steps
from bookings.refusals import why_not
from bookings.tests.factories import make_appointment
from practitioners.models import (
    ClinicSettings,
    Closure,
    ExtraHours,
    Location,
    PractitionerTechnique,
    TimeOff,
)
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


def at(clock: str, day: date = MONDAY, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=zone)


def offered(service: Any, day: date = MONDAY, zone: ZoneInfo = LONDON, **more: Any) -> list[str]:
    slots = free_slots(service, first_day=day, days=1, **{"now": NOW, **more})
    return [slot.starts_at.astimezone(zone).strftime("%H:%M") for slot in slots]


@pytest.fixture
def place() -> Any:
    make_clinic()
    location = make_location()
    make_room(location)
    return location


def test_hours_give_starts_on_the_grid_until_the_visit_no_longer_fits(place: Any) -> None:
    service = make_service(start_grid=30)
    make_practitioner(service, at=place, hours=((time(9), time(12)),))
    assert offered(service) == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_the_last_start_before_a_break_leaves_length_and_turnover(place: Any) -> None:
    service = make_service(start_grid=15, turnover_after=15)
    make_practitioner(service, at=place, hours=((time(9), time(11)), (time(12), time(13, 30))))
    assert offered(service) == ["09:00", "09:15", "09:30", "09:45", "12:00", "12:15"]


def test_turnover_before_may_reach_out_of_the_hours(place: Any) -> None:
    service = make_service(start_grid=60, turnover_before=30)
    make_practitioner(service, at=place, hours=((time(9), time(11)),))
    assert offered(service) == ["09:00", "10:00"]


def test_who_works_on_mondays_is_bookable_on_mondays_only(place: Any) -> None:
    service = make_service()
    make_practitioner(service, at=place, weekdays=(1,))
    slots = free_slots(service, first_day=MONDAY, days=28, now=NOW)
    assert {slot.starts_at.astimezone(LONDON).isoweekday() for slot in slots} == {1}
    assert len({slot.starts_at.date() for slot in slots}) == 4


@pytest.mark.parametrize("first_day_of_week", [0, 1, 6])
@pytest.mark.parametrize("language", ["en", "en-gb", "de", "ar", "he", "fa", "zh-hans"])
def test_mondays_are_mondays_in_every_locale(
    place: Any, settings: Any, language: str, first_day_of_week: int
) -> None:
    settings.FIRST_DAY_OF_WEEK = first_day_of_week
    service = make_service(start_grid=60)
    make_practitioner(service, at=place, weekdays=(1,))
    with translation.override(language):
        slots = free_slots(service, first_day=MONDAY - timedelta(days=3), days=11, now=NOW)
    days = {slot.starts_at.astimezone(LONDON).date() for slot in slots}
    assert days == {MONDAY, MONDAY + timedelta(days=7)}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu"])
def test_mondays_are_mondays_of_the_place(place: Any, zone: str) -> None:
    far = make_location(time_zone=zone)
    make_room(far)
    service = make_service(start_grid=60)
    make_practitioner(service, at=far, weekdays=(1,), hours=((time(0), time(23)),))
    slots = free_slots(service, first_day=MONDAY - timedelta(days=3), days=7, now=NOW)
    assert {slot.starts_at.astimezone(far.zone).date() for slot in slots} == {MONDAY}
    assert len(slots) == 23


def test_a_visit_removes_every_start_it_would_collide_with(place: Any) -> None:
    service = make_service(start_grid=30)
    long = make_service(minutes=90)
    person = make_practitioner(service, long, at=place, hours=((time(9), time(13)),))
    make_room(place)
    make_appointment(person, long, place, at("09:30"))
    assert offered(service) == ["11:00", "11:30", "12:00"]


def test_neighbouring_turnovers_add_up(place: Any) -> None:
    service = make_service(start_grid=15, turnover_before=15, turnover_after=15)
    person = make_practitioner(service, at=place, hours=((time(9), time(13)),))
    make_appointment(person, service, place, at("09:00"))
    assert offered(service)[0] == "10:30"


def test_a_cancelled_visit_and_an_expired_hold_block_nothing(place: Any) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place, hours=((time(9), time(11)),))
    make_appointment(person, service, place, at("09:00"), status="cancelled", cancelled_by="client")
    make_appointment(
        person, service, place, at("10:00"),
        status="held", held_until=NOW - timedelta(minutes=1), held_by="other",
    )  # fmt: skip
    assert offered(service) == ["09:00", "10:00"]


def test_a_hold_blocks_others_but_not_its_owner(place: Any) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place, hours=((time(9), time(11)),))
    make_appointment(
        person, service, place, at("09:00"),
        status="held", held_until=NOW + timedelta(minutes=9), held_by="me",
    )  # fmt: skip
    assert offered(service) == ["10:00"]
    assert offered(service, visitor="me") == ["09:00", "10:00"]


def test_time_off_closures_and_extra_hours_change_a_day(place: Any) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place, hours=((time(9), time(12)),))
    TimeOff.objects.create(practitioner=person, starts_at=at("10:00"), ends_at=at("11:00"))
    tuesday = MONDAY + timedelta(days=1)
    Closure.objects.create(location=place, name="Paint", starts_on=tuesday, ends_on=tuesday)
    ExtraHours.objects.create(
        practitioner=person, location=place, on=MONDAY, starts_at=time(18), ends_at=time(20)
    )
    assert offered(service) == ["09:00", "11:00", "18:00", "19:00"]
    assert offered(service, tuesday) == []


def test_a_service_that_needs_a_room_waits_for_one(place: Any) -> None:
    service, chair = make_service(start_grid=60), make_service(start_grid=60, needs_room=False)
    make_practitioner(service, chair, at=place, hours=((time(9), time(11)),))
    other = make_practitioner(service)
    room = place.rooms.get()
    make_appointment(other, service, place, at("09:00"), room=room)
    assert offered(service) == ["10:00"]
    assert offered(chair) == ["09:00", "10:00"]


def test_a_room_of_one_s_own_is_free_whenever_its_specialist_is(place: Any) -> None:
    service = make_service(start_grid=60)
    hours = ((time(9), time(13)),)
    owner, newcomer = (make_practitioner(service, at=place, hours=hours) for _ in range(2))
    other = make_practitioner(service)
    own, shared = place.rooms.get(), make_room(place)
    make_appointment(owner, service, place, at("09:00"), room=own)
    for clock in ("09:00", "10:00", "12:00"):
        make_appointment(other, service, place, at(clock), room=shared)
    assert offered(service, practitioners=[owner.pk]) == ["10:00", "11:00", "12:00"]
    assert offered(service, practitioners=[newcomer.pk]) == ["10:00", "11:00", "12:00"]

    make_appointment(make_practitioner(service), service, place, at("10:00"), room=own)
    assert offered(service, practitioners=[owner.pk]) == ["11:00", "12:00"]
    own.is_active = False
    own.save()
    assert offered(service, practitioners=[owner.pk]) == ["11:00"]
    assert offered(service, practitioners=[newcomer.pk]) == ["11:00"]


def test_between_two_locations_there_is_time_to_travel(place: Any) -> None:
    make_clinic(travel_minutes=60)
    elsewhere = make_location()
    make_room(elsewhere)
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place, hours=((time(9), time(15)),))
    make_appointment(person, service, elsewhere, at("11:00"))
    assert offered(service) == ["09:00", "13:00", "14:00"]


def test_notice_and_horizon_bind_clients_and_not_staff(place: Any) -> None:
    make_clinic(horizon_days=3)
    service = make_service(start_grid=60, min_notice_minutes=90)
    make_practitioner(service, at=place, hours=((time(9), time(11)),))
    today = NOW.date()
    assert offered(service, today) == ["10:00"]
    assert offered(service, today, for_staff=True) == ["09:00", "10:00"]
    assert offered(service, MONDAY) == []
    assert offered(service, MONDAY, for_staff=True) == ["09:00", "10:00"]


def test_a_certificate_or_insurance_counts_on_the_date_of_the_visit(place: Any) -> None:
    service = make_service()
    person = make_practitioner(service, at=place)
    person.credentials.update(expires_on=MONDAY)
    assert offered(service)
    assert offered(service, MONDAY + timedelta(days=1)) == []
    person.credentials.update(expires_on=None)
    PractitionerTechnique.objects.update(expires_on=MONDAY - timedelta(days=1))
    assert offered(service) == []


def test_all_techniques_of_a_service_are_needed(place: Any) -> None:
    service = make_service()
    person = make_practitioner(service, at=place)
    assert offered(service)
    person.certificates.all().delete()
    assert offered(service) == []


def test_the_daily_limit_counts_visits_of_that_day(place: Any) -> None:
    service = make_service(start_grid=60, daily_limit=1)
    person = make_practitioner(service, at=place)
    make_appointment(person, service, place, at("09:00"))
    assert offered(service) == []
    assert offered(service, MONDAY + timedelta(days=1)) != []


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        # London skips 01:00 to 02:00 on 28 March 2027 and repeats it on 31 October.
        ("Europe/London", date(2027, 3, 28), (0, 4), ["00:00", "02:00", "03:00"]),
        (
            "Europe/London",
            date(2027, 10, 31),
            (0, 4),
            ["00:00", "01:00", "01:00", "02:00", "03:00"],
        ),
        ("Asia/Kathmandu", date(2026, 11, 29), (9, 11), ["09:00", "10:00"]),
    ],
)
def test_hours_are_the_wall_clock_hours_in_every_zone(
    zone: str, day: date, hours: tuple[int, int], expected: list[str]
) -> None:
    make_clinic(horizon_days=400)
    place = make_location(time_zone=zone)
    make_room(place)
    service = make_service(start_grid=60)
    make_practitioner(
        service, at=place, weekdays=(day.isoweekday(),), hours=((time(hours[0]), time(hours[1])),)
    )
    assert offered(service, day, ZoneInfo(zone)) == expected


def test_the_number_of_queries_does_not_depend_on_people_or_days(place: Any) -> None:
    service = make_service()
    counts = []
    for days in (1, 14):
        for _ in range(3):
            make_practitioner(service, at=place)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            free_slots(service, first_day=MONDAY, days=days, now=NOW)
        counts.append(len(queries))
    assert counts == [3, 3]


def test_next_free_finds_the_soonest_start_of_each(place: Any) -> None:
    service = make_service(start_grid=60)
    early = make_practitioner(service, at=place, weekdays=(2,))
    late = make_practitioner(service, at=place, weekdays=(5,), hours=((time(15), time(17)),))
    idle = make_practitioner(service)
    found = next_free(None, practitioners=[early.pk, late.pk, idle.pk], now=NOW)
    assert {pk: slot and slot.starts_at for pk, slot in found.items()} == {
        early.pk: at("09:00", date(2026, 11, 24)),
        late.pk: at("15:00", date(2026, 11, 27)),
        idle.pk: None,
    }


@pytest.mark.parametrize("many", [1, 1000])
def test_everybody_is_found_however_far_off_they_are_free(
    place: Any, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """By a few long looks or by many short ones: on whichever day the next one begins."""
    monkeypatch.setattr(availability, "MANY", many)
    make_clinic(horizon_days=90)
    service = make_service(start_grid=60, needs_room=False)
    people = {}
    for days in (0, 1, 2, 3, 4, 6, 7, 8, 14, 15, 30, 31, 89, 90, 91):
        person = make_practitioner(service, at=place, weekdays=range(1, 8))
        person.availability.update(valid_from=NOW.date() + timedelta(days=days))
        people[days] = person.pk
    found = next_free([service], practitioners=people.values(), now=NOW - timedelta(hours=8))
    for days, pk in people.items():
        slot = found[pk]
        first = at("09:00", NOW.date() + timedelta(days=days)) if days <= 90 else None
        assert (slot and slot.starts_at) == first, days


def test_no_day_is_looked_at_twice_and_none_left_out(place: Any) -> None:
    make_clinic(horizon_days=20)
    make_location(time_zone="Pacific/Kiritimati")  # where it is tomorrow already
    services = [make_service(), make_service(horizon_days=30)]
    asked = (services, ClinicSettings.current(), Location.every())
    noon = NOW + timedelta(hours=4)
    ((first_day, days),) = looks(*asked, now=noon, first=())
    assert days == 32
    for ahead in ((), (4,), (1, 2, 4, 8, 16), (31, 1), (40,)):
        seen = [
            first + timedelta(days=number)
            for first, many in steps(*asked, now=noon, ahead=ahead)
            for number in range(many)
        ]
        assert seen == [first_day + timedelta(days=number) for number in range(days)], ahead


def test_nearest_free_returns_three_times_around_the_wish(place: Any) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place, hours=((time(9), time(17)),))
    make_appointment(person, service, place, at("12:00"))
    slots = nearest_free(service, around=at("12:00"), now=NOW)
    assert [slot.starts_at for slot in slots] == [at("10:00"), at("11:00"), at("13:00")]


def test_nearest_free_finds_three_times_however_far_they_are(place: Any) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place)
    TimeOff.objects.create(
        practitioner=person, starts_at=NOW, ends_at=at("00:00", MONDAY + timedelta(days=42))
    )
    back = MONDAY + timedelta(days=42)
    expected = [at("09:00", back), at("10:00", back), at("11:00", back)]
    for staff in (False, True):
        slots = nearest_free(service, around=at("12:00"), now=NOW, for_staff=staff)
        assert [slot.starts_at for slot in slots] == expected


def test_the_desk_is_told_of_what_is_free_within_a_year(place: Any) -> None:
    """Where a whole quarter is full, and clients cannot book as far."""
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place)
    back = MONDAY + timedelta(weeks=40)
    TimeOff.objects.create(practitioner=person, starts_at=NOW, ends_at=at("00:00", back))
    soonest = nearest_free(service, around=at("12:00"), now=NOW, for_staff=True)
    assert [slot.starts_at for slot in soonest] == [
        at("09:00", back),
        at("10:00", back),
        at("11:00", back),
    ]
    assert nearest_free(service, around=at("12:00"), now=NOW) == []


def test_nearest_free_to_a_time_too_far_ahead_are_the_last_there_are(place: Any) -> None:
    make_clinic(horizon_days=6)
    service = make_service(start_grid=60)
    make_practitioner(service, at=place)
    slots = nearest_free(service, around=at("12:00", date(2027, 12, 1)), now=NOW)
    assert [slot.starts_at for slot in slots] == [at("14:00"), at("15:00"), at("16:00")]


@pytest.mark.parametrize("own", [0, 120])
def test_a_service_may_have_a_horizon_of_its_own(place: Any, own: int) -> None:
    """Nought is today only; and one beyond the clinic's is looked for to its end."""
    make_clinic(horizon_days=90)
    service = make_service(start_grid=60, horizon_days=own)
    person = make_practitioner(service, at=place)
    last = NOW.date() + timedelta(days=own)
    person.availability.update(valid_from=last)
    found = next_free([service], practitioners=[person.pk], now=NOW)[person.pk]
    assert found is not None
    assert found.starts_at == at("09:00", last)
    assert offered(service, last + timedelta(days=1)) == []
    reason = why_not(service, person, place, at("09:00", last + timedelta(days=1)), now=NOW)
    assert reason is not None
    assert reason.code == "too_far"


def test_of_services_that_could_start_together_the_first_in_order_is_found(place: Any) -> None:
    second, first = make_service(position=2, start_grid=60), make_service(position=1, start_grid=60)
    person = make_practitioner(second, first, at=place)
    starts = set()
    for _ in range(3):
        slot = next_free(None, practitioners=[person.pk], now=NOW)[person.pk]
        assert slot is not None
        assert slot.service_id == first.pk
        make_appointment(person, first, place, slot.starts_at)
        starts.add(slot.starts_at)
    assert len(starts) == 3


@pytest.mark.parametrize(
    ("clock", "day", "code"),
    [
        ("09:00", date(2026, 11, 23), "past"),
        ("11:00", MONDAY, "taken"),
        ("09:05", MONDAY, "off_grid"),
        ("18:00", MONDAY, "outside_hours"),
        ("09:00", date(2026, 12, 1), "away"),
        ("09:00", date(2026, 12, 2), "closed"),
        ("09:00", date(2027, 5, 3), "too_far"),
    ],
)
def test_a_refusal_names_its_reason(place: Any, clock: str, day: date, code: str) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place)
    make_appointment(person, service, place, at("11:00"))
    away = date(2026, 12, 1)
    TimeOff.objects.create(
        practitioner=person, starts_at=at("08:00", away), ends_at=at("19:00", away)
    )
    shut = date(2026, 12, 2)
    Closure.objects.create(name="Stocktaking", starts_on=shut, ends_on=shut)
    found = why_not(service, person, place, at(clock, day), now=NOW)
    assert found is not None
    assert found.code == code


def test_there_is_no_reason_against_a_free_start(place: Any) -> None:
    service = make_service(start_grid=60)
    person = make_practitioner(service, at=place)
    assert why_not(service, person, place, at("09:00"), now=NOW) is None
    assert len(slots_at(service, at("09:00"), now=NOW)) == 1
