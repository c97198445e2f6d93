"""What a client wants to hear from us: changed by themselves, or told to the desk."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from bookings.consents import opt_out, wishes_of
from bookings.models import ChannelConsent, Client
from bookings.tests.conftest import NOW
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner

pytestmark = pytest.mark.django_db
MOBILE, LANDLINE = "+447700900982", "+442079460000"
ALL = {"email": "on", "sms": "on", "preferred": "sms"}


@pytest.fixture(autouse=True)
def _texts(settings: Any) -> None:
    settings.SMS_BACKEND = "bookings.messages.sms.MemoryGateway"


@pytest.fixture
def me() -> Any:
    return make_user()


@pytest.fixture
def person(me: Any) -> Client:
    return make_client(me, name="Maya Example", phone=MOBILE)


def mine(person: Client) -> str:
    return f"/my/messages/{person.public_id}/"


def desk(person: Client) -> str:
    return f"/desk/clients/{person.public_id}/wishes/"


def said(person: Client) -> list[tuple[str, bool, str]]:
    rows = ChannelConsent.objects.of(person)
    return [(row.channel, row.is_given, row.changed_by) for row in rows]


def test_a_client_says_yes_to_text_messages(client: Browser, me: Any, person: Client) -> None:
    client.force_login(me)
    answer = client.post(mine(person), ALL)
    assert (answer.status_code, answer["Location"]) == (302, "/my/")
    assert said(person) == [("email", True, "client"), ("sms", True, "client")]
    assert ChannelConsent.objects.of(person)[0].user == me
    person.refresh_from_db()
    assert wishes_of(person).wanted == ("sms", "email")


def test_the_page_shows_how_it_stands_and_changes_nothing(
    client: Browser, me: Any, person: Client
) -> None:
    client.force_login(me)
    page = client.get(mine(person)).content.decode()
    assert "To 07700 900982" in page
    assert page.count("checked") == 2  # e-mail is wanted, e-mail is preferred
    assert said(person) == []


def test_a_client_stops_everything_and_begins_again(
    client: Browser, me: Any, person: Client
) -> None:
    client.force_login(me)
    client.post(mine(person), {"preferred": "email"})
    assert wishes_of(person).is_opted_out
    assert "no, " in client.get(mine(person)).content.decode()
    client.post(mine(person), {"email": "on", "preferred": "email"})
    person = Client.objects.get(pk=person.pk)
    assert wishes_of(person).wanted == ("email",)


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        (LANDLINE, "020 7946 0000 cannot get text messages. Enter a mobile number first."),
        ("", "We have no phone number. Enter a mobile number first."),
    ],
)
def test_a_landline_is_refused_at_its_place_and_nothing_is_saved(
    client: Browser, me: Any, person: Client, phone: str, sentence: str
) -> None:
    Client.objects.filter(pk=person.pk).update(phone=phone)
    client.force_login(me)
    answer = client.post(mine(person), ALL)
    assert answer.status_code == 422
    assert answer.context["form"].errors["sms"] == [sentence]
    assert '<a href="/my/contact/">Enter a mobile number</a>' in answer.content.decode()
    assert answer.content.decode().count("checked") >= 3  # what was ticked is still ticked
    assert said(person) == []


def test_texts_cannot_be_preferred_and_not_wanted(client: Browser, me: Any, person: Client) -> None:
    client.force_login(me)
    answer = client.post(mine(person), {"email": "on", "preferred": "sms"})
    assert answer.status_code == 422
    assert "Say yes to text messages first, or choose e-mail." in answer.content.decode()
    assert said(person) == []


@pytest.mark.parametrize("preferred", ["", "pigeon", "sms\0"])
def test_a_channel_that_is_none_is_refused(
    client: Browser, me: Any, person: Client, preferred: str
) -> None:
    client.force_login(me)
    answer = client.post(mine(person), {"email": "on", "preferred": preferred})
    assert answer.status_code == 422
    assert said(person) == []


def test_a_clinic_without_text_messages_asks_about_mail_only(
    client: Browser, me: Any, person: Client, settings: Any
) -> None:
    settings.SMS_BACKEND = ""
    client.force_login(me)
    assert "text message" not in client.get(mine(person)).content.decode()
    client.post(mine(person), ALL)
    assert said(person) == [("email", True, "client")]


def test_a_guardian_decides_for_a_child_and_nobody_for_another_adult(
    client: Browser, me: Any
) -> None:
    child, adult = make_client(name="Child"), make_client(name="Adult")
    child.access.create(user=me, relation="guardian", scope="record")
    adult.access.create(user=me, relation="partner", scope="booking")
    client.force_login(me)
    assert client.get(mine(child)).status_code == 200
    assert client.get(mine(adult)).status_code == 404
    assert client.post(mine(adult), ALL).status_code == 404
    assert said(adult) == []


def test_nobody_decides_for_a_stranger(client: Browser, person: Client) -> None:
    other = make_user()
    make_client(other)
    practitioner = make_user()
    make_practitioner(user=practitioner)
    for user in (other, practitioner, make_staff("Front desk")):
        client.force_login(user)
        assert client.post(mine(person), ALL).status_code == 404
    assert said(person) == []


@pytest.mark.parametrize("role", ["Front desk", "Admin", "Clinical lead"])
def test_the_desk_notes_what_it_is_told(client: Browser, person: Client, role: str) -> None:
    user = make_staff(role)
    client.force_login(user)
    answer = client.post(desk(person), {"sms": "on", "preferred": "sms"})
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/clients/{person.public_id}/")
    assert said(person) == [("email", False, "desk"), ("sms", True, "desk")]
    page = client.get(desk(person)).content.decode()
    assert "at the desk" in page
    shown = client.get(f"/desk/clients/{person.public_id}/").content.decode()
    assert "by text message" in shown


def test_the_desk_is_told_of_a_landline_as_well(client: Browser, person: Client) -> None:
    Client.objects.filter(pk=person.pk).update(phone=LANDLINE)
    client.force_login(make_staff("Front desk"))
    assert client.post(desk(person), ALL).status_code == 422
    assert said(person) == []


def test_practitioners_and_clients_do_not_change_it_at_the_desk(
    client: Browser, me: Any, person: Client
) -> None:
    practitioner = make_user()
    make_practitioner(user=practitioner)
    for user in (practitioner, me):
        client.force_login(user)
        assert client.get(desk(person)).status_code == 403
        assert client.post(desk(person), ALL).status_code == 403
    assert said(person) == []


def test_somebody_unknown_signs_in_first(client: Browser, person: Client) -> None:
    for path in (mine(person), desk(person)):
        assert client.get(path).status_code == 302


def test_a_client_page_says_that_reminders_are_stopped(client: Browser, person: Client) -> None:
    opt_out(person, now=NOW)
    client.force_login(make_staff("Front desk"))
    page = client.get(f"/desk/clients/{person.public_id}/").content.decode()
    assert "stopped: they want none" in page


@pytest.mark.parametrize(("phone", "status"), [(LANDLINE, 422), ("07700 900 983", 302)])
def test_the_contact_form_refuses_a_landline_for_who_prefers_texts(
    client: Browser, person: Client, phone: str, status: int
) -> None:
    client.force_login(make_staff("Front desk"))
    sent = {"name": person.name, "email": person.email, "phone": phone, "preferred_channel": "sms"}
    answer = client.post(f"/desk/clients/{person.public_id}/edit/", sent)
    assert answer.status_code == status
    assert ("This number cannot get text messages" in answer.content.decode()) == (status == 422)
