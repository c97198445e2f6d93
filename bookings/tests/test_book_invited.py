"""The link of an invitation: choices made, its reference kept until the visit is booked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.links import booking_link
from bookings.models import Appointment
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_user
from practitioners.tests.factories import make_service


def link(world: World) -> str:
    return booking_link(world.service, world.person, world.place, source_ref="letter:7")


def test_it_opens_the_times_of_the_invitation(world: World, client: Browser) -> None:
    answer = client.get(link(world))
    assert answer.url == (
        f"{world.time_url}?practitioner={world.person.slug}&location={world.place.slug}"
    )
    assert not Appointment.objects.exists()


def test_the_visit_remembers_what_invited_it(world: World, client: Browser) -> None:
    client.get(link(world))
    world.book(client)
    assert Appointment.objects.get().source_ref == "letter:7"


def test_the_reference_is_used_once(world: World, client: Browser) -> None:
    user = make_user()
    make_client(user)
    client.force_login(user)
    client.get(link(world))
    for hour in (10, 12):
        world.choose(client, world.start.replace(hour=hour))
        client.post(world.you_url, {"for_whom": "me", "form_token": str(uuid.uuid4())})
    refs = Appointment.objects.order_by("starts_at").values_list("source_ref", flat=True)
    assert list(refs) == ["letter:7", ""]


def test_another_session_is_not_what_was_invited(world: World, client: Browser) -> None:
    other = make_service(start_grid=60)
    world.person.services.add(other)
    world.person.certificates.create(technique=other.techniques.get(), evidence="Course")
    client.get(booking_link(other, world.person, world.place, source_ref="letter:7"))
    world.book(client)
    assert Appointment.objects.get().source_ref == ""


@pytest.mark.parametrize("token", ["nothing", "a.b.c", "%00", "x" * 2000])
def test_a_broken_link_still_leads_to_booking(world: World, client: Browser, token: str) -> None:
    answer = client.get(f"/book/from/{token}/")
    assert answer.status_code == (404 if token == "%00" else 302)
    if token != "%00":
        assert answer.url == "/book/"


def test_an_invitation_to_a_session_that_is_gone_has_a_way_on(
    world: World, client: Browser
) -> None:
    address = link(world)
    world.service.is_published = False
    world.service.save()
    answer: Any = client.get(address, follow=True)
    assert (answer.status_code, 'href="/book/"' in text_of(answer)) == (404, True)


def test_an_invitation_to_somebody_who_left_shows_the_others(world: World, client: Browser) -> None:
    address = link(world)
    world.person.is_bookable_online = False
    world.person.save()
    page = text_of(client.get(address, follow=True))
    assert "takes no online bookings now" in page
