"""Handing text messages to the provider, and reading every way in which that can end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bookings.messages.handover import Outcome
from bookings.messages.sms import (
    ConsoleGateway,
    MemoryGateway,
    Text,
    length_of,
    open_gateway,
)
from bookings.messages.twilio import TwilioGateway, is_from_provider, signature_of
from bookings.tests.sms_server import BROKEN, SILENT, SmsServer, refuse

A_TEXT = Text("+447700900982", "Willow Street: your session is booked for Tue 1 Dec, 10:15am.")


@pytest.fixture
def provider(settings: Any) -> Iterator[SmsServer]:
    server = SmsServer()
    settings.SMS_BACKEND = "bookings.messages.twilio.TwilioGateway"
    settings.SMS_URL, settings.SMS_FROM = server.url, "+447700900100"
    settings.SMS_ACCOUNT, settings.SMS_TOKEN = "AC1", "a-token"
    settings.SMS_TIMEOUT = 0.3
    yield server
    server.shutdown()
    server.server_close()


def hand_over() -> Outcome:
    return TwilioGateway().hand_over(A_TEXT)


def test_a_text_goes_out_as_the_provider_wants_it(provider: SmsServer) -> None:
    outcome = hand_over()
    assert outcome == Outcome("sent", "sent", reference="SM1")
    (taken,) = provider.taken
    assert taken.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert (taken.to, taken.words) == (A_TEXT.to, A_TEXT.words)
    assert (taken.sender, taken.key) == ("+447700900100", "AC1:a-token")


@pytest.mark.parametrize(
    ("status", "code", "kind", "name"),
    [
        (400, 21211, "hard", "sms_21211"),  # no such number
        (400, 21614, "hard", "sms_21614"),  # not a mobile number
        (400, 21635, "hard", "sms_21635"),  # a landline
        (400, 21610, "hard", "sms_21610"),  # has replied STOP
        (400, 21617, "hard", "sms_21617"),  # the text is too long
        (400, None, "hard", "sms_http_400"),
        (400, 21606, "soft", "sms_21606"),  # our sender is wrong: the same for every text
        (400, 21611, "soft", "sms_21611"),  # the queue is full
        (401, 20003, "soft", "sms_20003"),
        (403, None, "soft", "sms_http_403"),
        (404, 20404, "soft", "sms_20404"),
        (429, 20429, "soft", "sms_20429"),
        (307, None, "soft", "sms_http_307"),
        (500, 20500, "ambiguous", "sms_20500"),
        (503, None, "ambiguous", "sms_http_503"),
    ],
)
def test_each_answer_means_something(
    provider: SmsServer, status: int, code: int | None, kind: str, name: str
) -> None:
    provider.will(refuse(status, code))
    outcome = hand_over()
    assert (outcome.kind, outcome.code) == (kind, name)
    assert outcome.blames_address == (code in (21211, 21614, 21635))
    assert outcome.withdraws_consent == (code == 21610)
    assert len(provider.taken) == 1  # no redirect is followed


def test_silence_after_the_request_may_have_been_a_yes(provider: SmsServer) -> None:
    provider.will(SILENT)
    assert hand_over() == Outcome("ambiguous", "no_answer", is_timeout=True)


def test_a_line_that_breaks_after_the_request_may_have_been_a_yes(provider: SmsServer) -> None:
    provider.will(BROKEN)
    assert hand_over() == Outcome("ambiguous", "no_answer")


def test_a_line_that_never_stood_was_certainly_no(provider: SmsServer) -> None:
    provider.shutdown()
    provider.server_close()
    assert hand_over() == Outcome("soft", "no_connection")


def test_a_yes_without_a_readable_answer_is_a_yes(provider: SmsServer) -> None:
    provider.will((201, []))  # type: ignore[arg-type]
    assert hand_over() == Outcome("sent", "sent")


def test_the_settings_name_the_gateway(settings: Any) -> None:
    assert open_gateway() is None
    settings.SMS_BACKEND = "bookings.messages.sms.MemoryGateway"
    assert isinstance(open_gateway(), MemoryGateway)


def test_the_console_shows_what_would_go_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert ConsoleGateway().hand_over(A_TEXT).kind == "sent"
    assert A_TEXT.words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "places", "parts"),
    [
        ("", 0, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 307, 307, 3),
        ("£@é" * 50, 150, 1),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("Ż" * 70, 70, 1),
        ("Ż" * 71, 71, 2),
        ("🙂" * 35, 70, 1),
        ("a" * 100 + "’", 101, 2),
    ],
)
def test_the_length_counts_as_the_networks_count(words: str, places: int, parts: int) -> None:
    assert length_of(words) == (places, parts)


def test_the_signature_is_that_of_the_provider_s_own_example(settings: Any) -> None:
    settings.SMS_TOKEN = "12345"
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    assert signature_of(address, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert is_from_provider(address, form, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_from_provider(address, {**form, "Digits": "1235"}, "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    assert not is_from_provider(address, form, "")
