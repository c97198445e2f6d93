"""Booking by phone: a person, a session, a time, one press."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Appointment, Client, Message
from bookings.picking import value_of
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_clinic, make_practitioner


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk", name="Rosa Reception")
    client.force_login(user)
    return user


def book(browser: Browser, world: World, person: Client, at: Any = None, **sent: Any) -> Any:
    query = sent.pop("query", f"practitioner={world.person.slug}")
    given = {"start": value_of(at or world.start), "form_token": str(uuid.uuid4()), **sent}
    return browser.post(f"{url_of(person, world)}?{query}", given)


def url_of(person: Client, world: World) -> str:
    return f"/desk/clients/{person.public_id}/book/{world.service.slug}/"


def test_the_desk_books_a_person_on_the_phone(world: World, client: Browser, desk: Any) -> None:
    person = make_client()
    answer = book(client, world, person, desk_note="Rang at nine")
    visit = Appointment.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/desk/visits/{visit.public_id}/"
    assert (visit.client, visit.practitioner, visit.starts_at) == (
        person,
        world.person,
        world.start,
    )
    assert (visit.booked_by, visit.desk_note, visit.status) == (desk, "Rang at nine", "booked")
    assert visit.price == world.service.price
    assert Message.objects.filter(kind="confirmation", client=person).count() == 1


def test_the_first_page_leads_to_the_times(world: World, client: Browser, desk: Any) -> None:
    person = make_client()
    base = f"/desk/clients/{person.public_id}/book/"
    assert client.get(base).status_code == 200
    answer = client.get(base, {"service": world.service.slug, "practitioner": world.person.slug})
    assert answer["Location"] == f"{url_of(person, world)}?practitioner={world.person.slug}"
    page = text_of(client.get(answer["Location"]))
    assert "Book this time" in page
    assert client.get(base, {"service": "nothing"}).status_code == 422


def test_neither_notice_nor_horizon_counts_for_the_desk(
    world: World, client: Browser, desk: Any
) -> None:
    make_clinic(min_notice_minutes=60 * 24 * 30, horizon_days=1)
    person = make_client()
    assert book(client, world, person).status_code == 302
    assert book(client, world, person, world.start + timedelta(days=98)).status_code == 302


def test_any_specialist_is_one_who_is_free(world: World, client: Browser, desk: Any) -> None:
    other = make_practitioner(world.service, at=world.place, weekdays=tuple(range(1, 8)))
    book(client, world, make_client())
    answer = book(client, world, make_client(), query="")
    assert answer.status_code == 302
    assert Appointment.objects.latest("pk").practitioner == other


def test_the_same_form_sent_twice_books_once(world: World, client: Browser, desk: Any) -> None:
    make_practitioner(world.service, at=world.place, weekdays=tuple(range(1, 8)))
    person, token = make_client(), str(uuid.uuid4())
    answers = [
        book(client, world, person, query="", form_token=token)["Location"] for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert Appointment.objects.count() == 1


def test_a_taken_time_is_named_with_what_is_free(world: World, client: Browser, desk: Any) -> None:
    book(client, world, make_client())
    answer = book(client, world, make_client(), desk_note="keep me")
    page = text_of(answer)
    assert answer.status_code == 409
    assert "has just been taken" in page
    assert "Next free" in page
    assert "keep me" in page
    assert Appointment.objects.count() == 1


def test_what_is_refused_is_said_to_the_desk_and_its_days_stay(
    world: World, client: Browser, desk: Any
) -> None:
    person, later = make_client(), world.start + timedelta(days=21)
    shown = later - timedelta(days=2)
    page = text_of(
        client.get(
            f"{url_of(person, world)}?practitioner={world.person.slug}&from={shown:%Y-%m-%d}"
        )
    )
    action = re.search(r'<form class="card-s" method="post" action="([^"]+)"', page)
    assert action is not None
    book(client, world, make_client(), later)
    sent = {"start": value_of(later), "form_token": str(uuid.uuid4())}
    refused = text_of(client.post(action[1].replace("&amp;", "&"), sent))
    assert "has just been taken. Nothing was booked. Choose another time." in refused
    assert "for you" not in refused
    days = re.findall(r"<legend>\w+<span>([^<]+)</span>", refused)
    assert days == re.findall(r"<legend>\w+<span>([^<]+)</span>", page)
    elsewhere = text_of(book(client, world, make_client(), later))
    assert re.findall(r"<legend>\w+<span>([^<]+)</span>", elsewhere)[0] == f"{later.day} {later:%B}"
    without = client.post(action[1].replace("&amp;", "&"), {**sent, "start": ""})
    assert re.findall(r"<legend>\w+<span>([^<]+)</span>", text_of(without)) == days


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"start": ""}, 422), ({"start": "x"}, 422), ({"form_token": "x"}, 422),
     ({"desk_note": "x" * 201}, 422), ({"desk_note": "a\nb"}, 422)],
)  # fmt: skip
def test_what_cannot_be_booked_is_refused(
    world: World, client: Browser, desk: Any, sent: dict[str, str], status: int
) -> None:
    assert book(client, world, make_client(), **sent).status_code == status
    assert not Appointment.objects.exists()


def test_a_person_is_not_booked_twice_at_one_time(world: World, client: Browser, desk: Any) -> None:
    person = make_client()
    make_practitioner(world.service, at=world.place, weekdays=tuple(range(1, 8)))
    book(client, world, person)
    answer = book(client, world, person, query="")
    assert answer.status_code == 409
    assert "already has a session" in text_of(answer)


def test_a_past_time_is_refused_for_the_desk_too(world: World, client: Browser, desk: Any) -> None:
    past = (timezone.now() - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    answer = book(client, world, make_client(), past)
    assert answer.status_code == 422
    assert "in the past" in text_of(answer)


def test_strangers_do_not_book_at_the_desk(world: World, client: Browser) -> None:
    person = make_client()
    login = make_user()
    make_client(login)
    assert book(client, world, person).status_code == 302  # to the sign-in page
    client.force_login(login)
    assert book(client, world, person).status_code == 403
    assert not Appointment.objects.exists()


def test_a_practitioner_books_own_clients_into_the_own_calendar(
    world: World, client: Browser
) -> None:
    user = make_user()
    world.person.user = user
    world.person.save()
    stranger, own = make_client(), make_client()
    client.force_login(user)
    assert book(client, world, stranger).status_code == 404
    client.force_login(make_staff("Front desk"))
    book(client, world, own)
    other = make_practitioner(world.service, at=world.place, weekdays=tuple(range(1, 8)))
    client.force_login(user)
    later = world.start + timedelta(days=1)
    assert book(client, world, own, later, query=f"practitioner={other.slug}").status_code == 302
    assert Appointment.objects.latest("pk").practitioner == world.person


def test_the_page_of_times_asks_a_constant_number_of_questions(
    world: World, client: Browser, desk: Any, django_assert_max_num_queries: Any
) -> None:
    person = make_client()
    for _ in range(5):
        make_practitioner(world.service, at=world.place, weekdays=tuple(range(1, 8)))
    client.get(url_of(person, world))  # the session is new
    with django_assert_max_num_queries(18):
        client.get(url_of(person, world))
