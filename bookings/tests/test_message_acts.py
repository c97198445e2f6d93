"""Deciding about one message by hand, on the page that explains it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client as Browser
from django.utils import timezone

from bookings.messages import by_hand
from bookings.messages.plain import plain_message
from bookings.models import Client, Message
from bookings.tests.factories import TEN, make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import make_location, make_practitioner, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Client:
    """A client of one practitioner."""
    place, service = make_location(), make_service()
    practitioner = make_practitioner(service, at=place, user=make_user(email="dana@example.com"))
    found = make_client(name="Maya Example")
    make_appointment(practitioner, service, place, TEN, client=found)
    return found


def dana() -> Any:
    return get_user_model().objects.get(email="dana@example.com")


def make(person: Client, state: str, **fields: Any) -> Message:
    row = plain_message("letter", person, cause="1", now=timezone.now())
    row.state = state
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    return row


def act(browser: Browser, row: Message, action: str) -> Any:
    return browser.post(f"/desk/messages/{row.public_id}/act/", {"action": action}, follow=True)


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        ("failed", "again", "pending"),
        ("expired", "again", "pending"),
        ("unknown", "again", "pending"),
        ("unknown", "arrived", "sent"),
        ("pending", "never", "cancelled"),
        ("claimed", "never", "cancelled"),
    ],
)
@pytest.mark.parametrize("role", ["Front desk", "Admin", "Clinical lead", ""])
def test_each_decision_is_done_and_written_down(
    client: Browser, person: Client, role: str, state: str, action: str, after: str
) -> None:
    user = make_staff(role) if role else dana()
    client.force_login(user)
    row = make(person, state)
    page = act(client, row, action)
    assert page.redirect_chain == [(f"/desk/clients/{person.public_id}/messages/", 302)]
    row.refresh_from_db()
    assert row.state == after
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (user, str(row.pk))


@pytest.mark.parametrize("state", ["sending", "sent", "cancelled"])
@pytest.mark.parametrize("action", ["again", "never", "arrived"])
def test_what_has_gone_stays_as_it_is(
    client: Browser, person: Client, action: str, state: str
) -> None:
    client.force_login(make_staff("Front desk"))
    row = make(person, state)
    page = act(client, row, action).content.decode()
    assert "Nothing was changed: its state has changed meanwhile." in page
    row.refresh_from_db()
    assert row.state == state
    assert LogEntry.objects.count() == 0


def test_the_page_offers_what_is_possible(client: Browser, person: Client) -> None:
    client.force_login(make_staff("Front desk"))
    offered = {}
    for state in Message.State.values:
        Message.objects.all().delete()
        make(person, state)
        page = client.get(f"/desk/clients/{person.public_id}/messages/").content.decode()
        offered[state] = [name for name in by_hand.VERBS if f'value="{name}"' in page]
    assert offered == {
        "pending": ["never"], "claimed": ["never"], "sending": [], "sent": [],
        "failed": ["again"], "cancelled": [], "expired": ["again"],
        "unknown": ["again", "arrived"],
    }  # fmt: skip


def test_an_action_that_is_none_is_not_found(client: Browser, person: Client) -> None:
    client.force_login(make_staff("Front desk"))
    row = make(person, "failed")
    for action in ("", "delete", "again\0"):
        assert act(client, row, action).status_code in (404, 422)
    row.refresh_from_db()
    assert row.state == "failed"


def test_a_code_to_sign_in_is_never_sent_again(person: Client) -> None:
    row = make(person, "failed", kind="sign_in_code", lane=0)
    assert by_hand.choices(row) == []


def test_strangers_are_turned_away(client: Browser, person: Client) -> None:
    row, colleague, me = make(person, "failed"), make_user(), make_user()
    make_practitioner(user=colleague)
    person.access.create(user=me, relation="self", scope="record")
    path = f"/desk/messages/{row.public_id}/act/"
    assert client.post(path, {"action": "again"})["Location"].startswith("/sign-in/")
    for user, status in ((colleague, 404), (me, 403)):
        client.force_login(user)
        assert client.post(path, {"action": "again"}).status_code == status
    assert client.get(path).status_code == 405
    row.refresh_from_db()
    assert row.state == "failed"
