"""Giving a kept time back on the third screen: it is free at once, for everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.calendar import hold
from bookings.models import Appointment
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_service

SENTENCE = "We no longer keep that time for you. Nothing is booked."
HOUR = timedelta(hours=1)


def give_back(world: World, browser: Browser, **more: Any) -> Any:
    """Press the button as the page shows it."""
    return browser.post(world.you_url, {"give_back": value_of(world.start), **more})


def is_offered(world: World, browser: Browser) -> bool:
    page = text_of(browser.get(world.time_url, {"from": f"{world.start.date()}"}))
    return f'value="{value_of(world.start)}"' in page


def test_the_time_is_free_for_others_at_once(world: World, client: Browser) -> None:
    world.choose(client)
    assert not is_offered(world, Browser())
    answer = give_back(world, client)
    assert answer.status_code == 302
    assert not Appointment.objects.exists()
    assert is_offered(world, Browser())


def test_it_leads_to_the_times_of_that_day_with_a_calm_sentence(
    world: World, client: Browser
) -> None:
    world.choose(client)
    page = text_of(client.get(give_back(world, client).url))
    assert SENTENCE in page
    assert "There is a problem" not in page
    assert f'value="{value_of(world.start)}"' in page
    assert f"practitioner={world.person.slug}" in page
    assert client.get(world.you_url).url == world.time_url, "the choice is forgotten"


def test_the_button_needs_no_script_and_is_on_the_page(world: World, client: Browser) -> None:
    world.choose(client)
    page = text_of(client.get(world.you_url))
    button = f'form="details" name="give_back" value="{value_of(world.start)}"'
    assert f'<button class="btn btn-link" type="submit" {button}>Give this time back' in page
    assert client.get(world.you_url, {"give_back": value_of(world.start)}).status_code == 200
    assert Appointment.objects.get().status == "held", "looking changes nothing"


def test_what_was_typed_is_there_again_after_the_next_choice(world: World, client: Browser) -> None:
    world.choose(client)
    give_back(world, client, name="Half a na", note="Left door")
    world.choose(client, world.start + HOUR)
    page = text_of(client.get(world.you_url))
    assert 'value="Half a na"' in page
    assert "Left door" in page


def test_a_second_press_says_the_same(world: World, client: Browser) -> None:
    world.choose(client)
    give_back(world, client)
    again = give_back(world, client)
    assert again.url == world.time_url
    assert SENTENCE in text_of(client.get(again.url))


def test_a_time_that_has_run_out_is_given_back_too(world: World, client: Browser) -> None:
    world.choose(client)
    world.run_out()
    page = text_of(client.get(world.you_url))
    assert "Give this time back" not in page, "it is not kept any more"
    assert SENTENCE in text_of(client.get(give_back(world, client).url))
    assert not Appointment.objects.exists()


def test_a_time_that_somebody_else_has_by_now_stays_theirs(world: World, client: Browser) -> None:
    world.choose(client)
    world.run_out()
    hold(
        world.service, world.start, practitioner=world.person, location=world.place,
        visitor="somebody else", now=Appointment.objects.get().created_at + HOUR,
    )  # fmt: skip
    give_back(world, client)
    assert [one.held_by for one in Appointment.objects.all()] == ["somebody else"]


def test_another_visitor_s_time_is_untouched(world: World, client: Browser) -> None:
    world.choose(Browser())
    answer = give_back(world, client)
    assert answer.url == world.time_url
    assert Appointment.objects.get().status == "held"


def test_a_time_chosen_in_another_window_since_then_stays(world: World, client: Browser) -> None:
    world.choose(client)
    world.choose(client, world.start + HOUR)
    assert give_back(world, client).url == world.you_url
    assert Appointment.objects.get().starts_at == world.start + HOUR


def test_a_time_of_another_session_stays(world: World, client: Browser) -> None:
    other = make_service()
    world.choose(client)
    client.post(f"/book/{other.slug}/you/", {"give_back": value_of(world.start)})
    assert Appointment.objects.get().status == "held"


def test_what_is_booked_is_not_given_back(world: World, client: Browser) -> None:
    world.book(client)
    answer = give_back(world, client)
    assert answer.url == f"/book/done/{Appointment.objects.get().public_id}/"
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize("value", ["", "abc", "9" * 25, "a\x00b"])
def test_a_value_that_is_none_gives_nothing_back(world: World, client: Browser, value: str) -> None:
    world.choose(client)
    assert client.post(world.you_url, {"give_back": value}).url == world.you_url
    assert Appointment.objects.get().status == "held"


@pytest.mark.parametrize("who", ["a client", "the desk"])
def test_whoever_is_signed_in_gives_back_their_own(world: World, who: str) -> None:
    browser = Browser()
    user = make_user() if who == "a client" else make_staff("Front desk")
    make_client(user)
    browser.force_login(user)
    stands = make_appointment(world.person, world.service, world.place, world.start + HOUR)
    world.choose(browser)
    assert give_back(world, browser).status_code == 302
    assert list(Appointment.objects.all()) == [stands]


def test_no_other_site_can_press_it(world: World) -> None:
    browser = Browser()
    world.choose(browser)
    browser.handler.enforce_csrf_checks = True
    assert give_back(world, browser).status_code == 403
    assert Appointment.objects.get().status == "held"


def test_the_way_back_gives_it_back_and_keeps_what_was_typed(world: World, client: Browser) -> None:
    world.choose(client)
    page = text_of(client.get(world.you_url))
    value = value_of(world.start)
    back = f'<button class="back" type="submit" form="details" name="give_back" value="{value}">'
    assert back in page
    before = page.split(back)[0]
    assert before.count('type="submit" form="details"') == 1, "Enter is for the form's own button"
    give_back(world, client, name="Half a na")
    assert is_offered(world, Browser())
    world.choose(client)
    assert 'value="Half a na"' in text_of(client.get(world.you_url))


def test_the_way_back_from_a_time_that_ran_out_is_a_link(world: World, client: Browser) -> None:
    world.choose(client)
    world.run_out()
    page = text_of(client.get(world.you_url))
    assert '<a class="back" href=' in page
    assert '<button class="back"' not in page
