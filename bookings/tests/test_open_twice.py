"""Two people with one form open: nothing comes back that somebody else has changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Client, MessageTemplate
from bookings.tests.booking_world import World, text_of
from bookings.tests.factories import make_client, make_staff
from practitioners.models import Availability


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Admin")
    client.force_login(user)
    return user


def sent_by(page: Any) -> dict[str, Any]:
    """What a browser sends of the page's form when nobody touches it."""
    form = page.context["form"]
    found: dict[str, Any] = {"digests": form["digests"].value()}
    for name in form.fields:
        if name != "digests":
            found |= form._boxes(name)
    return found


@pytest.fixture
def person(world: World, desk: Any) -> Client:
    return make_client(
        name="Nora Known", phone="+447700900111", desk_note="One\nTwo", date_of_birth="1980-02-01"
    )


def test_what_was_not_changed_is_not_written(client: Browser, person: Client) -> None:
    path = f"/desk/clients/{person.public_id}/edit/"
    page = client.get(path)
    assert 'type="hidden" name="digests"' in text_of(page)
    sent = sent_by(page)
    Client.objects.filter(pk=person.pk).update(phone="+447700900222", date_of_birth="1981-03-02")
    typed = {**sent, "called": "Nonny", "desk_note": "One\r\nTwo"}
    assert client.post(path, typed).status_code == 302
    person.refresh_from_db()
    assert (person.called, str(person.phone)) == ("Nonny", "+447700900222")
    assert (person.desk_note, str(person.date_of_birth)) == ("One\nTwo", "1981-03-02")


def test_what_both_have_changed_is_asked_about_once(client: Browser, person: Client) -> None:
    path = f"/desk/clients/{person.public_id}/edit/"
    sent = {**sent_by(client.get(path)), "phone": "07700 900 333", "called": "Nonny"}
    Client.objects.filter(pk=person.pk).update(phone="+447700900222", email="new@example.com")
    answer = client.post(path, sent)
    assert answer.status_code == 409
    form = answer.context["form"]
    assert list(form.errors) == ["phone"]
    assert "“+44 7700 900222”" in form.errors["phone"][0]
    assert form["phone"].value() == "07700 900 333"
    assert form["called"].value() == "Nonny"
    assert form["email"].value() == "new@example.com"  # as it is by now
    person.refresh_from_db()
    assert person.called == ""

    again = {name: sent[name] for name in sent if name not in ("digests", "email")}
    again |= {"digests": form["digests"].value(), "email": form["email"].value()}
    assert client.post(path, again).status_code == 302
    person.refresh_from_db()
    assert (str(person.phone), person.email) == ("+447700900333", "new@example.com")


def test_a_box_is_told_of_in_words(client: Browser, person: Client) -> None:
    path = f"/desk/clients/{person.public_id}/edit/"
    sent = {**sent_by(client.get(path)), "preferred_channel": "email", "desk_note": "Mine",
            "date_of_birth_0": "9"}  # fmt: skip
    Client.objects.filter(pk=person.pk).update(desk_note="", date_of_birth="1981-03-02")
    errors = client.post(path, sent).context["form"].errors
    assert "emptied" in errors["desk_note"][0]
    assert "Monday 2 March 1981" in errors["date_of_birth"][0]


def test_the_same_change_by_both_is_none_to_ask_about(client: Browser, person: Client) -> None:
    path = f"/desk/clients/{person.public_id}/edit/"
    sent = {**sent_by(client.get(path)), "called": "Nonny", "is_call_to_book": ["on"]}
    Client.objects.filter(pk=person.pk).update(called="Nonny", is_call_to_book=True)
    assert client.post(path, sent).status_code == 302


@pytest.mark.parametrize("carried", ["", "phone", "phone:", ":", "nobody:12", "a:b:c phone:12"])
def test_digests_that_are_none_do_no_harm(client: Browser, person: Client, carried: str) -> None:
    path = f"/desk/clients/{person.public_id}/edit/"
    sent = {**sent_by(client.get(path)), "digests": carried, "called": "Nonny"}
    assert client.post(path, sent).status_code == 302


def test_a_text_of_a_message_is_not_overwritten(client: Browser, world: World, desk: Any) -> None:
    path = "/desk/texts/confirmation/email/"
    sent = {**sent_by(client.get(path)), "subject": "My subject"}
    MessageTemplate.objects.create(
        kind="confirmation",
        channel="email",
        subject="Theirs",
        text="New",
        changed_at=timezone.now(),
    )
    answer = client.post(path, sent)
    assert answer.status_code == 409
    assert "“Theirs”" in answer.context["form"].errors["subject"][0]
    assert answer.context["form"]["text"].value() == "New"


def test_wishes_for_messages_are_not_overwritten(client: Browser, person: Client) -> None:
    path = f"/desk/clients/{person.public_id}/wishes/"
    page = client.get(path)
    sent = sent_by(page)
    assert client.post(path, {"digests": "", "preferred": "email"}).status_code == 302
    assert client.post(path, sent).status_code == 302
    assert client.get(path).context["form"]["email"].value() is False


def test_weekly_hours_are_not_overwritten(client: Browser, world: World, desk: Any) -> None:
    row = world.person.availability.all()[0]
    path = f"/desk/hours/weekly/{row.pk}/"
    sent = {**sent_by(client.get(path)), "starts_at": "10:00"}
    Availability.objects.filter(pk=row.pk).update(starts_at="08:00", ends_at="16:00")
    answer = client.post(path, sent)
    assert answer.status_code == 409
    assert "“08:00”" in answer.context["form"].errors["starts_at"][0]
    sent["digests"] = answer.context["form"]["digests"].value()
    assert client.post(path, {**sent, "ends_at": "16:00"}).status_code == 302
    row.refresh_from_db()
    assert (f"{row.starts_at:%H:%M}", f"{row.ends_at:%H:%M}") == ("10:00", "16:00")
