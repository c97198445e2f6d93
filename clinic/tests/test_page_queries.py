"""Every page that a visitor can open asks the database at most five times, however much there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.tests.booking_world import WHOLE_WEEK, World
from bookings.tests.factories import make_appointment, make_staff
from practitioners.models import Credential
from practitioners.tests.factories import (
    make_condition,
    make_location,
    make_practitioner,
    make_room,
    make_service,
    make_technique,
)

AT_MOST = 5
PAGES = (
    "/",
    "/specialists/",
    "/specialists/?condition=neck&technique={technique.slug}&day=1&language=English&gender=woman",
    "/specialists/?location={place.slug}&page=1",
    "/specialists/?condition=nothing",
    "/specialists/{person.slug}/",
    "/specialists/nobody/",
    "/techniques/",
    "/techniques/{technique.slug}/",
    "/conditions/",
    "/conditions/neck/",
    "/about-medical-massage/",
    "/book/",
    "/book/?been=yes",
    "/book/?practitioner={person.slug}",
    "/book/?service={service.slug}&practitioner={person.slug}&go=1",
    "/book/?go=1",
    "/book/{service.slug}/",
    "/book/{service.slug}/?practitioner={person.slug}",
    "/book/{service.slug}/?practitioner={person.slug}&location={place.slug}",
    "/book/{service.slug}/?practitioner={other.slug}",
    "/book/{service.slug}/?practitioner=nobody",
    "/book/{service.slug}/?month=2026-12",
    "/book/{service.slug}/you/",
    "/book/nothing/",
    "/sign-in/",
    "/v/new-link/",
    "/nothing/",
)


class BigWorld(World):
    """A clinic that can grow: everybody helps with one condition by one technique."""

    def __init__(self) -> None:
        super().__init__()
        self.technique = self.service.techniques.get()
        self.condition = make_condition(slug="neck")
        self.condition.techniques.add(self.technique)
        self.other = make_practitioner(make_service(self.technique), at=make_location())
        self._describe(self.person)
        self._describe(self.other)

    def grow(self) -> None:
        """Four more places, sessions, conditions and techniques, eight more people, all busier."""
        for _ in range(4):
            place, service = make_location(), make_service(self.technique)
            make_condition().techniques.add(make_technique(), self.technique)
            for _ in range(2):
                person = make_practitioner(
                    service, self.service, at=place, weekdays=WHOLE_WEEK, gender="woman"
                )
                self._describe(person)
                make_appointment(person, self.service, place, self.start)

    def _describe(self, person: Any) -> None:
        person.languages, person.gender = ["English"], "woman"
        person.save()
        person.focus_areas.add(self.condition)
        Credential.objects.create(practitioner=person, kind="registration", body="GMC", number="1")


@pytest.fixture
def world(db: None) -> BigWorld:
    return BigWorld()


def queries_of(browser: Browser, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        browser.get(path)
    return len(seen)


@pytest.mark.parametrize("address", PAGES)
def test_a_visitor_s_page_asks_at_most_five_times(
    world: BigWorld, client: Browser, address: str
) -> None:
    path = address.format(**vars(world))
    few = queries_of(client, path)
    world.grow()
    assert queries_of(client, path) <= AT_MOST
    assert few <= AT_MOST


@pytest.mark.parametrize("address", ("/", "/specialists/", "/specialists/{person.slug}/"))
def test_a_clinic_without_free_times_asks_no_more(
    world: BigWorld, client: Browser, address: str
) -> None:
    for person in (world.person, world.other):
        person.availability.all().delete()
    assert queries_of(client, address.format(person=world.person)) <= AT_MOST


WITH_TIMES = (
    "/",
    "/specialists/",
    "/specialists/{person.slug}/",
    "/book/{service.slug}/?practitioner={person.slug}",
    "/book/{service.slug}/?practitioner={person.slug}&location={place.slug}",
    "/book/{service.slug}/?location={place.slug}",
    "/book/{service.slug}/",
)


def in_weeks(world: BigWorld) -> None:
    """Nobody can be booked before then."""
    opens = timezone.now().date() + timedelta(days=40)
    for person in (world.person, world.other):
        person.availability.update(valid_from=opens)


@pytest.mark.parametrize("address", WITH_TIMES)
def test_a_clinic_that_is_free_only_in_weeks_asks_no_more(
    world: BigWorld, client: Browser, address: str
) -> None:
    in_weeks(world)
    assert queries_of(client, address.format(**vars(world))) <= AT_MOST


@pytest.mark.parametrize("is_soon", [True, False])
@pytest.mark.parametrize("address", WITH_TIMES)
def test_nor_does_it_for_somebody_who_works_there(
    world: BigWorld, client: Browser, address: str, is_soon: bool
) -> None:
    client.force_login(make_staff("Front desk"))
    client.get("/")  # the first page notes in the session when it began
    if not is_soon:
        in_weeks(world)
    assert queries_of(client, address.format(**vars(world))) <= AT_MOST


def test_nor_where_a_session_is_given_at_two_places(world: BigWorld, client: Browser) -> None:
    in_weeks(world)
    there = make_room(make_location()).location
    make_practitioner(world.service, at=there, weekdays=WHOLE_WEEK).availability.update(
        valid_from=timezone.now().date() + timedelta(days=37)
    )
    seen = client.get(world.time_url).content.decode()
    assert there.name in seen
    assert queries_of(client, world.time_url) <= AT_MOST
