"""What the provider of text messages tells us: who is let in, and what a reply does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.consents import opt_in
from bookings.messages.plain import plain_message
from bookings.messages.twilio import signature_of
from bookings.models import ChannelConsent, Client, Message, Task
from bookings.tests.conftest import NOW
from bookings.tests.factories import make_client

pytestmark = pytest.mark.django_db
REPLY, STATUS = "/hooks/sms/reply/", "/hooks/sms/status/"
MOBILE = "+447700900982"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> None:
    settings.SMS_BACKEND = "bookings.messages.twilio.TwilioGateway"
    settings.SMS_TOKEN = "a-token"


@pytest.fixture
def strict() -> Browser:
    """A caller without a cookie or a form token, as the provider is."""
    return Browser(enforce_csrf_checks=True)


@pytest.fixture
def person() -> Client:
    found = make_client(phone=MOBILE, preferred_channel="sms")
    opt_in(found, "sms", now=NOW, by="desk")
    return found


def call(strict: Browser, path: str, **form: str) -> Any:
    signature = signature_of(f"http://localhost:8000{path}", form)
    return strict.post(path, form, headers={"X-Twilio-Signature": signature})


def reply(strict: Browser, words: str, sid: str = "SM1", sender: str = MOBILE) -> Any:
    return call(strict, REPLY, From=sender, Body=words, MessageSid=sid)


def wants(person: Client) -> bool:
    return ChannelConsent.objects.get(client=person, channel="sms").is_given


def titles() -> list[str]:
    return list(Task.objects.order_by("pk").values_list("title", flat=True))


@pytest.mark.parametrize(
    "words", ["STOP", "stop", " Stop. ", "STOPALL", "Unsubscribe", "END", "quit", "Opt out"]
)
def test_a_word_stops_text_messages_and_nothing_else(
    strict: Browser, person: Client, words: str
) -> None:
    assert reply(strict, words).status_code == 200
    said = ChannelConsent.objects.get()
    assert (said.channel, said.is_given, said.changed_by) == ("sms", False, "reply")
    assert titles() == ["A client wants no more text messages"]
    task = Task.objects.get()
    assert (task.role, task.client) == ("Front desk", person)


def test_cancel_stops_and_the_desk_asks_what_was_meant(strict: Browser, person: Client) -> None:
    reply(strict, "cancel")
    assert not wants(person)
    assert titles() == [
        "A client answered CANCEL: no more text messages. Ask if they meant a session"
    ]


def test_start_begins_again(strict: Browser, person: Client) -> None:
    reply(strict, "STOP", "SM1")
    reply(strict, "START", "SM2")
    assert wants(person)
    assert titles()[1:] == ["A client wants text messages again"]


def test_the_same_reply_twice_is_once_even_after_another(strict: Browser, person: Client) -> None:
    for sid, words in (("SM1", "STOP"), ("SM1", "STOP"), ("SM2", "START"), ("SM1", "STOP")):
        assert reply(strict, words, sid).status_code == 200
    assert wants(person)
    assert len(titles()) == 2


def test_anything_else_is_for_the_desk_and_is_not_kept(strict: Browser, person: Client) -> None:
    reply(strict, "My shoulder hurts, please stop by")
    assert wants(person)
    assert titles() == ["A client answered a text message: call them"]
    assert "shoulder" not in str(list(Task.objects.values()))


def test_the_provider_s_own_reading_of_a_reply_counts(strict: Browser, person: Client) -> None:
    call(strict, REPLY, From=MOBILE, Body="arrêt", MessageSid="SM1", OptOutType="STOP")
    assert not wants(person)


def test_everybody_with_that_number_is_asked_no_more(strict: Browser, person: Client) -> None:
    other = make_client(phone=MOBILE)
    opt_in(other, "sms", now=NOW, by="desk")
    stranger = make_client(phone="+447700900983")
    opt_in(stranger, "sms", now=NOW, by="desk")
    reply(strict, "STOP")
    assert (wants(person), wants(other), wants(stranger)) == (False, False, True)


def test_a_number_nobody_has_changes_nothing(strict: Browser, person: Client) -> None:
    assert reply(strict, "STOP", sender="+447700900999").status_code == 200
    assert reply(strict, "STOP", sender="").status_code == 200
    assert wants(person)
    assert titles() == []


def test_what_waits_for_a_client_who_wants_nothing_more_is_taken_back(
    strict: Browser, person: Client
) -> None:
    ChannelConsent.objects.create(
        client=person, channel="email", is_given=False, changed_at=NOW, changed_by="link"
    )
    plain_message("check_in", person, cause="1", now=NOW + DAY).save()
    reply(strict, "STOP")
    assert Message.objects.get().last_code == "client_opted_out"


@pytest.mark.parametrize("path", [REPLY, STATUS])
def test_without_the_provider_s_signature_nothing_happens(
    strict: Browser, person: Client, path: str
) -> None:
    form = {"From": MOBILE, "Body": "STOP", "MessageSid": "SM1"}
    wrong = signature_of(f"http://localhost:8000{path}", {**form, "Body": "START"})
    for headers in ({}, {"X-Twilio-Signature": wrong}, {"X-Twilio-Signature": "é"}):
        assert strict.post(path, form, headers=headers).status_code == 403
    assert wants(person)
    assert titles() == []


@pytest.mark.parametrize("path", [REPLY, STATUS])
def test_a_clinic_without_text_messages_has_no_such_page(
    strict: Browser, settings: Any, path: str
) -> None:
    settings.SMS_BACKEND = ""
    assert call(strict, path, From=MOBILE).status_code == 404


@pytest.mark.parametrize("path", [REPLY, STATUS])
@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_only_a_post_is_heard(strict: Browser, path: str, method: str) -> None:
    assert getattr(strict, method)(path).status_code == 405


def test_too_many_calls_are_put_off(strict: Browser, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sms_hook": (2, 60)}
    answers = [reply(strict, "hello") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60


def sent_text(person: Client) -> Message:
    row = plain_message("check_in", person, cause="1", now=NOW)
    row.state, row.via, row.provider_ref, row.attempts = Message.State.SENT, "sms", "SM9", 1
    row.sent_to = MOBILE
    row.save()
    return row


@pytest.mark.parametrize(
    ("code", "is_flagged"), [("30006", True), ("30005", True), ("30007", False)]
)
def test_a_text_that_could_not_be_delivered_failed_and_the_desk_is_told(
    strict: Browser, person: Client, code: str, is_flagged: bool
) -> None:
    row = sent_text(person)
    for _ in range(2):
        form = {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": code}
        assert call(strict, STATUS, **form).status_code == 204
    row.refresh_from_db()
    person.refresh_from_db()
    assert (row.state, row.last_code) == ("failed", f"sms_{code}")
    assert (str(person.bounced_phone or "") == MOBILE) == is_flagged
    assert len(titles()) == 1
    assert row.tries.count() == 1


def test_a_delivered_text_stays_as_it_is(strict: Browser, person: Client) -> None:
    row = sent_text(person)
    for status in ("sent", "delivered", ""):
        call(strict, STATUS, MessageSid="SM9", MessageStatus=status, ErrorCode="x")
    call(strict, STATUS, MessageSid="", MessageStatus="failed", ErrorCode="9" * 30)
    row.refresh_from_db()
    assert row.state == "sent"
