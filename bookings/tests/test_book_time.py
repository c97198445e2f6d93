"""Screen 2: days and their free times; choosing one keeps it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_staff, make_user
from bookings.times import say_day
from practitioners.models import Availability
from practitioners.tests.factories import make_location, make_practitioner, make_room, make_service


def page_at(world: World, browser: Browser, **query: Any) -> str:
    wanted = {"practitioner": world.person.slug, "at": value_of(world.start), **query}
    return text_of(browser.get(world.time_url, wanted))


def starts_on(page: str) -> list[str]:
    return re.findall(r'name="start" id="start-\d+" value="(\d+)"', page)


def test_choosing_a_time_keeps_it_and_asks_who_comes(world: World, client: Browser) -> None:
    answer = world.choose(client)
    kept = Appointment.objects.get()
    assert (answer.status_code, answer.url) == (302, world.you_url)
    assert (kept.status, kept.starts_at, kept.practitioner) == ("held", world.start, world.person)


def test_every_free_start_of_a_day_is_offered_and_nothing_else(
    world: World, client: Browser
) -> None:
    make_appointment(world.person, world.service, world.place, world.start)
    page = page_at(world, client, at=value_of(world.start + timedelta(hours=1)))
    first_day = [value for value in starts_on(page) if int(value) < world.start.timestamp() + 86400]
    hours = [datetime.fromtimestamp(int(value), world.place.zone).hour for value in first_day]
    assert hours[:7] == [9, 11, 12, 13, 14, 15, 16]


def test_a_time_s_name_says_day_time_and_place(world: World, client: Browser) -> None:
    page = page_at(world, client)
    day = f"{world.start:%A} {world.start.day} {world.start:%B}"
    assert f"{day}, 10:00, London time" in page
    assert '<span aria-hidden="true">10:00</span>' in page


def test_all_days_are_one_group_of_radio_buttons(world: World, client: Browser) -> None:
    page = page_at(world, client)
    assert page.count('<fieldset class="day">') == 4
    assert len(starts_on(page)) == 4 * 8
    assert len(re.findall('type="radio"', page)) == len(starts_on(page))


def test_a_long_day_is_told_in_parts(world: World, client: Browser) -> None:
    world.service.start_grid = 30
    world.service.save()
    page = page_at(world, client)
    assert page.count('<p class="part">Morning</p>') == 4
    assert page.count('<p class="part">Afternoon</p>') == 4


def test_a_day_without_times_stays_and_says_so(world: World, client: Browser) -> None:
    for hour in range(9, 17):
        make_appointment(world.person, world.service, world.place, world.start.replace(hour=hour))
    page = page_at(world, client)
    assert page.count("Fully booked") == 1
    assert say_day(world.start.date())[:-5].split(" ", 1)[1] in page


def test_the_first_free_day_is_offered_when_those_shown_are_full(
    world: World, client: Browser
) -> None:
    Availability.objects.update(valid_from=world.start.date() + timedelta(days=10))
    page = page_at(world, client)
    assert starts_on(page) == []
    link = re.search(r'href="([^"]+)">First free: (\w+) (\d+)', page)
    assert link
    assert int(link[3]) == (world.start + timedelta(days=10)).day
    assert starts_on(text_of(client.get(link[1].replace("&amp;", "&"))))


def test_after_a_date_the_first_free_one_from_it_on_is_offered(
    world: World, client: Browser
) -> None:
    """Somebody is in until soon, and again much later."""
    day = world.start.date()
    Availability.objects.update(valid_until=day)
    again = day + timedelta(days=30)
    for weekday in WHOLE_WEEK:
        Availability.objects.create(
            practitioner=world.person, location=world.place, weekday=weekday,
            starts_at="09:00", ends_at="17:00", valid_from=again,
        )  # fmt: skip
    asked = {"date": f"{day + timedelta(days=9):%d/%m/%Y}"}
    for query in (asked, {**asked, "practitioner": world.person.slug}):
        page = text_of(client.get(world.time_url, query))
        assert f">First free: {again:%a} {again.day} {again:%b}" in page


def test_where_nothing_is_free_from_a_date_on_an_earlier_one_is_offered(
    world: World, client: Browser
) -> None:
    day = world.start.date()
    Availability.objects.update(valid_until=day)
    asked = day + timedelta(days=9)
    page = text_of(client.get(world.time_url, {"date": f"{asked:%d/%m/%Y}"}))
    assert f"Nothing is free from {say_day(asked, today=day)} on." in page
    assert re.search(r">Earlier: \w+ \d+", page)
    assert "First free" not in page


def test_later_and_earlier_days_keep_what_was_chosen(world: World, client: Browser) -> None:
    page = page_at(world, client)
    later = re.search(r'href="([^"]+)">Show next 4 days', page)
    assert later
    address = later[1].replace("&amp;", "&")
    assert f"practitioner={world.person.slug}" in address
    assert f"location={world.place.slug}" in address
    assert "Show earlier days" in text_of(client.get(address))


def test_days_end_where_booking_ends(world: World, client: Browser) -> None:
    world.clinic.horizon_days = 5
    world.clinic.save()
    first = text_of(client.get(world.time_url))
    assert "Show next 4 days" in first
    last = f"{timezone.now().astimezone(world.place.zone).date() + timedelta(days=4)}"
    assert "Show next 4 days" not in text_of(client.get(world.time_url, {"from": last}))


def test_jumping_to_a_date_shows_it_first(world: World, client: Browser) -> None:
    day = world.start + timedelta(days=9)
    page = text_of(client.get(world.time_url, {"date": f"{day.day}/{day.month}/{day.year}"}))
    assert f"{day.day} {day:%B}" in page
    first = datetime.fromtimestamp(int(starts_on(page)[0]), world.place.zone)
    assert first.date() == day.date()


@pytest.mark.parametrize("date", ["2030-13-01", "x", "\uff11/1/2027", "31/2/2027", "1/1"])
def test_a_date_that_cannot_be_is_said_at_the_box(world: World, client: Browser, date: str) -> None:
    answer = client.get(world.time_url, {"date": date})
    assert answer.status_code == 422
    assert '<a href="#jump">Enter a date like 1/12/2026.</a>' in text_of(answer)


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "1/1/2020", "1/1/2099"])
def test_a_date_too_far_away_is_told_the_limits(world: World, client: Browser, date: str) -> None:
    answer = client.get(world.time_url, {"date": date})
    assert answer.status_code == 422
    today = timezone.now().astimezone(world.place.zone).date()
    last = say_day(today + timedelta(days=world.clinic.horizon_days))
    assert f"Please choose a date between today and {last}." in text_of(answer)


@pytest.mark.parametrize(
    "query", [{"from": "2020-01-01"}, {"from": "9999-12-31"}, {"at": "0"}, {"at": "9" * 25}]
)
def test_an_old_link_to_a_day_is_nobody_s_mistake(
    world: World, client: Browser, query: dict[str, str]
) -> None:
    assert client.get(world.time_url, query).status_code in (200, 422)
    assert client.get(world.time_url, {"from": "2020-01-01"}).status_code == 200


def test_a_link_to_a_time_chooses_it(world: World, client: Browser) -> None:
    value = value_of(world.start)
    assert f'id="start-{value}" value="{value}" checked' in page_at(world, client)


def test_a_link_to_a_time_that_is_gone_says_so(world: World, client: Browser) -> None:
    make_appointment(world.person, world.service, world.place, world.start)
    page = page_at(world, client)
    assert "is no longer free. These are the times around it." in page
    assert "There is a problem" not in page


class TestZones:
    """Times are the clinic's; the visitor's own are printed beside them when asked for."""

    def test_the_line_names_the_place(self, world: World, client: Browser) -> None:
        assert "Times are for <strong data-place>London (" in page_at(world, client)

    def test_both_times_are_printed_and_read(self, world: World, client: Browser) -> None:
        client.cookies["zone"] = "Asia/Kathmandu"
        page = page_at(world, client, zone="mine")
        assert "Below each you see the time in Kathmandu" in page
        theirs = world.start.astimezone(UTC) + timedelta(hours=5, minutes=45)
        assert f"{theirs:%H:%M} in Kathmandu" in page

    @pytest.mark.parametrize(
        "name", ["Nowhere/City", "Europe", "../../x", "x" * 300, "", "leapseconds", "Factory"]
    )
    def test_a_zone_that_is_none_changes_nothing(
        self, world: World, client: Browser, name: str
    ) -> None:
        client.cookies["zone"] = name
        page = page_at(world, client, zone="mine")
        assert "Below each you see" not in page
        assert "London (" in page

    def test_the_time_that_comes_twice_says_which(self, client: Browser, db: None) -> None:
        """Where clocks go back at night there is a session at half past one, twice."""
        world = World()
        world.clinic.horizon_days = 400
        world.clinic.save()
        Availability.objects.update(starts_at="00:30", ends_at="05:00")
        page = text_of(client.get(world.time_url, {"from": "2027-10-31"}))
        assert "1:30 (BST)" in page
        assert "1:30 (GMT)" in page

    def test_the_time_that_does_not_exist_is_not_offered(self, client: Browser, db: None) -> None:
        world = World()
        world.clinic.horizon_days = 400
        world.clinic.save()
        Availability.objects.update(starts_at="00:30", ends_at="05:00")
        page = text_of(client.get(world.time_url, {"from": "2027-03-28"}))
        first_day = page.split("<fieldset")[1]
        assert "00:30" in first_day
        assert "01:30" not in first_day


class TestWhere:
    """One place at a time, because each has its own clock."""

    @pytest.fixture
    def elsewhere(self, world: World) -> Any:
        """A place in New York where somebody is in from tomorrow."""
        place = make_location(time_zone="America/New_York", name="Harbour House")
        make_room(place)
        self.other = make_practitioner(world.service, at=place, weekdays=WHOLE_WEEK)
        return place

    def test_the_soonest_place_is_shown_first(
        self, world: World, client: Browser, elsewhere: Any
    ) -> None:
        Availability.objects.filter(location=elsewhere).update(
            valid_from=world.start.date() + timedelta(days=20)
        )
        assert world.place.name in text_of(client.get(world.time_url))
        Availability.objects.filter(location=elsewhere).update(valid_from=None)
        Availability.objects.filter(location=world.place).update(
            valid_from=world.start.date() + timedelta(days=20)
        )
        assert "New York (E" in text_of(client.get(world.time_url))

    def test_the_place_asked_for_is_shown(
        self, world: World, client: Browser, elsewhere: Any
    ) -> None:
        page = text_of(client.get(world.time_url, {"location": elsewhere.slug}))
        assert "New York (E" in page
        assert f'<form class="card-s" method="post" action="{world.time_url}?location=' in page

    def test_a_specialist_is_shown_where_they_work(
        self, world: World, client: Browser, elsewhere: Any
    ) -> None:
        query = {"practitioner": self.other.slug, "location": world.place.slug}
        page = text_of(client.get(world.time_url, query))
        assert "New York (E" in page
        said = f"{self.other.name} does not work at {world.place.name}. These are the times at Harbour House."
        assert said in page
        assert "These are the times at" not in text_of(
            client.get(world.time_url, {**query, "location": elsewhere.slug})
        )

    def test_a_place_without_the_session_or_unknown_is_said(
        self, world: World, client: Browser, elsewhere: Any
    ) -> None:
        only_here = make_service()
        world.person.services.add(only_here)
        for slug, said in (
            (elsewhere.slug, "Nobody gives this session at Harbour House. These are the times at"),
            ("nowhere", "We do not know the place you asked for. These are the times at"),
        ):
            page = text_of(client.get(f"/book/{only_here.slug}/", {"location": slug}))
            assert f"{said} {world.place.name}." in page


class TestSomebodyElse:
    """A link may name a specialist who is not to be had."""

    def test_who_does_not_give_the_session_is_named(self, world: World, client: Browser) -> None:
        other = make_practitioner(make_service(), at=world.place, name="Omar Example")
        page = text_of(client.get(world.time_url, {"practitioner": other.slug}))
        assert "Omar Example does not give this session" in page
        assert starts_on(page)

    @pytest.mark.parametrize("slug", ["nobody", "a" * 500, "\u202e", "1' OR 1=1"])
    def test_who_is_unknown_or_hidden_is_said(
        self, world: World, client: Browser, slug: str
    ) -> None:
        page = text_of(client.get(world.time_url, {"practitioner": slug}))
        assert "takes no online bookings now" in page
        assert starts_on(page)


class TestRefusals:
    def test_a_taken_time_is_409_with_its_name_and_the_next_three(
        self, world: World, client: Browser
    ) -> None:
        make_appointment(world.person, world.service, world.place, world.start)
        answer = world.choose(client)
        page = text_of(answer)
        day = f"{world.start:%A} {world.start.day} {world.start:%B}"
        assert answer.status_code == 409
        assert "<title>Error: Choose a time" in page
        assert f"10:00 on {day} has just been taken. Nothing was booked for you." in page
        near = re.findall(r"at=(\d+)", page.split("Next free:")[1].split("</ul>")[0])
        hour = timedelta(hours=1)
        assert near == [value_of(world.start + hour * by) for by in (-1, 1, 2)]

    def test_the_days_shown_stay_when_nothing_is_chosen(
        self, world: World, client: Browser
    ) -> None:
        later = world.start + timedelta(days=9)
        page = text_of(client.get(world.time_url, {"date": f"{later:%d/%m/%Y}"}))
        form = re.search(r'method="post" action="([^"]+)"', page)
        assert form
        answer = client.post(form[1].replace("&amp;", "&"))
        assert answer.status_code == 422
        assert starts_on(text_of(answer)) == starts_on(page)
        first = datetime.fromtimestamp(int(starts_on(page)[0]), world.place.zone)
        assert first.date() == later.date()

    @pytest.mark.parametrize(
        "start", ["", "abc", "0", "-1", "9" * 25, "\u0661\u0662", "99999999999", "a\x00b"]
    )
    def test_a_start_that_is_no_time(self, world: World, client: Browser, start: str) -> None:
        answer = client.post(world.time_url, {"start": start})
        assert answer.status_code == 422
        assert "Choose a time" in text_of(answer)

    def test_past_off_grid_too_far_closed_each_says_its_reason(
        self, world: World, client: Browser
    ) -> None:
        wishes = {
            "in the past": datetime(2020, 1, 1, 10, tzinfo=UTC),
            "do not start at that time": world.start + timedelta(minutes=7),
            "further ahead": world.start + timedelta(days=400),
            "outside working hours": world.start.replace(hour=20),
        }
        for words, start in wishes.items():
            answer = world.choose(client, start)
            assert (answer.status_code, words in text_of(answer)) == (422, True), words

    def test_too_soon_names_notice_and_phone(self, world: World, client: Browser) -> None:
        world.clinic.min_notice_minutes = 6 * 24 * 60
        world.clinic.save()
        world.service.min_notice_minutes = None
        world.service.save()
        answer = world.choose(client)
        assert answer.status_code == 422
        said = "This time is less than 144 hours away. Call 020 7946 0000 and we will try to fit you in."
        assert said in text_of(answer)

    def test_an_unknown_or_unpublished_session_is_404_with_a_way_on(
        self, world: World, client: Browser
    ) -> None:
        world.service.is_published = False
        world.service.save()
        for path in (world.time_url, "/book/nothing/"):
            for answer in (client.get(path), client.post(path, {"start": "1"})):
                assert (answer.status_code, 'href="/book/"' in text_of(answer)) == (404, True)

    def test_a_nul_in_the_address_is_404(self, world: World, client: Browser) -> None:
        assert client.get("/book/a%00b/").status_code == 404

    def test_a_session_that_nobody_gives_says_whom_to_call(
        self, world: World, client: Browser
    ) -> None:
        lonely = make_service()
        page = text_of(client.get(f"/book/{lonely.slug}/"))
        assert "cannot be booked online" in page
        assert "020 7946 0000" in page

    def test_too_many_choices_name_the_wait(
        self, world: World, client: Browser, settings: Any
    ) -> None:
        settings.THROTTLES = {**settings.THROTTLES, "hold": (2, 600)}
        answers = [world.choose(client) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [302, 302, 429]
        wait = int(answers[-1]["Retry-After"])
        assert 0 < wait <= 600
        minutes = -(-wait // 60)
        assert f"Wait {minutes} minute" in text_of(answers[-1])


def test_another_choice_gives_the_first_back(world: World, client: Browser) -> None:
    world.choose(client)
    world.choose(client, world.start + timedelta(hours=1))
    assert Appointment.objects.get().starts_at == world.start + timedelta(hours=1)


def test_the_own_kept_time_is_still_offered_when_coming_back(world: World, client: Browser) -> None:
    world.choose(client)
    assert value_of(world.start) in starts_on(page_at(world, client))
    assert value_of(world.start) not in starts_on(page_at(world, Browser()))


def test_looking_needs_no_session_and_keeps_nothing(
    world: World, client: Browser, settings: Any
) -> None:
    answer = client.get(world.time_url)
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert not Appointment.objects.exists()
    assert "no-store" in answer["Cache-Control"]
    assert settings.SESSION_COOKIE_NAME in world.choose(client).cookies


@pytest.mark.parametrize("who", ["client", "desk"])
def test_whoever_is_signed_in_sees_the_same_times(world: World, who: str) -> None:
    browser = Browser()
    browser.force_login(make_user() if who == "client" else make_staff("Front desk"))
    anybody = starts_on(text_of(Browser().get(world.time_url)))
    assert starts_on(text_of(browser.get(world.time_url))) == anybody


def test_days_of_another_year_say_which(world: World, client: Browser) -> None:
    page = text_of(client.get(f"{world.time_url}?date=1/1/2031"))
    last = timezone.now().astimezone(world.place.zone).date() + world.service.horizon(world.clinic)
    year = f" {last.year}" if last.year != timezone.now().year else ""
    assert f"<legend>{last:%A}<span>{last.day} {last:%B}{year}</span>" in page
