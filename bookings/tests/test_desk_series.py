"""A series at the desk: every date is seen before any is booked."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.models import Appointment, Client, Series
from bookings.picking import value_of
from bookings.tests.booking_world import WHOLE_WEEK, World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from bookings.wall_clock import moment
from practitioners.tests.factories import make_practitioner


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk")
    client.force_login(user)
    return user


@pytest.fixture
def person(db: None) -> Client:
    return make_client(name="Robin Regular")


def weekly(world: World, times: int) -> list[Any]:
    local = world.start.astimezone(world.place.zone)
    days = [local.date() + timedelta(weeks=number) for number in range(times)]
    return [moment(day, local.time(), world.place.zone) for day in days]


def url(world: World, person: Client, what: str = "") -> str:
    query = f"?practitioner={world.person.slug}&location={world.place.slug}"
    return f"/desk/clients/{person.public_id}/book/{world.service.slug}/{what}{query}"


def sent(world: World, times: int = 3, **more: Any) -> dict[str, Any]:
    return {"start": value_of(world.start), "times": str(times), "every_weeks": "1",
            "form_token": str(uuid.uuid4()), **more}  # fmt: skip


def chosen(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(visit-\d+)" id="[^"]+" value="([^"]+)" checked', page))


def test_the_dates_are_shown_then_all_are_booked(
    world: World, client: Browser, desk: Any, person: Client
) -> None:
    data = sent(world, 3, desk_note="By phone")
    preview = client.post(url(world, person), data)
    assert preview.status_code == 200
    assert not Appointment.objects.exists()
    picked = chosen(text_of(preview))
    assert picked == {
        f"visit-{number}": value_of(at) for number, at in enumerate(weekly(world, 3), 1)
    }
    answer = client.post(url(world, person, "series/"), {**data, **picked})
    visits = Appointment.objects.order_by("starts_at")
    assert answer["Location"] == f"/desk/visits/{visits[0].public_id}/"
    assert [one.starts_at for one in visits] == weekly(world, 3)
    assert {one.desk_note for one in visits} == {"By phone"}
    assert "Booked together" in text_of(client.get(answer["Location"]))


def test_a_taken_date_is_shown_with_other_times_and_can_be_left_out(
    world: World, client: Browser, desk: Any, person: Client
) -> None:
    second = weekly(world, 2)[1]
    make_appointment(world.person, world.service, world.place, second)
    data = sent(world, 3)
    page = text_of(client.post(url(world, person), data))
    assert "10:00 is not free. Choose another time:" in page
    picked = chosen(page)
    assert set(picked) == {"visit-1", "visit-3"}
    assert f'value="{value_of(second + timedelta(hours=1))}"' in page
    refused = client.post(url(world, person, "series/"), {**data, **picked})
    assert refused.status_code == 422
    assert "Choose a time for each date, or leave it out" in text_of(refused)
    assert set(chosen(text_of(refused))) == {"visit-1", "visit-3"}
    client.post(url(world, person, "series/"), {**data, **picked, "visit-2": "none"})
    assert Appointment.objects.filter(client=person).count() == 2


def test_a_date_taken_meanwhile_books_nothing_and_is_named(
    world: World, client: Browser, desk: Any, person: Client
) -> None:
    data = sent(world, 3)
    picked = chosen(text_of(client.post(url(world, person), data)))
    make_appointment(world.person, world.service, world.place, weekly(world, 3)[2])
    answer = client.post(url(world, person, "series/"), {**data, **picked})
    assert answer.status_code == 409
    assert "None of these sessions was booked." in text_of(answer)
    assert not Series.objects.exists()


def test_any_specialist_is_whoever_is_free_most_often(
    world: World, client: Browser, desk: Any, person: Client
) -> None:
    other = make_practitioner(world.service, at=world.place, weekdays=WHOLE_WEEK)
    for at in weekly(world, 3)[1:]:
        make_appointment(world.person, world.service, world.place, at)
    path = f"/desk/clients/{person.public_id}/book/{world.service.slug}/"
    page = text_of(client.post(path, sent(world, 3)))
    assert f"with {other.name}" in page
    assert len(chosen(page)) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"times": "13"}, {"times": "x"}, {"every_weeks": "5"}, {"start": "x"},
     {"form_token": ""}],
)  # fmt: skip
def test_a_form_that_nobody_was_shown_books_nothing(
    world: World, client: Browser, desk: Any, person: Client, wrong: dict[str, str]
) -> None:
    picked = {"visit-1": value_of(world.start)}
    answer = client.post(url(world, person, "series/"), {**sent(world), **picked, **wrong})
    assert answer.status_code == 302
    assert client.post(url(world, person), {**sent(world), **wrong}).status_code == 422
    assert client.get(url(world, person, "series/")).status_code == 302
    assert not Appointment.objects.exists()


def booked(world: World, client: Browser, person: Client, times: int = 3) -> list[Appointment]:
    picked = {f"visit-{number}": value_of(at) for number, at in enumerate(weekly(world, times), 1)}
    client.post(url(world, person, "series/"), {**sent(world, times), **picked})
    return list(Appointment.objects.order_by("starts_at"))


@pytest.mark.parametrize(("scope", "left"), [("one", 2), ("following", 1), ("", 2)])
def test_cancelling_asks_which_sessions(
    world: World, client: Browser, desk: Any, person: Client, scope: str, left: int
) -> None:
    second = booked(world, client, person)[1]
    path = f"/desk/visits/{second.public_id}/cancel/"
    assert "This and the one that follows" in text_of(client.get(path))
    client.post(path, {"cancelled_by": "clinic", "reason": "Ill", "scope": scope})
    assert Appointment.objects.standing().count() == left


@pytest.mark.parametrize(("scope", "moved"), [("one", 1), ("following", 2)])
def test_moving_asks_which_sessions(
    world: World, client: Browser, desk: Any, person: Client, scope: str, moved: int
) -> None:
    second = booked(world, client, person)[1]
    path = f"/desk/visits/{second.public_id}/move/"
    page = text_of(client.get(path))
    assert "This and the one that follows" in page
    later = second.starts_at + timedelta(hours=1)
    answer = client.post(path, {"start": value_of(later), "scope": scope})
    assert answer.status_code == 302
    assert Appointment.objects.filter(version=2).count() == moved
    taken = client.post(path, {"start": value_of(later), "scope": "everything"})
    assert taken.status_code == 422


def test_strangers_book_no_series(world: World, client: Browser, person: Client) -> None:
    login, colleague = make_user(), make_user()
    make_client(login)
    make_practitioner(world.service, at=world.place, user=colleague)
    data = {**sent(world), "visit-1": value_of(world.start), "visit-2": "none", "visit-3": "none"}
    for user, status in ((None, 302), (login, 403), (colleague, 404)):
        if user:
            client.force_login(user)
        assert client.post(url(world, person, "series/"), data).status_code == status
    assert not Appointment.objects.exists()


def test_a_preview_asks_a_constant_number_of_questions(
    world: World, client: Browser, desk: Any, person: Client, django_assert_max_num_queries: Any
) -> None:
    client.post(url(world, person), sent(world, 2))  # the session is new
    with django_assert_max_num_queries(16):
        client.post(url(world, person), sent(world, 12))
