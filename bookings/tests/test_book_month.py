"""A month of free times: a page of its own that leads to the times of a day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.months import last_month, lay_out_month, next_month, read_month
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.models import Closure
from practitioners.tests.factories import make_practitioner, make_room

FIRST, LAST = date(2026, 11, 24), date(2027, 2, 22)
LONDON = ZoneInfo("Europe/London")
DAY_CELL = re.compile(r'href="([^"]+)"><span class="visually-hidden">([^<]+), </span>')


def month_of(world: World, client: Browser, **asked: str) -> str:
    asked = {"practitioner": world.person.slug, "month": f"{world.start:%Y-%m}", **asked}
    answer = client.get(world.time_url, asked)
    assert answer.status_code == 200
    return text_of(answer)


class TestLayout:
    @pytest.mark.parametrize(
        ("text", "month"),
        [
            ("2026-12", date(2026, 12, 1)), ("2026-11", date(2026, 11, 1)),
            ("2026-10", date(2026, 11, 1)), ("2027-02", date(2027, 2, 1)),
            ("2027-03", date(2027, 2, 1)), ("2099-12", date(2027, 2, 1)),
            ("", date(2026, 11, 1)), ("2026-13", date(2026, 11, 1)), ("9999-12", date(2026, 11, 1)),
            ("0001-01", date(2026, 11, 1)), ("２０２６-１２", date(2026, 11, 1)),
            ("2026-12-01", date(2026, 11, 1)), ("abc", date(2026, 11, 1)),
        ],
    )  # fmt: skip
    def test_any_text_means_a_month_that_can_be_booked(self, text: str, month: date) -> None:
        assert read_month(text, first=FIRST, last=LAST) == month

    def test_months_follow_each_other_over_the_year(self) -> None:
        assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
        assert last_month(date(2027, 1, 1)) == date(2026, 12, 1)
        assert last_month(next_month(date(2026, 3, 1))) == date(2026, 3, 1)

    def test_weeks_begin_on_monday_whatever_the_month_begins_on(self) -> None:
        weeks = lay_out_month([], date(2026, 11, 1), zone=LONDON, first=FIRST, last=LAST)
        assert [week[0] and week[0].on.day for week in weeks] == [None, 2, 9, 16, 23, 30]
        assert all(
            day.on.weekday() == place for week in weeks for place, day in enumerate(week) if day
        )

    def test_a_start_counts_once_on_the_day_of_the_place(self) -> None:
        late = timezone.datetime(2026, 12, 1, 23, 30, tzinfo=ZoneInfo("UTC"))
        weeks = lay_out_month(
            [late, late, late - timedelta(hours=2)], date(2026, 12, 1),
            zone=ZoneInfo("Asia/Kathmandu"), first=FIRST, last=LAST,
        )  # fmt: skip
        found = {day.on.day: day.count for week in weeks for day in week if day and day.count}
        assert found == {2: 2}

    def test_days_that_are_over_or_too_far_are_out(self) -> None:
        weeks = lay_out_month([], date(2026, 11, 1), zone=LONDON, first=FIRST, last=LAST)
        states = {day.on.day: day.state for week in weeks for day in week if day}
        assert (states[23], states[24], states[30]) == ("out", "full", "full")


def test_free_days_lead_to_their_times(world: World, client: Browser) -> None:
    page = month_of(world, client)
    found = {words: url for url, words in DAY_CELL.findall(page)}
    day = world.start.date()
    url = found[f"{day:%A} {day.day} {day:%B}"]
    assert f"from={day}" in url
    times = client.get(url.replace("&amp;", "&"))
    assert f'id="start-{int(world.start.timestamp())}"' in text_of(times)


def test_a_day_without_a_free_time_says_so(world: World, client: Browser) -> None:
    Closure.objects.create(name="Closed", starts_on=world.start.date(), ends_on=world.start.date())
    page = month_of(world, client)
    day = world.start.date()
    assert f"{day:%A} {day.day} {day:%B}" not in page
    assert f'<span class="full"><strong>{day.day}</strong> <span>Full</span></span>' in page


def test_the_page_of_times_leads_to_the_month_and_back(world: World, client: Browser) -> None:
    asked = {"practitioner": world.person.slug}
    page = text_of(client.get(world.time_url, asked))
    url = re.search(r'href="([^"]+)">Show the month', page)
    assert url
    month = text_of(client.get(url[1].replace("&amp;", "&")))
    assert f"practitioner={world.person.slug}" in month
    assert 'class="back" href="' in month
    assert "Chosen so far" in month


def test_months_turn_as_far_as_there_is_anything_to_book(world: World, client: Browser) -> None:
    today = timezone.now().astimezone(world.place.zone).date()
    page = month_of(world, client, month=f"{today:%Y-%m}")
    assert f"month={last_month(today.replace(day=1)):%Y-%m}" not in page
    assert f"month={next_month(today.replace(day=1)):%Y-%m}" in page
    furthest = today + timedelta(days=world.clinic.horizon_days)
    page = month_of(world, client, month=f"{furthest:%Y-%m}")
    assert f"month={next_month(furthest.replace(day=1)):%Y-%m}" not in page


@pytest.mark.parametrize("month", ["", "abc", "2026-13", "0001-01", "9" * 300, "2026-12'--"])
def test_a_month_that_is_none_shows_this_one(world: World, client: Browser, month: str) -> None:
    page = month_of(world, client, month=month)
    assert f"{timezone.now().astimezone(world.place.zone):%B %Y}" in page


def test_looking_at_a_month_keeps_nothing(world: World, client: Browser) -> None:
    month_of(world, client)
    assert "sessionid" not in client.cookies
    assert world.place.appointments.count() == 0


def test_its_queries_do_not_grow_with_people_or_days(world: World, client: Browser) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            month_of(world, client, practitioner="")
        return len(queries)

    few = count()
    for _ in range(5):
        make_room(world.place)
        person = make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK)
        make_appointment(person, world.service, world.place, world.start)
    assert count() == few
    assert few <= 10


def test_moving_a_session_has_a_month_too(world: World, client: Browser) -> None:
    user = make_user()
    mine = make_client(user)
    visit = make_appointment(world.person, world.service, world.place, world.start, client=mine)
    client.force_login(user)
    url = f"/my/visits/{visit.public_id}/move/"
    page = text_of(client.get(url, {"month": f"{world.start:%Y-%m}"}))
    assert "It stays there until you choose another time" in page
    assert f'href="{url}?from=' in page


def test_the_desk_has_a_month_too(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    person: Any = make_client()
    url = f"/desk/clients/{person.public_id}/book/{world.service.slug}/"
    page = text_of(client.get(url, {"month": f"{world.start:%Y-%m}"}))
    assert '<body class="desk"' in page
    assert f'href="{url}?' in page


def test_at_the_desk_it_says_for_whom_and_changes_what_is_booked_for_them(
    world: World, client: Browser
) -> None:
    client.force_login(make_staff("Front desk"))
    person: Any = make_client(name="Robin Known")
    what = f"/desk/clients/{person.public_id}/book/"
    asked = {"practitioner": world.person.slug, "month": f"{world.start:%Y-%m}"}
    page = text_of(client.get(f"{what}{world.service.slug}/", asked))
    assert '<strong dir="auto">Robin Known</strong>' in page
    ways = re.findall(r'href="([^"]+)">Change<', page)
    assert len(ways) == 3
    for way in ways:
        assert way.startswith(f"{what}?session={world.service.slug}&amp;")
        form = text_of(client.get(way.replace("&amp;", "&")))
        for one in (world.service, world.person, world.place):
            assert f'<option value="{one.slug}" selected>' in form
        anchor = way.partition("#")[2]
        assert not anchor or f'id="{anchor}"' in form


def test_at_the_desk_a_session_that_moves_is_somebody_s(world: World, client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    mine = make_client(name="Robin Known")
    visit = make_appointment(world.person, world.service, world.place, world.start, client=mine)
    asked = {"month": f"{world.start:%Y-%m}"}
    page = text_of(client.get(f"/desk/visits/{visit.public_id}/move/", asked))
    assert 'The session of <strong dir="auto">Robin Known</strong> is now on' in page
    assert "Your session" not in page
