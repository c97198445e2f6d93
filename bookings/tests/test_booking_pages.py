"""The three screens as a visitor meets them, and everybody who is not to see a visit."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, Client, ClientAccess, Message, SignInCode
from bookings.picking import value_of
from bookings.sign_in_codes import code_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
YOU = {
    "for_whom": "me",
    "name": "Robin Newcomer",
    "email": "robin@example.com",
    "agrees": "on",
    "form_token": "6b8f6c9e-4a1c-4f0e-9f5c-0d6c3d6f7a11",
}


class World:
    """One bookable specialist and a time in three days."""

    def __init__(self) -> None:
        make_clinic(travel_minutes=0)
        self.place = make_location()
        self.rooms = [make_room(self.place) for _ in range(2)]
        self.service = make_service(start_grid=60)
        self.person = make_practitioner(self.service, at=self.place, weekdays=tuple(range(1, 8)))
        day = (timezone.now() + timedelta(days=3)).astimezone(self.place.zone)
        self.start = day.replace(hour=10, minute=0, second=0, microsecond=0)
        self.time_url = f"/book/{self.service.slug}/?practitioner={self.person.slug}"
        self.you_url = f"/book/{self.service.slug}/you/"

    def choose(self, browser: Browser, start: datetime | None = None) -> Any:
        return browser.post(self.time_url, {"start": value_of(start or self.start)})

    def book(self, browser: Browser, **changed: Any) -> Any:
        self.choose(browser)
        browser.post(self.you_url, {**YOU, **changed})
        code = code_of(SignInCode.objects.latest("pk"))
        return browser.post(self.you_url, {**YOU, **changed, "code": code})


@pytest.fixture
def world() -> World:
    return World()


def test_a_newcomer_books_in_three_screens(world: World, client: Browser) -> None:
    assert client.get("/book/").status_code == 200
    page = client.get(f"{world.time_url}&at={value_of(world.start)}")
    assert f'value="{value_of(world.start)}"' in page.content.decode()
    assert world.choose(client).url == world.you_url
    asked = client.post(world.you_url, YOU)
    assert "Check your email" in asked.content.decode()
    done = client.post(world.you_url, {**YOU, "code": code_of(SignInCode.objects.get())})
    assert done.status_code == 302
    visit = Appointment.objects.get()
    assert (visit.status, visit.client.name) == ("booked", "Robin Newcomer")
    assert client.get(done.url).status_code == 200
    assert set(Message.objects.values_list("kind", flat=True)) >= {"sign_in_code", "confirmation"}


def test_a_time_s_name_says_day_time_and_place(world: World, client: Browser) -> None:
    page = client.get(f"{world.time_url}&at={value_of(world.start)}").content.decode()
    day = f"{world.start:%A} {world.start.day} {world.start:%B}"
    assert f"{day}, 10:00, London time" in page


def test_known_and_unknown_addresses_get_the_same_page(world: World, client: Browser) -> None:
    make_user(email="robin@example.com")
    pages = []
    for email in ("robin@example.com", "nobody@example.com"):
        browser = Browser()
        calendar.release_hold(browser.session.get("visitor", ""))
        world.choose(browser, world.start + timedelta(hours=len(pages)))
        pages.append(browser.post(world.you_url, {**YOU, "email": email}))
    assert [page.status_code for page in pages] == [200, 200]
    texts = [
        re.sub(
            r'value="[^"]*"|"X-CSRFToken": "[^"]*"|Kept for you until [^<]*|at=\d+|\d\d:00',
            "",
            page.content.decode(),
        )
        for page in pages
    ]
    assert texts[0] == texts[1]


def test_a_wrong_code_books_nothing_and_keeps_what_was_typed(world: World, client: Browser) -> None:
    world.choose(client)
    client.post(world.you_url, YOU)
    answer = client.post(world.you_url, {**YOU, "code": "000000x"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "not right or has expired" in page
    assert "Robin Newcomer" in page
    assert not Appointment.objects.filter(status="booked").exists()


def test_a_taken_time_is_409_with_the_next_three(world: World, client: Browser) -> None:
    make_appointment(world.person, world.service, world.place, world.start)
    answer = world.choose(client)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "has just been taken" in page
    assert len(re.findall(r"at=\d+", page)) >= 3


@pytest.mark.parametrize("start", ["", "abc", "0", "-1", "9" * 25, "\u0661\u0662", "99999999999"])
def test_a_start_that_is_no_time_is_refused_in_words(
    world: World, client: Browser, start: str
) -> None:
    answer = client.post(world.time_url, {"start": start})
    assert answer.status_code == 422
    assert "Choose a time" in answer.content.decode()


def test_a_past_or_off_grid_start_is_refused_with_its_reason(world: World, client: Browser) -> None:
    past = world.choose(client, datetime(2020, 1, 1, 10, tzinfo=UTC))
    assert (past.status_code, "in the past" in past.content.decode()) == (422, True)
    odd = world.choose(client, world.start + timedelta(minutes=7))
    assert (odd.status_code, "do not start at that time" in odd.content.decode()) == (422, True)


@pytest.mark.parametrize(
    "date", ["2030-13-01", "0001-01-01", "9999-12-31", "x", "\uff11/1/2027", "31/2/2027"]
)
def test_a_date_that_cannot_be_is_said_at_the_box(world: World, client: Browser, date: str) -> None:
    answer = client.get(world.time_url, {"date": date, "practitioner": world.person.slug})
    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()


def test_an_unknown_service_is_404_with_a_way_on(client: Browser) -> None:
    answer = client.get("/book/nothing/")
    assert (answer.status_code, "/book/" in answer.content.decode()) == (404, True)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Enter your name"),
        ("name", "A\r\nBcc: x", "Please use one line."),
        ("name", "A\u202eB", "hidden control"),
        ("name", "A" * 121, "120"),
        ("email", "nobody", "name@example.com"),
        ("phone", "12", "phone number like"),
        ("agrees", "", "Tick the box"),
        ("note", "x" * 201, "200"),
        ("name", "A\x00B", "Null characters"),
    ],
)
def test_bad_details_are_said_at_the_field_and_nothing_is_lost(
    world: World, client: Browser, field: str, value: str, sentence: str
) -> None:
    world.choose(client)
    answer = client.post(world.you_url, {**YOU, field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert ("robin@example.com" if field != "email" else "Robin Newcomer") in page
    assert not SignInCode.objects.exists()


@pytest.mark.parametrize(
    "name", ["Zoë Łukasz", "محمد", "李小龙", "O'Neil 🌿", "<script>alert(1)</script>"]
)
def test_names_of_all_scripts_are_kept_and_inert(world: World, client: Browser, name: str) -> None:
    done = world.book(client, name=name)
    assert Client.objects.get().name == name
    assert "<script>alert" not in client.get(done.url).content.decode()


def test_a_child_is_a_person_of_their_own_under_one_login(world: World, client: Browser) -> None:
    child = {
        "for_whom": "other", "other_name": "Little Newcomer", "relation": "guardian",
        "date_of_birth_0": "1", "date_of_birth_1": "2", "date_of_birth_2": str(timezone.now().year - 7),
    }  # fmt: skip
    world.book(client, **child)
    visit = Appointment.objects.get()
    assert visit.client.name == "Little Newcomer"
    scopes = dict(ClientAccess.objects.values_list("relation", "scope"))
    assert scopes == {"self": "record", "guardian": "record"}


def test_another_adult_is_booked_for_without_their_record(world: World, client: Browser) -> None:
    world.book(client, for_whom="other", other_name="Pat Newcomer", relation="partner")
    assert ClientAccess.objects.get(relation="partner").scope == "booking"


def test_an_equal_address_opens_no_record_and_the_desk_is_told(
    world: World, client: Browser
) -> None:
    at_the_desk = make_client(email="robin@example.com")
    world.book(client)
    assert Appointment.objects.get().client != at_the_desk
    assert not at_the_desk.access.exists()
    assert at_the_desk.pk
    assert Client.objects.count() == 2


def test_the_same_form_sent_twice_is_one_visit(world: World, client: Browser) -> None:
    user = make_user()
    make_client(user)
    client.force_login(user)
    world.choose(client)
    person = Client.objects.get()
    form = {"client": str(person.public_id), "form_token": str(uuid.uuid4())}
    first = client.post(world.you_url, form)
    assert first.status_code == 302
    client.post(world.you_url, form)
    assert Appointment.objects.count() == 1


def test_a_client_of_somebody_else_cannot_be_booked_for(world: World, client: Browser) -> None:
    user = make_user()
    make_client(user)
    stranger = make_client()
    client.force_login(user)
    world.choose(client)
    form = {"client": str(stranger.public_id), "form_token": str(uuid.uuid4())}
    assert client.post(world.you_url, form).status_code == 422
    assert not Appointment.objects.filter(status="booked").exists()


def test_price_length_and_practitioner_cannot_be_typed(world: World, client: Browser) -> None:
    world.book(client, price="1", minutes="5", practitioner="2", status="completed")
    visit = Appointment.objects.get()
    assert (visit.price, visit.practitioner, visit.status) == (
        world.service.price,
        world.person,
        "booked",
    )


def test_looking_at_pages_changes_nothing(world: World, client: Browser) -> None:
    world.book(client)
    visit = Appointment.objects.get()
    before = Appointment.objects.values().get()
    for path in ("/my/", f"/my/visits/{visit.public_id}/", f"/my/visits/{visit.public_id}/move/"):
        assert client.get(path).status_code == 200
    assert client.get(f"/my/visits/{visit.public_id}/cancel/").status_code == 405
    assert Appointment.objects.values().get() == before


@pytest.mark.parametrize("path", ["", "move/", "cancel/"])
def test_strangers_find_no_visit(world: World, path: str) -> None:
    visit = make_appointment(
        world.person, world.service, world.place, world.start, client=make_client(make_user())
    )
    url = f"/my/visits/{visit.public_id}/{path}"
    other = make_user()
    make_client(other)
    for user in (other, make_staff("Front desk"), make_user()):
        browser = Browser()
        browser.force_login(user)
        answer = browser.post(url) if path else browser.get(url)
        assert answer.status_code == 404
    anonymous = Browser().post(url) if path else Browser().get(url)
    assert (anonymous.status_code, anonymous.url.startswith("/sign-in/")) == (302, True)


def test_moving_and_cancelling_from_the_portal(world: World, client: Browser) -> None:
    world.book(client)
    visit = Appointment.objects.get()
    later = world.start + timedelta(hours=2)
    client.post(f"/my/visits/{visit.public_id}/move/", {"start": value_of(later)})
    visit.refresh_from_db()
    assert visit.starts_at == later
    answer = client.post(f"/my/visits/{visit.public_id}/cancel/")
    assert "is cancelled" in answer.content.decode()
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_throttled_visitors_are_told_how_long_to_wait(
    world: World, client: Browser, settings: Any
) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "hold": (2, 600)}
    answers = [world.choose(client) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "minute" in answers[-1].content.decode()


def test_booking_works_while_valkey_is_gone(world: World, client: Browser, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    assert world.book(client).status_code == 302
