"""The way back from the third screen leads to what was looked at: anybody's times, and both clocks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser

from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.tests.factories import make_practitioner

WEEK = timedelta(days=7)


def links(page: str) -> list[str]:
    """Where the page leads back to its times."""
    return re.findall(r'href="(/book/[^"]*at=[^"]*)"', page)


def choose_anybody(world: World, browser: Browser, **query: str) -> str:
    """Choose a time of whoever is free; returns the page that follows."""
    browser.post(f"{world.time_url}?{urlencode(query)}", {"start": value_of(world.start)})
    return text_of(browser.get(world.you_url))


def test_anybody_stays_anybody(world: World, client: Browser) -> None:
    page = choose_anybody(world, client)
    back = f"{world.time_url}?location={world.place.slug}&amp;at={value_of(world.start)}"
    assert links(page) == [back]  # beside the time; the way back above gives it back
    assert f"service={world.service.slug}&amp;practitioner=&amp;location=" in page
    assert "Any specialist (soonest)" in text_of(client.get(back.replace("&amp;", "&")))


def test_whoever_was_chosen_stays_chosen(world: World, client: Browser) -> None:
    choose_anybody(world, client)
    world.choose(client)
    page = text_of(client.get(world.you_url))
    assert all(f"practitioner={world.person.slug}" in one for one in links(page))
    assert f"&amp;practitioner={world.person.slug}&amp;location=" in page


def test_so_does_the_own_clock_beside_the_clinics(world: World, client: Browser) -> None:
    page = choose_anybody(world, client, zone="mine")
    assert all("zone=mine" in one for one in links(page))
    assert not any("zone" in one for one in links(choose_anybody(world, client)))


def test_a_time_given_back_leads_to_anybodys_again(world: World, client: Browser) -> None:
    choose_anybody(world, client)
    answer = client.post(world.you_url, {"give_back": value_of(world.start)})
    assert "practitioner" not in answer["Location"]


class TestTaken:
    """Somebody else has taken the kept time of the one who was free; another is free then."""

    @pytest.fixture
    def taken(self, world: World, client: Browser) -> World:
        choose_anybody(world, client)
        kept = Appointment.objects.get(status="held")
        make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK)
        world.run_out()
        Appointment.objects.all().delete()
        make_appointment(kept.practitioner, world.service, world.place, world.start)
        return world

    def test_it_is_said_of_whom_and_the_others_are_offered(
        self, taken: World, client: Browser
    ) -> None:
        answer = client.get(taken.you_url)
        page = text_of(answer)
        assert answer.status_code == 409
        assert f"We kept this time with {taken.person.name} for 10 minutes." in page
        assert f'value="{value_of(taken.start)}"' in page.replace(" checked", "")
        instead = page.split("Next free:")[1].split("</ul>")[0]
        assert f"at={value_of(taken.start)}" in instead

    def test_one_more_press_keeps_it_with_somebody_else(
        self, taken: World, client: Browser
    ) -> None:
        choose_anybody(taken, client)
        kept = Appointment.objects.get(status="held")
        assert (kept.starts_at, kept.practitioner == taken.person) == (taken.start, False)


def test_minutes_that_are_over_are_told_above_the_form(world: World, client: Browser) -> None:
    world.choose(client)
    world.run_out()
    page = text_of(client.get(world.you_url))
    assert page.index("It is still free: book now") < page.index("Your name")
    assert page.count("It is still free: book now") == 1


def test_what_is_wrong_is_listed_in_the_order_of_the_page(world: World, client: Browser) -> None:
    world.choose(client)
    page = text_of(client.post(world.you_url, {"for_whom": "other"}))
    summary = page.split("There is a problem")[1].split("</ul>")[0]
    found = re.findall(r"<a [^>]*>([^<]*)</a>", summary)
    assert found[:2] == ["Enter their name", "Enter your name"]


@pytest.mark.parametrize(("visit_type", "offered"), [("first", False), ("any", True)])
def test_a_first_visit_comes_once(
    world: World, client: Browser, visit_type: str, offered: bool
) -> None:
    user: Any = make_user()
    make_client(user)
    client.force_login(user)
    type(world.service).objects.update(visit_type=visit_type)
    world.choose(client)
    assert ("Do you want more than one session?" in text_of(client.get(world.you_url))) == offered


def test_who_moves_a_session_sees_the_days_around_it_first(world: World, client: Browser) -> None:
    user: Any = make_user()
    person = make_client(user)
    client.force_login(user)
    visit = make_appointment(
        world.person, world.service, world.place, world.start + WEEK, client=person
    )
    move = f"/my/visits/{visit.public_id}/move/"
    page = text_of(client.get(move))
    assert f"<legend>{visit.starts_at:%A}<span>{visit.local_day.day} " in page
    assert f'href="{move}?from=' in page
    assert "Show earlier days" in page
