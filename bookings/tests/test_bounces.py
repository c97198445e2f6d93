"""A mail that the relay had accepted and could not deliver after all."""

from __future__ import annotations

import io
import sys
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser

from bookings.messages import bounces, delivery
from bookings.messages.plain import plain_message
from bookings.models import Client, Message, Task
from bookings.tests.conftest import NOW
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_clinic, make_location

pytestmark = pytest.mark.django_db
REPORT = """\
From: MAILER-DAEMON@relay.example
To: clinic@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry, your mail could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; someone@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: {kind}

From: clinic@example.com
Message-ID: <msg-{public_id}@example.com>
Subject: hidden

--b--
"""


@pytest.fixture
def row() -> Message:
    """A mail that has been sent."""
    make_clinic()
    make_location()
    found = plain_message("letter", make_client(), cause="1", now=NOW)
    found.save()
    delivery.send_due(now=NOW)
    found.refresh_from_db()
    assert found.state == "sent"
    return found


def report(row: Message, **about: str) -> EmailMessage:
    given = {
        "action": "failed", "status": "5.1.1", "kind": "text/rfc822-headers",
        "public_id": str(row.public_id), **about,
    }  # fmt: skip
    found = message_from_string(REPORT.format(**given), policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def client_of(row: Message) -> Client:
    return Client.objects.get(messages=row)


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_of_failure_flags_the_address_and_tells_the_desk_once(
    row: Message, kind: str
) -> None:
    assert bounces.of_mail(report(row, kind=kind), now=NOW)
    assert not bounces.of_mail(report(row, kind=kind), now=NOW)
    row.refresh_from_db()
    assert (row.state, row.last_code) == ("failed", "bounced_5.1.1")
    assert client_of(row).bounced_email == row.sent_to
    task = Task.objects.get()
    assert (task.role, task.client) == ("Front desk", row.client)


def test_nothing_is_sent_to_it_again(row: Message) -> None:
    bounces.of_mail(report(row), now=NOW)
    for kind in ("letter", "check_in"):
        plain_message(kind, client_of(row), cause="2", now=NOW).save()
    assert delivery.send_due(now=NOW).sent == 0
    codes = Message.objects.exclude(pk=row.pk).order_by("kind").values_list("last_code", flat=True)
    assert list(codes) == ["no_consented_channel", "address_bounced"]


def test_the_pages_say_so_where_the_address_stands(row: Message, client: Browser) -> None:
    bounces.of_mail(report(row), now=NOW)
    person, login = client_of(row), make_user(email=row.sent_to)
    person.access.create(user=login, relation="self", scope="record")
    there = f"/desk/clients/{person.public_id}/"
    pages = {there: make_staff("Front desk"), f"{there}edit/": make_staff("Front desk")}
    for path, user in {**pages, "/my/contact/": login}.items():
        client.force_login(user)
        assert "Mail to this address comes back." in client.get(path).content.decode(), path
    Client.objects.filter(pk=person.pk).update(
        email="new@example.com", bounced_phone="+447700900123"
    )
    Client.objects.filter(pk=person.pk).update(phone="+447700900123")
    for path, user in {**pages, "/my/contact/": login}.items():
        client.force_login(user)
        page = client.get(path).content.decode()
        assert "comes back" not in page, path
        assert "Text messages to this number were refused." in page, path


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1"])
def test_a_full_mailbox_or_a_policy_is_not_the_address_s_fault(row: Message, status: str) -> None:
    assert bounces.of_mail(report(row, status=status), now=NOW)
    assert client_of(row).bounced_email == ""


@pytest.mark.parametrize(
    "about",
    [
        {"action": "delayed", "status": "4.4.1"},
        {"action": "delivered", "status": "2.0.0"},
        {"public_id": "00000000-0000-4000-8000-000000000000"},
        {"public_id": "nonsense"},
        {"kind": "text/plain"},
    ],
)
def test_anything_else_changes_nothing(row: Message, about: dict[str, str]) -> None:
    assert not bounces.of_mail(report(row, **about), now=NOW)
    row.refresh_from_db()
    assert row.state == "sent"
    assert Task.objects.count() == 0


@pytest.mark.parametrize(("text", "answer"), [("", "nothing"), ("\0\xff garbage", "nothing")])
def test_the_command_takes_whatever_it_is_given(
    text: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answer in piped(text, monkeypatch)


def test_the_command_reads_a_report(row: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(report(row).as_string(), monkeypatch) == "noted\n"


def piped(text: str, monkeypatch: pytest.MonkeyPatch) -> str:
    given: Any = io.TextIOWrapper(io.BytesIO(text.encode("utf-8", "surrogateescape")))
    monkeypatch.setattr(sys, "stdin", given)
    out = io.StringIO()
    call_command("read_bounce", stdout=out)
    return out.getvalue()
