"""Crowds at the real pages of a live server: one gets the time, the others learn what else is free."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bookings.models import Appointment, Message
from bookings.picking import value_of
from bookings.tests.booking_world import World
from bookings.tests.factories import make_client, make_staff, make_user
from bookings.tests.http_browser import Answer, HttpBrowser
from bookings.tests.site_process import running_site
from bookings.tests.test_races import NONE, deadlocks, overlaps, together

pytestmark = pytest.mark.django_db(transaction=True)
FIFTY = 50


@pytest.fixture(scope="module")
def site(django_db_setup: None) -> Iterator[str]:
    """The running site, for all tests of this file."""
    with running_site() as host:
        yield host


@pytest.fixture
def crowded(site: str) -> World:
    """A clinic with a running site."""
    world = World()
    world.site = site
    return world


def clients_of(world: Any, many: int) -> list[HttpBrowser]:
    """Browsers of people who are signed in, each with a person to book for."""
    users = [make_user() for _ in range(many)]
    for user in users:
        make_client(user)
    return [HttpBrowser(world.site, user) for user in users]


def book_through_the_pages(world: Any, browser: HttpBrowser, gate: threading.Barrier) -> Answer:
    """Open the times, choose one with everybody else, and book it when it is kept."""
    path = f"{world.time_url}?practitioner={world.person.slug}"
    shown = browser.get(f"{path}&at={value_of(world.start)}")
    assert f'value="{value_of(world.start)}" checked' in shown.text
    gate.wait()
    chosen = browser.post(path, start=value_of(world.start))
    if chosen.status != 302:
        return chosen
    page = browser.get(chosen.url)
    return browser.post(chosen.url, for_whom="me", form_token=page.value_of("form_token"))


def test_of_fifty_who_book_one_time_one_gets_it_and_the_others_three_other_times(
    crowded: Any,
) -> None:
    before = deadlocks()
    browsers = clients_of(crowded, FIFTY)
    gate = threading.Barrier(FIFTY, timeout=120)
    answers = together(
        FIFTY, lambda number: book_through_the_pages(crowded, browsers[number], gate)
    )
    assert [answer for answer in answers if not isinstance(answer, Answer)] == []
    assert Counter(answer.status for answer in answers) == {302: 1, 409: FIFTY - 1}
    hour = timedelta(hours=1)
    nearest = [value_of(crowded.start + by * hour) for by in (-1, 1, 2)]
    for answer in answers:
        if answer.status == 409:
            assert "has just been taken" in answer.said
            assert answer.next_free == nearest
    visit = Appointment.objects.get()
    assert (visit.status, visit.starts_at) == ("booked", crowded.start)
    won = next(answer for answer in answers if answer.status == 302)
    assert won.url == f"/book/done/{visit.public_id}/"
    assert Message.objects.filter(kind="confirmation").count() == 1
    assert deadlocks() == before


def test_clients_and_the_desk_want_the_same_times(crowded: Any) -> None:
    """Half of them at the desk; the times overlap by half an hour, the rooms are two."""
    crowded.service.start_grid = 30
    crowded.service.save()
    many = 16
    before = deadlocks()
    clients = clients_of(crowded, many)
    desks = [HttpBrowser(crowded.site, make_staff("Front desk")) for _ in range(many)]
    people = [make_client() for _ in range(many)]
    half = timedelta(minutes=30)
    starts = [value_of(crowded.start + number % 4 * half) for number in range(many)]

    def at_home(number: int) -> Answer:
        browser, path = clients[number], f"{crowded.time_url}?practitioner={crowded.person.slug}"
        browser.get(path)
        chosen = browser.post(path, start=starts[number])
        if chosen.status != 302:
            return chosen
        page = browser.get(chosen.url)
        return browser.post(chosen.url, for_whom="me", form_token=page.value_of("form_token"))

    def at_the_desk(number: int) -> Answer:
        browser = desks[number]
        path = f"/desk/clients/{people[number].public_id}/book/{crowded.service.slug}/?practitioner={crowded.person.slug}"
        page = browser.get(path)
        return browser.post(
            path, start=starts[number], form_token=page.value_of("form_token"), times="1", every_weeks="1"
        )  # fmt: skip

    answers = together(
        2 * many, lambda number: (at_the_desk if number % 2 else at_home)(number // 2)
    )
    assert [answer for answer in answers if not isinstance(answer, Answer)] == []
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) == {302, 409}
    assert all(answer.next_free for answer in answers if answer.status == 409)
    assert Appointment.objects.filter(status="booked").count() == statuses[302] >= 1
    assert overlaps() == NONE
    assert deadlocks() == before


def test_one_form_sent_ten_times_at_once_books_once(crowded: Any) -> None:
    """A double click, a reload and an impatient hand: all come to the same page."""
    (browser,) = clients_of(crowded, 1)
    path = f"{crowded.time_url}?practitioner={crowded.person.slug}"
    browser.get(path)
    you = browser.post(path, start=value_of(crowded.start)).url
    token = browser.get(you).value_of("form_token")
    answers = together(10, lambda _: browser.post(you, for_whom="me", form_token=token))
    visit = Appointment.objects.get()
    assert {(one.status, one.url) for one in answers} == {(302, f"/book/done/{visit.public_id}/")}
    assert Message.objects.filter(kind="confirmation").count() == 1
    again = browser.post(you, for_whom="me", form_token=token)
    assert (again.status, again.url) == (302, f"/book/done/{visit.public_id}/")
