"""Times for somebody we know: what meets their own other session is not offered to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from bookings.models import Client
from bookings.picking import value_of
from bookings.series import how_far, varied
from bookings.starts import Slot
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from bookings.timetable import Timetable
from practitioners.tests.factories import make_practitioner

HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")


def elsewhere(world: World, client: Client, start: datetime, **fields: Any) -> Any:
    """A session of theirs with somebody else, who does not give the one that is looked at."""
    other = make_practitioner(world.service, at=world.place)
    other.services.clear()
    return make_appointment(other, world.service, world.place, start, client=client, **fields)


def starts_on_the_day(page: str, world: World) -> list[int]:
    """The hours that the page offers on the day of `world.start`."""
    hours = (world.start.replace(hour=hour) for hour in range(24))
    return [one.hour for one in hours if f'value="{value_of(one)}"' in page]


@pytest.fixture
def person() -> Client:
    return make_client(make_user(email="robin@example.com"))


def test_who_moves_a_session_is_not_offered_the_time_of_their_other_one(
    world: World, client: Browser, person: Client
) -> None:
    visit = make_appointment(
        world.person, world.service, world.place, world.start + 7 * 24 * HOUR, client=person
    )
    at = f"/my/visits/{visit.public_id}/move/?from={world.start:%Y-%m-%d}"
    client.force_login(person.access.get().user)
    free = starts_on_the_day(text_of(client.get(at)), world)
    elsewhere(world, person, world.start + HOUR / 2)
    assert set(free) - {10, 11} == set(starts_on_the_day(text_of(client.get(at)), world))
    assert {10, 11} < set(free)


def test_the_desk_is_offered_for_each_what_they_can_come_to(
    world: World, client: Browser, person: Client
) -> None:
    client.force_login(make_staff("Front desk"))
    elsewhere(world, person, world.start)
    hours = {}
    for one in (person, make_client()):
        at = f"/desk/clients/{one.public_id}/book/{world.service.slug}/"
        page = client.get(f"{at}?practitioner={world.person.slug}&from={world.start:%Y-%m-%d}")
        hours[one] = starts_on_the_day(text_of(page), world)
    here, others = hours.values()
    assert set(others) - set(here) == {10}


def test_what_is_cancelled_or_over_takes_nobodys_time(world: World, person: Client) -> None:
    elsewhere(world, person, world.start, status="cancelled", cancelled_by="client")
    table = timetable(world, client=person)
    assert world.start in table.starts(world.start.date())


def test_first_and_nearest_times_leave_it_out_as_well(world: World, person: Client) -> None:
    everybodys = timetable(world)
    first = everybodys.soonest()
    assert first is not None
    elsewhere(world, person, first)
    table = timetable(world, client=person)
    assert table.soonest() == everybodys.starts(everybodys.today)[1]
    near = [slot.starts_at for slot in table.nearest(first, count=3)]
    assert near == everybodys.starts(everybodys.today)[1:4]
    assert first not in [slot.starts_at for slot in table.free(first.date())]


def timetable(world: World, **about: Any) -> Timetable:
    """As on a morning two days before, whatever the hour the tests run at."""
    now = world.start - 48 * HOUR - HOUR / 2
    return Timetable(world.service, world.place, world.clinic, now, world.person, **about)


def slot(day: int, hour: int, minute: int = 0) -> Slot:
    at = datetime(2026, 12, day, hour, minute, tzinfo=LONDON)
    return Slot(1, 1, 1, at, at + HOUR)


class TestWhatIsNear:
    wished = datetime(2026, 12, 14, 15, 15, tzinfo=LONDON)

    def near(self, *slots: Slot) -> list[Slot]:
        return sorted(slots, key=lambda one: how_far(one.starts_at, self.wished, LONDON))

    def test_the_same_hour_of_the_next_day_comes_before_its_morning(self) -> None:
        morning, same = slot(15, 9), slot(15, 15, 15)
        assert self.near(morning, same) == [same, morning]

    def test_an_hour_earlier_on_the_day_comes_before_the_next_day(self) -> None:
        next_day, earlier = slot(15, 15, 15), slot(14, 14, 15)
        assert self.near(next_day, earlier) == [earlier, next_day]

    def test_no_day_crowds_out_the_others(self) -> None:
        quarters = [slot(15, 15, minute) for minute in (0, 15, 30, 45)]
        next_day = [slot(16, 15, minute) for minute in (0, 15, 30, 45)]
        chosen = varied(self.near(*quarters, *next_day), LONDON)
        assert chosen == [*quarters[:2], *next_day[:2]]

    def test_one_day_alone_fills_all_places_in_order_of_time(self) -> None:
        quarters = [slot(15, 16, minute) for minute in (45, 0, 30, 15)]
        assert varied(self.near(*quarters), LONDON) == sorted(
            quarters, key=lambda one: one.starts_at
        )

    def test_the_clock_on_the_wall_counts_when_clocks_change(self) -> None:
        before = datetime(2027, 3, 27, 10, tzinfo=LONDON)
        after = datetime(2027, 3, 28, 10, tzinfo=LONDON)
        assert how_far(after, before, LONDON) == 3 * HOUR
