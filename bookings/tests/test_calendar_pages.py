"""The pages on which somebody makes, renews and stops their own calendar address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.feeds import renew_feed
from bookings.models import CalendarFeed
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner

MINE, DESK = "/my/calendar/", "/desk/calendar/"
ADDRESS = re.compile(r'value="(http://localhost:8000(/calendar/[\w-]{43}\.ics))"')


@pytest.fixture
def practitioner(world: World) -> Any:
    user = make_user(name="Dana")
    make_practitioner(world.service, at=world.place, user=user)
    return user


@pytest.fixture
def client_login(world: World) -> Any:
    user = make_user(name="Robin")
    make_client(user)
    return user


def browser_of(user: Any) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def made(browser: Browser, page: str) -> str:
    """Press the button; returns the path of the new address."""
    found = ADDRESS.search(text_of(browser.post(page, {"act": "make"})))
    assert found
    return found[2]


@pytest.mark.parametrize(("who", "page"), [("client_login", MINE), ("practitioner", DESK)])
def test_the_address_is_shown_once_and_works(request: Any, who: str, page: str) -> None:
    browser = browser_of(request.getfixturevalue(who))
    assert "Make my calendar address" in text_of(browser.get(page))
    assert not CalendarFeed.objects.exists()
    path = made(browser, page)
    assert Browser().get(path).status_code == 200
    again = text_of(browser.get(page))
    assert path not in again
    assert "Your address works" in again
    assert "Last read" in again


def test_it_can_be_opened_in_the_calendar_program(client_login: Any) -> None:
    page = text_of(browser_of(client_login).post(MINE, {"act": "make"}))
    assert 'href="webcal://localhost:8000/calendar/' in page


def test_a_new_address_stops_the_old_one(client_login: Any) -> None:
    browser = browser_of(client_login)
    old, new = made(browser, MINE), made(browser, MINE)
    assert (Browser().get(old).status_code, Browser().get(new).status_code) == (404, 200)
    assert CalendarFeed.objects.count() == 1


def test_stopping_is_possible_twice(client_login: Any) -> None:
    browser = browser_of(client_login)
    path = made(browser, MINE)
    for _ in range(2):
        answer = browser.post(MINE, {"act": "stop"}, follow=True)
        assert "The address no longer works." in text_of(answer)
    assert Browser().get(path).status_code == 404


def test_both_kinds_of_one_login_stand_apart(practitioner: Any) -> None:
    make_client(practitioner)
    browser = browser_of(practitioner)
    given, own = made(browser, DESK), made(browser, MINE)
    browser.post(DESK, {"act": "stop"})
    assert (Browser().get(given).status_code, Browser().get(own).status_code) == (404, 200)


def test_nobody_else_renews_or_stops_it(practitioner: Any, client_login: Any) -> None:
    paths = [
        f"/calendar/{renew_feed(user, kind, now=timezone.now())}.ics"
        for user, kind in ((practitioner, "staff"), (client_login, "client"))
    ]
    admin = make_staff("Admin", is_superuser=True)
    roles = [make_staff(role) for role in ("Front desk", "Admin", "Clinical lead")]
    other_client, other_practitioner = make_user(), make_user()
    make_client(other_client)
    make_practitioner(user=other_practitioner)
    for user in (admin, *roles, other_client, other_practitioner):
        for page in (MINE, DESK):
            for act in ("make", "stop"):
                browser_of(user).post(page, {"act": act})
    assert [Browser().get(path).status_code for path in paths] == [200, 200]


@pytest.mark.parametrize("role", ["Front desk", "Admin", "Clinical lead", "superuser"])
@pytest.mark.parametrize("page", [MINE, DESK])
def test_who_has_no_sessions_of_their_own_may_not(world: World, role: str, page: str) -> None:
    is_root = role == "superuser"
    user = make_user(is_superuser=True, is_staff=True) if is_root else make_staff(role)
    browser = browser_of(user)
    assert browser.get(page).status_code == 403
    assert browser.post(page, {"act": "make"}).status_code == 403
    assert not CalendarFeed.objects.exists()


def test_a_client_has_no_calendar_at_the_desk(client_login: Any) -> None:
    assert browser_of(client_login).post(DESK, {"act": "make"}).status_code == 403


def test_an_act_that_is_none_changes_nothing(client_login: Any) -> None:
    browser = browser_of(client_login)
    path = made(browser, MINE)
    for act in ("", "MAKE", "delete", "\0"):
        answer = browser.post(MINE, {"act": act, "user": "1", "kind": "staff"})
        assert answer.status_code == 422
    assert Browser().get(path).status_code == 200


def test_whose_login_was_shut_is_sent_to_sign_in(client_login: Any) -> None:
    browser = browser_of(client_login)
    client_login.is_active = False
    client_login.save()
    assert browser.post(MINE, {"act": "make"})["Location"].startswith("/sign-in/")


def test_the_way_to_it_stands_where_people_look(world: World, practitioner: Any) -> None:
    user = make_user()
    make_client(user)
    assert f'href="{MINE}"' in text_of(browser_of(user).get("/my/"))
    assert f'href="{DESK}"' in text_of(browser_of(practitioner).get("/desk/"))
    assert f'href="{DESK}"' not in text_of(browser_of(make_staff("Front desk")).get("/desk/"))
