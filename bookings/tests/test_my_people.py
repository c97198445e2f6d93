"""The people a login books for: added, shown, and no longer booked for."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.clients import own_client
from bookings.forms import child_problem
from bookings.models import Appointment, Client, ClientAccess
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_location

pytestmark = pytest.mark.django_db
URL = "/my/people/"
CHILD_BORN = date.today() - timedelta(days=3000)


def typed(**changed: str) -> dict[str, str]:
    born = {f"date_of_birth_{place}": "" for place in range(3)}
    return {"name": "Little Known", "relation": "other", **born, **changed}


def born_on(day: date) -> dict[str, str]:
    parts = (day.day, day.month, day.year)
    return {f"date_of_birth_{place}": str(part) for place, part in enumerate(parts)}


@pytest.fixture
def me(client: Browser) -> Any:
    user = make_user(name="Robin Known")
    make_client(user, name="Robin Known")
    client.force_login(user)
    return user


def person_of(user: Any, name: str = "Pat Known", **access: Any) -> Client:
    person = make_client(name=name, email="")
    given = {"relation": "partner", "scope": "booking", **access}
    ClientAccess.objects.create(user=user, client=person, **given)
    return person


def test_somebody_is_added_with_an_own_entry(client: Browser, me: Any) -> None:
    answer = client.post(URL, typed(), follow=True)
    assert "You can now book for Little Known." in text_of(answer)
    access = ClientAccess.objects.get(client__name="Little Known")
    assert (access.user, access.relation, access.scope) == (me, "other", "booking")
    assert access.client.email == ""


def test_a_child_brings_its_record_an_adult_does_not(client: Browser, me: Any) -> None:
    client.post(URL, typed(relation="guardian", **born_on(CHILD_BORN)))
    client.post(URL, typed(name="Pat Known", relation="partner"))
    found = dict(ClientAccess.objects.of_others(me).values_list("client__name", "scope"))
    assert found == {"Little Known": "record", "Pat Known": "booking"}


def test_who_they_are_is_asked_and_not_guessed(client: Browser, me: Any) -> None:
    page = text_of(client.get(URL))
    assert '<option value="other" selected>Someone else</option>' in page
    client.post(URL, typed(name="Mo Known", relation="parent"))
    access = ClientAccess.objects.get(client__name="Mo Known")
    assert (access.relation, access.scope) == ("parent", "booking")
    assert "My parent. You see when they come, not their record" in text_of(client.get(URL))


def test_two_people_with_one_address_stay_two(client: Browser, me: Any) -> None:
    for name in ("Little Known", "Other Known"):
        client.post(URL, typed(name=name))
    assert ClientAccess.objects.of_others(me).count() == 2
    assert Client.objects.filter(name__endswith="Known").count() == 3


def test_the_same_person_twice_is_one(client: Browser, me: Any) -> None:
    for _ in range(2):
        client.post(URL, typed(relation="guardian", **born_on(CHILD_BORN)))
    assert ClientAccess.objects.of_others(me).count() == 1


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Enter their name"),
        ({"relation": ""}, "Choose who they are to you"),
        ({"relation": "self"}, "Choose who they are to you"),
        ({"relation": "guardian"}, "Enter your child&#x27;s date of birth"),
        ({"relation": "guardian", **born_on(date(1980, 1, 1))}, "At 18 they book as an adult"),
        ({"date_of_birth_0": "31", "date_of_birth_1": "2", "date_of_birth_2": "2015"}, "must be a real date"),
        ({"name": "A\r\nB"}, "Please use one line"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "\0"}, "Null characters are not allowed"),
    ],
)  # fmt: skip
def test_bad_input_is_said_and_nothing_is_lost(
    client: Browser, me: Any, changed: dict[str, str], sentence: str
) -> None:
    answer = client.post(URL, typed(**changed))
    page = text_of(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert "<title>Error: " in page
    if "name" not in changed:
        assert 'value="Little Known"' in page
    assert not ClientAccess.objects.of_others(me).exists()


@pytest.mark.parametrize(
    ("zone", "is_grown"), [("Europe/London", True), ("America/New_York", False)]
)
def test_eighteen_is_told_by_the_clinics_own_day(
    monkeypatch: pytest.MonkeyPatch, zone: str, is_grown: bool
) -> None:
    make_location(time_zone=zone)
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # in London it is the second
    monkeypatch.setattr("bookings.forms.timezone.now", lambda: late)
    field, _ = child_problem(date(2008, 7, 2))
    assert field == ("relation" if is_grown else "")


def test_they_can_be_booked_for_and_no_longer(world: World, client: Browser, me: Any) -> None:
    person = person_of(me)
    visit = make_appointment(
        world.person, world.service, world.place, world.start, client=person, booked_by=me
    )
    url = f"{URL}{person.public_id}/remove/"
    page = text_of(client.get(url))
    assert "1 session to come stays booked." in page
    assert ClientAccess.objects.of_others(me).exists()
    answer = client.post(url, follow=True)
    assert "You no longer book for Pat Known." in text_of(answer)
    assert client.get(f"/my/visits/{visit.public_id}/").status_code == 404
    assert client.post(url).status_code == 404
    visit.refresh_from_db()
    assert visit.status == "booked"
    world.choose(client, world.start + timedelta(hours=2))
    sent = {"for_whom": str(person.public_id), "form_token": str(uuid.uuid4())}
    assert client.post(world.you_url, sent).status_code == 422
    assert not Appointment.objects.filter(client=person).exclude(pk=visit.pk).exists()


def test_nobody_removes_themselves(client: Browser, me: Any) -> None:
    own = own_client(me, name="", now=None)  # type: ignore[arg-type]
    assert client.post(f"{URL}{own.public_id}/remove/").status_code == 404
    assert ClientAccess.objects.filter(user=me, relation="self").exists()


def test_strangers_change_nothing(client: Browser, me: Any) -> None:
    person = person_of(me)
    url = f"{URL}{person.public_id}/remove/"
    for user in (make_user(), make_staff("Front desk"), make_staff("Admin")):
        browser = Browser()
        browser.force_login(user)
        for answer in (browser.get(url), browser.post(url)):
            assert answer.status_code == 404
        assert "Pat Known" not in text_of(browser.get(URL))
    assert ClientAccess.objects.of_others(me).count() == 1


def test_its_queries_do_not_grow_with_people(
    client: Browser, me: Any, django_assert_num_queries: Any
) -> None:
    person_of(me)
    client.get(URL)
    with django_assert_num_queries(4):
        client.get(URL)
    for number in range(10):
        person_of(me, f"Person {number}")
    with django_assert_num_queries(4):
        client.get(URL)
