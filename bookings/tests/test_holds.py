"""Keeping a time for a visitor: ten minutes, one at a time, and nobody's afterwards."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.errors import HoldExpired, NoRoom, NotOffered, OffGrid, SlotTaken, TooFar
from bookings.models import Appointment, Message
from bookings.tests.factories import HOUR, MINUTE, NOW, TEN, SmallClinic, make_appointment
from practitioners.models import Practitioner
from practitioners.tests.factories import make_clinic, make_practitioner, make_room, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SmallClinic:
    return SmallClinic()


def held() -> list[tuple[str, Any]]:
    return list(
        Appointment.objects.filter(status="held").order_by("pk").values_list("held_by", "starts_at")
    )


def test_a_time_is_kept_for_ten_minutes_with_everything_it_needs(world: Any) -> None:
    kept = world.hold()
    kept.refresh_from_db()
    assert (kept.status, kept.held_by, kept.client) == ("held", "me", None)
    assert (kept.created_at, kept.held_until) == (NOW, NOW + 10 * MINUTE)
    assert (kept.practitioner, kept.location, kept.room) == (world.person, world.place, world.room)
    assert (kept.ends_at, kept.price) == (TEN + HOUR, world.service.price)
    assert not Message.objects.exists()


def test_the_turnover_is_blocked_too(world: Any) -> None:
    type(world.service).objects.update(turnover_before=10, turnover_after=20)
    kept = world.hold()
    assert (kept.busy.lower, kept.busy.upper) == (TEN - 10 * MINUTE, TEN + HOUR + 20 * MINUTE)


def test_length_and_price_come_from_the_database_and_not_from_what_the_page_read(
    world: Any,
) -> None:
    type(world.service).objects.update(price=99, minutes=90)
    kept = world.hold()
    assert (kept.price, kept.ends_at) == (99, TEN + 90 * MINUTE)


def test_the_owner_finds_it_until_it_runs_out(world: Any) -> None:
    kept = world.hold()
    assert calendar.live_hold("me", now=NOW + 9 * MINUTE) == kept
    assert calendar.live_hold("me", now=NOW + 10 * MINUTE) is None
    assert calendar.live_hold("another", now=NOW) is None


def test_another_choice_gives_the_first_back(world: Any) -> None:
    world.hold("first")
    world.hold("first", TEN + HOUR)
    world.hold("second")
    assert held() == [("first", TEN + HOUR), ("second", TEN)]


def test_a_choice_that_overlaps_the_own_one_replaces_it_even_with_one_room(world: Any) -> None:
    world.hold()
    assert world.hold(at=TEN + HOUR / 2).room == world.room
    assert held() == [("me", TEN + HOUR / 2)]


def test_a_choice_that_fails_leaves_the_first_with_its_owner(world: Any) -> None:
    world.hold("first")
    world.hold("second", TEN + HOUR)
    with pytest.raises(SlotTaken):
        world.hold("first", TEN + HOUR)
    assert held() == [("first", TEN), ("second", TEN + HOUR)]


def test_giving_it_back_frees_it(world: Any) -> None:
    world.hold("first")
    calendar.release_hold("first")
    calendar.release_hold("first")
    world.hold("second")
    assert held() == [("second", TEN)]


def test_five_more_minutes_can_be_had_once(world: Any) -> None:
    world.hold()
    assert calendar.extend_hold("me", now=NOW + 9 * MINUTE).held_until == NOW + 15 * MINUTE
    assert calendar.extend_hold("me", now=NOW + 14 * MINUTE).held_until == NOW + 15 * MINUTE
    with pytest.raises(HoldExpired):
        calendar.extend_hold("me", now=NOW + 15 * MINUTE)


def test_nobody_extends_what_they_do_not_keep(world: Any) -> None:
    world.hold()
    with pytest.raises(HoldExpired):
        calendar.extend_hold("another", now=NOW)


def test_one_that_ran_out_blocks_nobody_and_needs_no_worker(world: Any) -> None:
    world.hold("first")
    with pytest.raises(SlotTaken):
        world.hold("second", now=NOW + 9 * MINUTE)
    world.hold("second", now=NOW + 10 * MINUTE)
    assert held() == [("second", TEN)]


def test_one_that_ran_out_gives_its_room_back_to_another_specialist(world: Any) -> None:
    other = make_practitioner(world.service, at=world.place)
    world.hold("first", practitioner=world.person, location=world.place)
    with pytest.raises(NoRoom):
        world.hold("second", practitioner=other, location=world.place)
    kept = world.hold("second", practitioner=other, location=world.place, now=NOW + 10 * MINUTE)
    assert kept.room == world.room
    assert held() == [("second", TEN)]


def test_others_that_ran_out_stay_until_they_are_in_the_way_or_a_day_old(world: Any) -> None:
    world.hold("first")
    world.hold("second", TEN + 3 * HOUR, now=NOW + HOUR)
    assert [who for who, _ in held()] == ["first", "second"]
    world.hold("third", TEN + 5 * HOUR, now=NOW + timedelta(days=1, minutes=10))
    assert [who for who, _ in held()] == ["second", "third"]


def test_the_room_used_least_is_chosen_then_the_lowest_number(world: Any) -> None:
    second = make_room(world.place)
    other = make_practitioner(world.service, at=world.place)
    assert world.hold("first").room == world.room
    make_appointment(other, world.service, world.place, TEN + 3 * HOUR, room=world.room)
    assert world.hold("second", TEN + 5 * HOUR).room == second


def test_a_service_without_a_room_takes_none(world: Any) -> None:
    chair = make_service(needs_room=False)
    make_practitioner(chair, at=world.place)
    world.hold("first")
    assert calendar.hold(chair, TEN, visitor="second", now=NOW).room is None


def test_any_specialist_means_the_one_with_least_to_do(world: Any) -> None:
    idle = world.another()
    world.stranger(TEN + 4 * HOUR)
    assert world.hold().practitioner == idle


def test_any_specialist_means_the_next_one_when_the_first_is_taken(world: Any) -> None:
    other = world.another()
    got = {world.hold(f"visitor{number}").practitioner for number in range(2)}
    assert got == {world.person, other}
    with pytest.raises(SlotTaken):
        world.hold("third")


def test_a_specialist_without_a_location_is_held_where_they_are(world: Any) -> None:
    assert world.hold(practitioner=world.person).location == world.place


def test_a_refusal_names_its_reason(world: Any) -> None:
    nobody = make_service()
    afternoon = make_practitioner(world.service, at=world.place, hours=((time(14), time(17)),))
    cases = [
        (SlotTaken, {"practitioner": world.person, "location": world.place}),
        (SlotTaken, {}),
        (OffGrid, {"at": TEN + 3 * HOUR + 7 * MINUTE}),
        (TooFar, {"at": TEN + timedelta(days=280), "practitioner": afternoon}),
    ]
    world.hold("first")
    for error, wish in cases:
        with pytest.raises(error):
            world.hold("second", **wish)
    with pytest.raises(NotOffered):
        calendar.hold(nobody, TEN, visitor="second", now=NOW)


def test_who_cannot_be_booked_online_cannot_be_held(world: Any) -> None:
    Practitioner.objects.update(is_bookable_online=False)
    with pytest.raises(NotOffered):
        world.hold(practitioner=world.person, location=world.place)


def test_the_clinic_says_how_long(world: Any) -> None:
    make_clinic(hold_minutes=3, hold_extension_minutes=2)
    assert world.hold().held_until == NOW + 3 * MINUTE
    assert calendar.extend_hold("me", now=NOW).held_until == NOW + 5 * MINUTE
