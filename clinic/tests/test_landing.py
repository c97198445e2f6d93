"""The front page: what, where, one button, and the next free time one press away."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.models import Appointment
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment
from practitioners.tests.factories import make_clinic, make_location, make_practitioner


@pytest.fixture
def world(db: None) -> World:
    return World()


def test_it_says_what_where_and_how_much(world: World, client: Browser) -> None:
    page = text_of(client.get("/"))
    assert "<title>Medical massage at Willow Street Clinic" in page
    assert page.count("btn-primary") == 1
    for said in (
        "Book a session", world.service.name, "60 minutes, <strong>£58</strong>", world.person.name,
        "1 Test Street", "Monday to Saturday, 08:00 to 20:00", "020 7946 0000", world.clinic.policy,
    ):  # fmt: skip
        assert said in page


def test_the_next_free_time_is_one_press_from_the_last_screen(
    world: World, client: Browser
) -> None:
    page = text_of(client.get("/"))
    assert f"with {world.person.name}</button>" in page
    assert not Appointment.objects.exists()
    form = re.search(r'class="next-free" method="post" action="([^"]+)"', page)
    start = re.search(r'name="start" value="(\d+)"', page)
    assert form
    assert start
    answer = client.post(form[1].replace("&amp;", "&"), {"start": start[1]})
    assert answer.url == world.you_url
    kept = Appointment.objects.get()
    assert (kept.status, str(int(kept.starts_at.timestamp()))) == ("held", start[1])


def test_a_clinic_without_times_says_nothing_of_them(world: World, client: Browser) -> None:
    world.person.availability.all().delete()
    page = text_of(client.get("/"))
    assert "Next free: <button" not in page
    assert "No free times online now. Call 020 7946 0000." in page


def test_an_empty_clinic_has_a_front_page(db: None, client: Browser) -> None:
    make_clinic()
    assert "Services appear here once the clinic has added them." in text_of(client.get("/"))


def test_search_engines_read_it_as_data(world: World, client: Browser) -> None:
    page = text_of(client.get("/"))
    assert 'itemtype="https://schema.org/MedicalBusiness"' in page
    assert 'itemprop="openingHours" content="Mo-Sa 08:00-20:00"' in page
    assert '<meta name="description" content="Medical massage at Willow Street Clinic.' in page


def test_its_queries_do_not_grow_with_people(world: World, client: Browser) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        return len(queries)

    few = count()
    for _ in range(6):
        person: Any = make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK)
        make_appointment(person, world.service, world.place, world.start)
    assert count() == few
    assert few <= 16


def test_with_places_by_two_clocks_a_time_says_whose_it_is(world: World, client: Browser) -> None:
    assert "London time" not in text_of(client.get("/"))
    make_location(time_zone="America/New_York")
    for path in ("/", "/specialists/"):
        assert re.search(r"\d\d:\d\d, London time", text_of(client.get(path)))
    assert f", London time, with {world.person.name}</button>" in text_of(client.get("/"))
