"""Sessions that a change of hours leaves without anybody: found, listed page by page, a task of the desk."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from django.test import Client as Browser

from bookings import calendar, outside_hours
from bookings.desk_hours import block, remove
from bookings.models import Appointment, Task
from bookings.outside_hours import Hours, LeftOutside, left_outside, left_without
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import HOUR, NOW, TEN, SmallClinic, make_appointment, make_staff
from bookings.tests.random_clinics import RandomClinic, taken_back
from practitioners.models import Availability, TimeOff

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DAYS = [  # zone, date: two of them on which a clock changes, one where it skips midnight
    ("Europe/London", date(2026, 12, 1)),
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2027, 10, 31)),
    ("Asia/Kathmandu", date(2027, 2, 3)),
    ("Africa/Cairo", date(2027, 4, 30)),
]


@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_it_finds_what_the_hours_do_not_hold(zone: str, day: date) -> None:
    outside = inside = 0
    for seed in range(12):
        with taken_back():
            clinic = RandomClinic(Random(f"{zone}{day}{seed}"), zone, day)
            visits = [one for one in clinic.visits if one.status == "booked"]
            hours = Hours(clinic.people, day - 3 * DAY, day + 3 * DAY)
            expected = {one.pk: why for one in visits if (why := hours.why_outside(one))}
            keys = [person.pk for person in clinic.people]
            found = left_outside(keys, now=clinic.moment() - 9 * DAY)
            assert {one.visit.pk: one.reason for one in found} == expected
            outside, inside = outside + len(expected), inside + len(visits) - len(expected)
    assert outside > 5
    assert inside > 0


@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_it_tells_beforehand_whom_hours_that_are_taken_away_leave(zone: str, day: date) -> None:
    left = stay = 0
    for seed in range(12):
        with taken_back():
            clinic = RandomClinic(chance := Random(f"{zone}{day}{seed}"), zone, day)
            for visit in clinic.visits:
                hours_around(visit, chance)
            now, keys = clinic.moment() - 9 * DAY, [person.pk for person in clinic.people]
            before = keys_of(left_outside(keys, now=now))
            for row in Availability.objects.all():
                said = [visit.pk for visit in left_without(row, now=now)]
                with taken_back():
                    Availability.objects.filter(pk=row.pk).delete()
                    after = keys_of(left_outside(keys, now=now))
                assert said == [key for key in after if key not in before]
                left, stay = left + len(said), stay + len(clinic.visits) - len(said)
    assert left > 5
    assert stay > 5


def hours_around(visit: Appointment, chance: Random) -> None:
    """Weekly hours that hold a visit, in some weeks, if need be in two halves."""
    begins, ends = (at.astimezone(visit.zone) for at in (visit.starts_at, visit.ends_at))
    clocks = [begins.time(), ends.time()]
    if chance.random() < 0.3:
        clocks.insert(1, (begins + (ends - begins) / 2).time())
    for opens, closes in pairwise(clocks):
        if opens < closes:
            Availability.objects.create(
                practitioner=visit.practitioner, location=visit.location, starts_at=opens,
                ends_at=closes, weekday=chance.choice((begins, begins, ends)).isoweekday(),
                valid_until=chance.choice((None, None, visit.local_day - DAY)),
            )  # fmt: skip


def keys_of(found: list[LeftOutside]) -> list[int]:
    return [one.visit.pk for one in found]


@pytest.fixture
def clinic() -> SmallClinic:
    return SmallClinic()


def visits_on(clinic: SmallClinic, days: int) -> list[Appointment]:
    """One at ten on each of some days, all of them weekdays."""
    starts = [TEN + n * DAY for n in range(days * 2) if (TEN + n * DAY).isoweekday() < 6]
    return [clinic.stranger(at) for at in starts[:days]]


def away(clinic: SmallClinic, days: int) -> TimeOff:
    return block(clinic.person, TEN, TEN + days * DAY, reason="", by=None, now=NOW)


def test_they_come_in_order_and_in_parts(clinic: SmallClinic) -> None:
    visits = visits_on(clinic, 5)
    away(clinic, 10)
    key = clinic.person.pk
    assert [one.visit for one in left_outside([key], now=NOW)] == visits
    assert [one.visit for one in left_outside([key], now=NOW, first=2, count=2)] == visits[2:4]
    assert left_outside([key], now=NOW, first=5, count=2) == []
    assert left_outside([], now=NOW) == []
    assert left_outside([clinic.another().pk], now=NOW) == []


def test_what_is_inside_on_a_day_of_another_length_hides_nothing(
    clinic: SmallClinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_hours, "MOST", 1)
    sunday = datetime(2027, 3, 28, 9, tzinfo=clinic.place.zone)
    clinic.person.extra_hours.create(
        location=clinic.place, on=sunday.date(), starts_at=time(9), ends_at=time(12)
    )
    for hours in range(2):
        clinic.stranger(sunday + hours * HOUR)
    late = clinic.stranger(sunday + DAY + 10 * HOUR)  # after five on Monday
    assert [one.visit for one in left_outside([clinic.person.pk], now=NOW, count=1)] == [late]


# The task of the desk


def task() -> Task:
    return Task.objects.get(kind="outside_hours")


def test_the_desk_has_one_task_for_each_person_until_none_is_left(clinic: SmallClinic) -> None:
    first, second = visits_on(clinic, 2)
    away(clinic, 1)
    assert (task().role, task().link, task().done_at) == (
        "Front desk",
        "/desk/hours/#outside",
        None,
    )
    assert task().title.endswith(clinic.person.name)
    away(clinic, 3)
    assert outside_hours.sweep(now=NOW) == 0
    for visit in (first, second):
        calendar.cancel(visit, cancelled_by="clinic", by=None, now=NOW, reason="x", for_staff=True)
    assert outside_hours.sweep(now=NOW + HOUR) == 1
    assert task().done_at == NOW + HOUR
    assert outside_hours.sweep(now=NOW + HOUR) == 0


def test_hours_that_are_given_back_settle_it(clinic: SmallClinic) -> None:
    visits_on(clinic, 1)
    row = away(clinic, 1)
    remove(row, by=None, now=NOW + HOUR)
    assert task().done_at == NOW + HOUR


def test_who_is_left_outside_again_is_called_for_again(clinic: SmallClinic) -> None:
    visits_on(clinic, 2)
    away(clinic, 1)
    task().finish(by=make_staff("Front desk"), now=NOW)
    block(clinic.person, TEN + DAY, TEN + 2 * DAY, reason="", by=None, now=NOW + HOUR)
    assert (task().done_at, task().done_by, task().due_at) == (None, None, NOW + HOUR)


def test_hours_that_hold_everything_call_for_nobody(clinic: SmallClinic) -> None:
    visits_on(clinic, 1)
    block(clinic.person, TEN + 3 * HOUR, TEN + 4 * HOUR, reason="", by=None, now=NOW)
    assert not Task.objects.exists()


def test_a_closure_in_the_administration_calls_too(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    visit = make_appointment(world.person, world.service, world.place, world.start)
    day = f"{visit.local_day}"
    data = {"kind": "closed", "name": "Stocktaking", "starts_on": day, "ends_on": day}
    client.post("/admin/practitioners/closure/add/", data)
    page = text_of(client.get("/desk/to-do/"))
    assert 'href="/desk/hours/#outside"' in page
    assert world.person.name in page
    assert visit.client is not None
    assert visit.client.name not in page


# The page


def test_the_page_shows_twenty_at_a_time(
    world: World, client: Browser, django_assert_max_num_queries: Any
) -> None:
    client.force_login(make_staff("Front desk"))
    visits = [
        make_appointment(world.person, world.service, world.place, world.start + n * DAY)
        for n in range(23)
    ]
    world.person.availability.all().delete()
    client.get("/desk/hours/")  # the session is new
    with django_assert_max_num_queries(15):
        page = text_of(client.get("/desk/hours/"))
    assert page.count(": outside the hours.") == 20
    assert f'href="?page=2&amp;practitioner={world.person.slug}#outside"' in page
    assert "Sooner ones" not in page
    later = text_of(client.get("/desk/hours/?page=2"))
    assert later.count(": outside the hours.") == 3
    assert f"/desk/visits/{visits[-1].public_id}/move/" in later
    assert "Later ones" not in later
    for asked in ("0", "-1", "x", "9" * 30, "٢"):
        assert client.get("/desk/hours/", {"page": asked}).status_code == 200
    assert "No more of them." in text_of(client.get("/desk/hours/?page=9"))
