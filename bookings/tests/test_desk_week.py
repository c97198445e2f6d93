"""The week as a grid: what stands where, on the wall clock."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.days_off import DayOff
from bookings.models import Appointment
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import (
    HOUR,
    SmallClinic,
    make_appointment,
    make_client,
    make_staff,
    make_user,
)
from bookings.week import Column, Placed, lay_out
from bookings.working_hours import windows
from practitioners.models import Closure, ExtraHours, TimeOff
from practitioners.tests.factories import make_location, make_practitioner

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 30)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=LONDON)


def column(on: date = MONDAY, *visits: tuple[datetime, datetime], hours: Any = ()) -> Column:
    rows = [Appointment(starts_at=first, ends_at=last) for first, last in visits]
    return Column(on, None, LONDON, rows, list(hours))  # type: ignore[arg-type]


def places(made: list[Placed]) -> list[tuple[int, int]]:
    return [(one.starts, one.lasts) for one in made]


def test_a_visit_stands_at_its_quarter_and_lasts_its_quarters() -> None:
    one = column(
        MONDAY, (at(MONDAY, 9), at(MONDAY, 10)), (at(MONDAY, 10, 20), at(MONDAY, 11, 5)),
        hours=[(at(MONDAY, 8, 30), at(MONDAY, 12, 30))],
    )  # fmt: skip
    grid = lay_out([one], style="24h", now=at(MONDAY, 9, 31))
    assert places(one.entries) == [(5, 4), (10, 4)]
    assert places(one.off) == [(1, 2), (19, 2)]
    assert one.now == 7
    assert [words for words, _ in grid.labels] == ["08:00", "09:00", "10:00", "11:00", "12:00"]


def test_an_empty_day_shows_the_usual_hours_and_nobody_in() -> None:
    one = column()
    grid = lay_out([one], style="12h", now=at(MONDAY, 20))
    assert [words for words, _ in grid.labels][:3] == ["8am", "9am", "10am"]
    assert places(one.off) == [(1, 40)]
    assert one.now == 0


def test_a_visit_on_the_day_the_clock_changes_stands_at_its_wall_clock_time() -> None:
    sunday = date(2027, 3, 28)
    one = column(sunday, (at(sunday, 10), at(sunday, 11)), hours=[(at(sunday, 9), at(sunday, 17))])
    lay_out([one], style="24h", now=at(MONDAY, 9))
    assert places(one.entries) == [(5, 4)]


def test_a_visit_into_the_night_is_cut_at_midnight() -> None:
    late = column(MONDAY, (at(MONDAY, 23), at(MONDAY + timedelta(days=1), 1)))
    lay_out([late], style="24h", now=at(MONDAY, 9))
    assert places(late.entries) == [(1, 4)]


def test_time_off_is_said_where_no_session_hides_it() -> None:
    one = column(MONDAY, (at(MONDAY, 9), at(MONDAY, 10)), (at(MONDAY, 10, 30), at(MONDAY, 13)))
    one.days_off = [DayOff(at(MONDAY, 9), at(MONDAY, 14)), DayOff(at(MONDAY, 11), at(MONDAY, 12))]
    one.days_off += [DayOff(at(MONDAY, 0), at(MONDAY + timedelta(days=1), 0))]
    lay_out([one], style="24h", now=at(MONDAY, 9))
    assert places(one.away) == [(1, 16), (9, 4), (1, 16)]  # from nine to one
    assert places(one.away_words) == [(5, 2), (9, 4), (5, 2)]


@pytest.mark.django_db
def test_hours_are_weekly_and_extra_less_time_off_and_closures() -> None:
    clinic = SmallClinic()
    tuesday, wednesday, sunday = (MONDAY + timedelta(days=days) for days in (1, 2, 6))
    TimeOff.objects.create(
        practitioner=clinic.person, starts_at=at(MONDAY, 10), ends_at=at(MONDAY, 11)
    )
    Closure.objects.create(name="Snow", starts_on=tuesday, ends_on=tuesday)
    ExtraHours.objects.create(
        practitioner=clinic.person, location=clinic.place, on=wednesday,
        starts_at=time(17), ends_at=time(19),
    )  # fmt: skip
    found = windows([clinic.person], MONDAY, 7)
    key = clinic.person.pk
    assert found[key, MONDAY] == [
        (at(MONDAY, 9), at(MONDAY, 10)), (at(MONDAY, 11), at(MONDAY, 17)),
    ]  # fmt: skip
    assert (key, tuesday) not in found
    assert found[key, wednesday] == [(at(wednesday, 9), at(wednesday, 19))]
    assert (key, sunday) not in found


def day_of(world: World) -> str:
    return f"{world.start.astimezone(world.place.zone):%Y-%m-%d}"


def test_the_desk_sees_a_day_of_everybody_and_a_week_of_one(world: World, client: Browser) -> None:
    other = make_practitioner(world.service, at=world.place)
    first = make_appointment(world.person, world.service, world.place, world.start)
    second = make_appointment(other, world.service, world.place, world.start)
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/week/", {"day": day_of(world)}))
    assert "whole clinic" in page
    assert page.count('class="week-day"') == 2
    assert first.client.name in page
    assert second.client.name in page
    page = text_of(client.get("/desk/week/", {"day": day_of(world), "practitioner": other.slug}))
    assert page.count('class="week-day"') == 7
    assert str(first.public_id) not in page
    assert str(second.public_id) in page
    assert "style=" not in page


def test_a_practitioner_sees_the_own_week_whatever_is_asked(world: World, client: Browser) -> None:
    user = make_user()
    own = make_practitioner(world.service, at=world.place, user=user)
    mine = make_appointment(own, world.service, world.place, world.start)
    theirs = make_appointment(world.person, world.service, world.place, world.start)
    client.force_login(user)
    for asked in ("", "all", world.person.slug):
        page = text_of(client.get("/desk/week/", {"day": day_of(world), "practitioner": asked}))
        assert str(mine.public_id) in page
        assert str(theirs.public_id) not in page


def test_an_empty_week_names_what_to_do(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/week/", {"practitioner": world.person.slug}))
    assert "No sessions this week." in page
    assert 'href="/desk/hours/?day=' in page


@pytest.mark.parametrize("day", ["soon", "9999-12-31", "0001-01-01", "2000-01-01", "2099-12-31"])
def test_any_day_shows_a_week(world: World, client: Browser, day: str) -> None:
    client.force_login(make_staff("Front desk"))
    assert client.get("/desk/week/", {"day": day}).status_code in (200, 422)


def test_strangers_see_no_week(world: World, client: Browser) -> None:
    assert client.get("/desk/week/").status_code == 302
    other = make_user()
    make_client(other)
    client.force_login(other)
    assert client.get("/desk/week/").status_code == 403


def test_a_week_asks_a_constant_number_of_questions(
    world: World, client: Browser, django_assert_max_num_queries: Any
) -> None:
    for person in (make_practitioner(world.service, at=world.place) for _ in range(5)):
        make_appointment(person, world.service, world.place, world.start)
    client.force_login(make_staff("Front desk"))
    client.get("/desk/week/", {"day": day_of(world)})  # the session is new
    with django_assert_max_num_queries(14):
        client.get("/desk/week/", {"day": day_of(world)})


def test_nine_stands_at_nine_wherever_it_is(world: World, client: Browser) -> None:
    there = make_location(time_zone="America/New_York")
    far = make_practitioner(world.service, at=there, weekdays=WHOLE_WEEK)
    on = world.start.astimezone(world.place.zone).date()
    nine = datetime.combine(on, time(9), tzinfo=there.zone)
    make_appointment(far, world.service, there, nine)
    make_appointment(world.person, world.service, world.place, world.start - timedelta(hours=1))
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/week/", {"day": f"{on}", "practitioner": "all"}))
    assert page.count('<li class="starts-1 lasts-4"> <a class="week-entry is-booked"') == 2
    assert page.count(">09:00 <span") == 2
    day = text_of(client.get("/desk/", {"day": f"{on}", "practitioner": "all"}))
    assert "New York (E" in day
    assert "London (" in day


def test_each_column_says_by_which_clock_it_goes(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/week/", {"day": day_of(world)}))
    assert "on the clock of each place" not in page
    there = make_location(time_zone="America/New_York")
    make_practitioner(world.service, at=there, weekdays=WHOLE_WEEK)
    make_practitioner(world.service, at=there, weekdays=())  # not in: no clock to name
    page = text_of(client.get("/desk/week/", {"day": day_of(world)}))
    assert "Times are on the clock of each place." in page
    assert page.count("New York (E") == 1
    assert page.count("London (") == 1


def test_a_visit_by_another_clock_than_its_column_says_so(world: World, client: Browser) -> None:
    there = make_location(time_zone="America/New_York")
    on = world.start.astimezone(world.place.zone).date()
    early = datetime.combine(on, time(7), tzinfo=there.zone)
    make_appointment(world.person, world.service, there, early)
    client.force_login(make_staff("Front desk"))
    page = text_of(client.get("/desk/week/", {"day": f"{on}", "practitioner": world.person.slug}))
    assert "07:00 <strong" in page
    assert "New York (E" in page


def test_what_was_just_changed_is_undone_from_the_week(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    gone, moved = (
        make_appointment(world.person, world.service, world.place, world.start + n * HOUR)
        for n in range(2)
    )
    other = make_practitioner(world.service, at=world.place)
    week = f"/desk/week/?day={day_of(world)}&practitioner={world.person.slug}"
    assert "By mistake?" not in text_of(client.get(week))
    client.post(f"/desk/visits/{gone.public_id}/cancel/", {"cancelled_by": "clinic"})
    calendar.move(
        moved, starts_at=world.start + timedelta(days=14), by=None, now=timezone.now(),
        for_staff=True,
    )  # fmt: skip
    page = text_of(client.get(week))
    assert page.count("By mistake? It can be undone until") == 2
    assert f'Cancelled: <a href="/desk/visits/{gone.public_id}/">' in page
    assert f'Moved: <a href="/desk/visits/{moved.public_id}/">' in page
    for path, count in (("/desk/week/", 2), (f"/desk/week/?practitioner={other.slug}", 0)):
        assert text_of(client.get(path)).count("By mistake?") == count
    sent = {"version_made": "2", "next": week}
    assert client.post(f"/desk/visits/{gone.public_id}/undo/", sent)["Location"] == week
    page = text_of(client.get(week))
    assert "The session stands again as before." in page
    assert page.count("By mistake?") == 1


def test_what_was_changed_together_is_one_line_of_the_week(
    world: World, client: Browser, django_assert_max_num_queries: Any
) -> None:
    client.force_login(make_staff("Front desk"))
    choices = [(world.person, world.place, world.start + n * timedelta(days=7)) for n in range(4)]
    series = calendar.book_series(
        world.service, choices, client=make_client(), by=None, form_token=uuid.uuid4(),
        now=timezone.now(),
    )  # fmt: skip
    first = series.appointments.order_by("starts_at").first()
    client.get("/desk/week/")  # the session is new
    calendar.cancel_from(first, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True)
    with django_assert_max_num_queries(16):
        page = text_of(client.get("/desk/week/"))
    assert page.count("Cancelled, with 3 others: ") == 1


def test_a_colleagues_change_is_not_in_the_own_week(world: World, client: Browser) -> None:
    visit = make_appointment(world.person, world.service, world.place, world.start)
    calendar.cancel(visit, cancelled_by="clinic", by=None, now=timezone.now(), for_staff=True)
    user = make_user()
    make_practitioner(world.service, at=world.place, user=user)
    client.force_login(user)
    page = text_of(client.get("/desk/week/", {"practitioner": "all"}))
    assert "By mistake?" not in page
    assert str(visit.public_id) not in page


def test_an_evening_far_away_belongs_to_its_own_day(world: World, client: Browser) -> None:
    there = make_location(time_zone="America/Los_Angeles")
    far = make_practitioner(world.service, at=there, weekdays=WHOLE_WEEK)
    on = world.start.astimezone(world.place.zone).date()
    visit = make_appointment(
        far, world.service, there, datetime.combine(on, time(20), tzinfo=there.zone)
    )
    client.force_login(make_staff("Front desk"))
    for path in ("/desk/", "/desk/week/"):
        page = text_of(client.get(path, {"day": f"{on}", "practitioner": "all"}))
        assert str(visit.public_id) in page
        after = text_of(
            client.get(path, {"day": f"{on + timedelta(days=1)}", "practitioner": "all"})
        )
        assert str(visit.public_id) not in after


def test_paper_names_nobody_unless_the_clinic_says_so(world: World, client: Browser) -> None:
    visit = make_appointment(world.person, world.service, world.place, world.start)
    client.force_login(make_staff("Front desk"))
    path = f"/desk/week/?day={visit.local_day}&practitioner={world.person.slug}"
    page = text_of(client.get(path))
    assert f'class="print-only" aria-hidden="true">{visit.client.initials}<' in page
    assert f'<span dir="auto" class="screen-only">{visit.client.name}</span>' in page
    world.clinic.prints_names = True
    world.clinic.save()
    page = text_of(client.get(path))
    assert "print-only" not in page
    assert f'<span dir="auto">{visit.client.name}</span>' in page
