"""Screen 1: which session, with whom, where."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_location, make_practitioner, make_service


def test_it_shows_every_published_session_with_length_price_and_use(
    world: World, client: Browser
) -> None:
    first = make_service(name="First visit", visit_type="first", good_for="New here?", price="72")
    make_service(name="Not offered", is_published=False)
    page = text_of(client.get("/book/"))
    assert world.service.name in page
    assert f"{first.minutes} minutes, £72" in page
    assert "New here?" in page
    assert "Not offered" not in page
    assert page.count("First visit</span>") == 1


def test_choosing_leads_to_the_times(world: World, client: Browser) -> None:
    chosen = {"service": world.service.slug, "practitioner": world.person.slug, "go": "1"}
    answer = client.get("/book/", chosen)
    assert (answer.status_code, answer.url) == (
        302,
        f"{world.time_url}?practitioner={world.person.slug}",
    )


def test_anybody_is_the_first_choice_and_names_nobody(world: World, client: Browser) -> None:
    assert "Any specialist (soonest)" in text_of(client.get("/book/"))
    answer = client.get("/book/", {"service": world.service.slug, "practitioner": "", "go": "1"})
    assert answer.url == world.time_url


def test_people_who_have_been_here_get_the_short_list(world: World, client: Browser) -> None:
    make_service(name="Very first time", visit_type="first")
    page = text_of(client.get("/book/?been=yes"))
    assert "Very first time" not in page
    assert world.service.name in page


def test_who_is_signed_in_and_had_a_session_is_known(world: World, client: Browser) -> None:
    make_service(name="Very first time", visit_type="first")
    user = make_user()
    own = {"client": make_client(user)}
    make_appointment(world.person, world.service, world.place, world.start, **own)
    client.force_login(user)
    assert "Very first time" in text_of(client.get("/book/"))
    before = world.start - timedelta(weeks=2)
    make_appointment(world.person, world.service, world.place, before, status="completed", **own)
    page = text_of(client.get("/book/"))
    assert "Very first time" not in page
    assert "These are the sessions for people we know" in page
    assert "Very first time" in text_of(client.get("/book/?been=no"))


def test_a_first_session_that_was_chosen_stays_in_the_list(world: World, client: Browser) -> None:
    first = make_service(name="Very first time", visit_type="first")
    user = make_user()
    make_appointment(
        world.person,
        world.service,
        world.place,
        world.start,
        client=make_client(user),
        status="completed",
    )
    client.force_login(user)
    assert f'value="{first.slug}" checked' in text_of(client.get(f"/book/?service={first.slug}"))


def test_others_sessions_make_nobody_known(world: World, client: Browser) -> None:
    make_service(name="Very first time", visit_type="first")
    make_appointment(world.person, world.service, world.place, world.start, status="completed")
    for user in (make_user(), make_staff("Front desk")):
        client.force_login(user)
        assert "Very first time" in text_of(client.get("/book/"))


def test_the_place_is_asked_only_where_there_are_several(world: World, client: Browser) -> None:
    assert "Where?" not in text_of(client.get("/book/"))
    other = make_location()
    assert "Where?" in text_of(client.get("/book/"))
    answer = client.get(
        "/book/", {"service": world.service.slug, "location": other.slug, "go": "1"}
    )
    assert answer.url == f"{world.time_url}?location={other.slug}"


def test_a_specialist_with_one_session_skips_the_screen(world: World, client: Browser) -> None:
    answer = client.get("/book/", {"practitioner": world.person.slug})
    assert answer.url == f"{world.time_url}?practitioner={world.person.slug}"


def test_coming_back_to_change_shows_what_was_chosen(world: World, client: Browser) -> None:
    answer = client.get(
        "/book/", {"service": world.service.slug, "practitioner": world.person.slug}
    )
    page = text_of(answer)
    assert f'value="{world.service.slug}" checked' in page
    assert f'value="{world.person.slug}" selected' in page


def test_nothing_chosen_is_said_above_the_page(world: World, client: Browser) -> None:
    answer = client.get("/book/?go=1")
    page = text_of(answer)
    assert answer.status_code == 422
    assert "<title>Error: Which session" in page
    assert '<a href="#service-0">Choose a session</a>' in page


def test_a_specialist_who_does_not_give_the_session_is_said(world: World, client: Browser) -> None:
    other = make_practitioner(make_service(), at=world.place, name="Omar Example")
    wanted = {"service": world.service.slug, "practitioner": other.slug, "go": "1"}
    answer = client.get("/book/", wanted)
    assert answer.status_code == 422
    assert "Omar Example does not give this session" in text_of(answer)


@pytest.mark.parametrize("query", ["service=nothing&go=1", "service=%ff&go=1", "order=password"])
def test_what_we_do_not_know_is_not_a_server_error(
    world: World, client: Browser, query: str
) -> None:
    assert client.get(f"/book/?{query}").status_code in (200, 422)


def test_a_nul_in_the_query_is_400(world: World, client: Browser) -> None:
    assert client.get("/book/?service=a%00b").status_code == 400


def test_a_clinic_without_sessions_says_what_to_do(client: Browser, db: None) -> None:
    assert "Please call us" in text_of(client.get("/book/"))


@pytest.mark.parametrize("who", ["anybody", "client", "desk"])
def test_everybody_may_see_it_and_nobody_may_post(world: World, who: str) -> None:
    browser: Any = Browser()
    if who != "anybody":
        browser.force_login(make_user() if who == "client" else make_staff("Front desk"))
    assert browser.get("/book/").status_code == 200
    assert browser.post("/book/").status_code == 405
