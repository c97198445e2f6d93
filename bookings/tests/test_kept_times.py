"""What is only kept: seen at the desk, named where it is in the way, told to whom it is kept for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, Client
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_staff, make_user
from bookings.waiting import line, offers


@pytest.fixture
def nora() -> Client:
    return make_client(name="Nora Waits")


@pytest.fixture
def kept(world: World, nora: Client) -> Appointment:
    """A time that the waiting list keeps, whatever the hour the tests run at."""
    day = world.start.date()
    entry = line.join(
        nora, world.service, world.place, practitioner=None, first_day=day, last_day=day,
        by=None, now=timezone.now(),
    )  # fmt: skip
    assert offers.offer_something(entry, now=timezone.now())
    return Appointment.objects.get(held_by=entry.visitor)


@pytest.fixture
def chosen(world: World) -> Appointment:
    """A time that somebody keeps while they book online."""
    return calendar.hold(
        world.service, world.start, practitioner=world.person, location=world.place,
        visitor="somebody", now=timezone.now(),
    )  # fmt: skip


def day_of(visit: Appointment) -> str:
    return f"{visit.starts_at.astimezone(visit.zone):%Y-%m-%d}"


@pytest.mark.parametrize("path", ["/desk/", "/desk/week/"])
def test_day_and_week_say_what_is_kept_for_whom(
    client: Browser, world: World, kept: Appointment, path: str
) -> None:
    client.force_login(make_staff("Front desk"))
    asked = {"day": day_of(kept), "practitioner": world.person.slug}
    said = text_of(client.get(path, asked))
    assert "Kept for <a" in said
    assert "Nora Waits</a>" in said
    assert re.search(r"> until [0-9]", said)
    assert f"/desk/visits/{kept.public_id}/" not in said
    assert "Nora Waits" not in text_of(client.get(path, {"day": "2020-01-01"}))
    Appointment.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert "Kept for" not in text_of(client.get(path, asked))


@pytest.mark.parametrize("path", ["/desk/", "/desk/week/"])
def test_who_is_booking_is_known_to_nobody(
    client: Browser, world: World, chosen: Appointment, path: str
) -> None:
    client.force_login(make_staff("Front desk"))
    assert "Kept for somebody who is booking until" in text_of(
        client.get(path, {"day": day_of(chosen)})
    )


def test_whoever_may_not_see_the_client_sees_that_somebody_waits(
    client: Browser, world: World, kept: Appointment
) -> None:
    world.person.user = make_user()
    world.person.save()
    client.force_login(world.person.user)
    page = text_of(client.get("/desk/week/", {"day": day_of(kept)}))
    assert "Kept for somebody on the waiting list until" in page
    assert "Nora" not in page


def test_the_desk_is_told_that_a_time_is_kept_and_for_whom(
    client: Browser, world: World, kept: Appointment
) -> None:
    client.force_login(make_staff("Front desk"))
    other = make_client()
    path = f"/desk/clients/{other.public_id}/book/{world.service.slug}/"
    for query in (f"?practitioner={world.person.slug}", ""):
        sent = {"start": value_of(kept.starts_at), "form_token": f"{other.public_id}"}
        answer = client.post(path + query, sent)
        assert answer.status_code == 409
        said = text_of(answer)
        assert "is kept for Nora Waits until" in said
        assert "just been taken" not in said


def test_a_visitor_is_told_no_more_than_before(
    client: Browser, world: World, chosen: Appointment
) -> None:
    said = text_of(world.choose(client))
    assert "has just been taken" in said
    assert "is kept" not in said


def test_the_own_page_leads_to_the_time_that_is_kept(
    client: Browser, world: World, nora: Client, kept: Appointment
) -> None:
    user = make_user()
    nora.access.create(user=user, relation="self", scope="record")
    client.force_login(user)
    page = text_of(client.get("/my/"))
    assert "is kept for you until" in page
    token: str = page.split('<a href="/w/')[1].split('"')[0]
    assert client.get(f"/w/{token}").status_code == 200
    nora.waiting.get().offers.update(until=timezone.now())
    assert "is kept for you" not in text_of(client.get("/my/"))


def test_pages_ask_no_more_for_many_that_are_kept(
    client: Browser, world: World, kept: Appointment, django_assert_max_num_queries: Any
) -> None:
    client.force_login(make_staff("Front desk"))
    for hour in range(1, 5):
        calendar.hold(
            world.service, world.start + timedelta(hours=hour), practitioner=world.person,
            location=world.place, visitor=f"somebody {hour}", now=timezone.now(),
        )  # fmt: skip
    asked = {"day": day_of(kept)}
    client.get("/desk/", asked)
    with django_assert_max_num_queries(14):
        assert text_of(client.get("/desk/", asked)).count("Kept for") == 5
    with django_assert_max_num_queries(14):
        assert text_of(client.get("/desk/week/", asked)).count("Kept for") == 5
