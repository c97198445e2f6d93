"""What each answer of a relay, or its silence, means for a message."""

from __future__ import annotations

import smtplib
import socket
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core import mail
from django.core.mail import BadHeaderError

from bookings.messages import delivery
from bookings.messages.relay import Outcome, Relay, outcome_of
from bookings.tests import smtp_server as does
from bookings.tests.conftest import NOW, Ledger
from bookings.tests.smtp_server import SmtpServer

A_MAIL = ("Subject", "Text\n.\nwith a dot\n", "clinic@example.com", ["maya@example.com"])


def hand_over(*behaviours: str, server: SmtpServer) -> Outcome:
    server.will(*behaviours)
    relay = Relay()
    try:
        return relay.hand_over(mail.EmailMultiAlternatives(*A_MAIL))
    finally:
        relay.close()


@pytest.mark.parametrize(
    ("behaviour", "kind", "code", "blames_address"),
    [
        (does.ACCEPT, "sent", "sent", False),
        (does.LATER_AT_RECIPIENT, "soft", "refused_450", False),
        (does.NEVER_AT_RECIPIENT, "hard", "refused_550", True),
        (does.FULL_AT_RECIPIENT, "hard", "refused_552", False),
        (does.POLICY_AT_RECIPIENT, "hard", "refused_550", False),
        (does.LATER_AFTER_DATA, "soft", "refused_451", False),
        (does.NEVER_AFTER_DATA, "hard", "refused_554", False),
        (does.SILENT_AT_SENDER, "soft", "timeout", False),
        (does.BROKEN_AT_DATA, "soft", "line_broke", False),
        (does.SILENT_AFTER_DATA, "ambiguous", "no_answer", False),
        (does.BROKEN_AFTER_DATA, "ambiguous", "no_answer", False),
    ],
)
def test_an_answer_or_its_absence_is_read(
    smtp: SmtpServer, behaviour: str, kind: str, code: str, blames_address: bool
) -> None:
    found = hand_over(behaviour, server=smtp)
    assert (found.kind, found.code, found.blames_address) == (kind, code, blames_address)


def test_a_no_to_us_is_tried_again_because_it_is_nobodys_address(smtp: SmtpServer) -> None:
    found = hand_over(does.NEVER_AT_SENDER, server=smtp)
    assert (found.kind, found.code) == ("soft", "refused_550")


def test_nobody_listening_is_certainly_not_accepted(settings: Any) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = door.getsockname()[1]
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    found = Relay().hand_over(mail.EmailMultiAlternatives(*A_MAIL))
    assert (found.kind, found.code) == ("soft", "no_connection")


@pytest.mark.parametrize("behaviour", [does.SILENT_AT_SENDER, does.SILENT_AFTER_DATA])
def test_silence_is_known_as_a_timeout(smtp: SmtpServer, behaviour: str) -> None:
    assert hand_over(behaviour, server=smtp).is_timeout


def test_the_text_arrives_as_it_was_written(smtp: SmtpServer) -> None:
    hand_over(does.ACCEPT, server=smtp)
    arrived = message_from_bytes(smtp.taken[0].content, policy=policy.default)
    assert arrived.get_content().splitlines() == ["Text", ".", "with a dot"]


def test_one_line_carries_many_mails(smtp: SmtpServer) -> None:
    relay = Relay()
    for _ in range(3):
        relay.hand_over(mail.EmailMultiAlternatives(*A_MAIL))
    relay.close()
    assert (smtp.lines, len(smtp.taken)) == (1, 3)


def test_after_something_went_wrong_a_new_line_is_opened(smtp: SmtpServer) -> None:
    relay = Relay()
    smtp.will(does.BROKEN_AT_DATA)
    kinds = [relay.hand_over(mail.EmailMultiAlternatives(*A_MAIL)).kind for _ in range(2)]
    relay.close()
    assert (kinds, smtp.lines) == (["soft", "sent"], 2)


def test_another_backend_that_cannot_say_how_far_it_got_is_ambiguous() -> None:
    lost = smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    assert outcome_of(lost, knows_how_far=False).kind == "ambiguous"
    assert outcome_of(lost, knows_how_far=True).kind == "soft"


class WebRefusal(Exception):
    """As a provider's HTTP interface answers."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
        super().__init__()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "hard"), (401, "soft"), (408, "soft"), (429, "soft"), (500, "ambiguous")],
)
def test_a_provider_that_is_asked_over_the_web_is_understood(status: int, kind: str) -> None:
    assert outcome_of(WebRefusal(status), knows_how_far=False).kind == kind


def test_a_mail_that_cannot_be_written_down_is_not_tried_again() -> None:
    assert outcome_of(BadHeaderError("two lines"), knows_how_far=False).kind == "hard"


@pytest.mark.django_db
def test_two_timeouts_and_the_rest_of_the_batch_is_given_back(
    ledger: Ledger, smtp: SmtpServer
) -> None:
    messages = [ledger.write() for _ in range(5)]
    smtp.will(does.SILENT_AT_SENDER, does.SILENT_AT_SENDER)
    counts = ledger.send()
    for message in messages:
        message.refresh_from_db()
    assert [message.claims for message in messages] == [0] * 5
    assert [message.attempts for message in messages] == [1, 1, 0, 0, 0]
    assert (counts.waiting, smtp.taken) == (2, [])
    assert ledger.send().sent == 0


@pytest.mark.django_db
def test_after_the_pause_one_probe_brings_the_others(ledger: Ledger, smtp: SmtpServer) -> None:
    delivery.breaker.timeouts, delivery.breaker.open_until = 2, 0.0
    for _ in range(3):
        ledger.write()
    assert ledger.send().sent == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "backend",
    [
        "django.core.mail.backends.locmem.EmailBackend",
        "django.core.mail.backends.filebased.EmailBackend",
        "django.core.mail.backends.dummy.EmailBackend",
        "clinic.demo_mail.EmailBackend",
    ],
)
def test_any_backend_will_do(ledger: Ledger, settings: Any, tmp_path: Any, backend: str) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = backend, str(tmp_path)
    for _ in range(2):
        ledger.write()
    assert ledger.send(NOW).sent == 2
