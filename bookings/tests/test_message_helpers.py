"""One worker that hands over several messages at a time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import pytest

from bookings.messages import delivery, stopping
from bookings.messages.handover import Outcome
from bookings.messages.helping import Helpers
from bookings.messages.relay import Relay
from bookings.models import Message
from bookings.tests.conftest import NOW, Ledger
from bookings.tests.smtp_server import SmtpServer

State = Message.State


@pytest.fixture
def ledger(settings: Any, transactional_db: None) -> Ledger:
    settings.MESSAGE_BATCH, settings.MESSAGE_HELPERS = 4, 2
    return Ledger(settings)


def test_helpers_come_when_there_is_more_than_a_batch_and_nothing_goes_twice(
    ledger: Ledger, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    helped, hand_over = threading.Event(), Relay.hand_over

    def waits_for_help(relay: Relay, email: Any) -> Outcome:
        if threading.current_thread().name.startswith("helper"):
            helped.set()
        else:
            assert helped.wait(30)
        return hand_over(relay, email)

    monkeypatch.setattr(Relay, "hand_over", waits_for_help)
    messages = [ledger.write() for _ in range(40)]
    counts = ledger.send()
    assert (counts.sent, sorted(counts.ids)) == (40, sorted(one.pk for one in messages))
    assert set(Counter(mail.message_id for mail in smtp.taken).values()) == {1}
    assert set(Message.objects.values_list("state", "claim_no")) == {(State.SENT, 1)}


def test_no_helper_comes_for_less_than_a_batch(ledger: Ledger) -> None:
    for _ in range(3):
        ledger.write()
    before = threading.active_count()
    assert ledger.send().sent == 3
    assert threading.active_count() == before


def test_helpers_give_back_what_they_hold_when_asked_to_stop(
    ledger: Ledger, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over = Relay.hand_over

    def asks_to_stop(relay: Relay, email: Any) -> Outcome:
        if len(smtp.taken) >= 5:
            stopping.ask()
        return hand_over(relay, email)

    monkeypatch.setattr(Relay, "hand_over", asks_to_stop)
    for _ in range(40):
        ledger.write()
    counts = ledger.send()
    assert counts.sent == len(smtp.taken) < 40
    states = Counter(Message.objects.values_list("state", "claims"))
    assert states == {(State.SENT, 0): counts.sent, (State.PENDING, 0): 40 - counts.sent}


def test_a_relay_that_is_ill_is_tried_by_one_alone(ledger: Ledger) -> None:
    for _ in range(8):
        ledger.write()
    delivery.breaker.failed(is_timeout=True, at=time.monotonic() - 61)
    delivery.breaker.failed(is_timeout=True, at=time.monotonic() - 61)
    helper = delivery.Run({}, now=NOW, ends_at=time.monotonic() + 60)
    helper.help()
    assert set(Message.objects.values_list("state", "claim_no")) == {(State.PENDING, 0)}


def test_a_helper_leaves_alone_what_may_kill_the_process(ledger: Ledger) -> None:
    for _ in range(4):
        ledger.write()
    Message.objects.update(claims=2)
    delivery.Run({}, now=NOW, ends_at=time.monotonic() + 60).help()
    assert set(Message.objects.values_list("state", "claims")) == {(State.PENDING, 2)}
    assert ledger.send().sent == 4


def test_what_ends_a_helper_is_not_hidden(settings: Any) -> None:
    settings.MESSAGE_HELPERS = 1
    helpers = Helpers(lambda: 1 / 0)
    with helpers:
        helpers.call()
    with pytest.raises(ZeroDivisionError):
        helpers.results()
