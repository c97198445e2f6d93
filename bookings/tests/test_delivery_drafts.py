"""Letters of a batch that are decided and written before the turn of each. Real transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from bookings.messages import deciding, delivery, drafts
from bookings.models import Message
from bookings.tests.conftest import NOW
from bookings.tests.test_delivery_ahead import Clinic, found

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


def when_written(monkeypatch: pytest.MonkeyPatch, notice: Callable[[Message], Any]) -> None:
    """Let something happen before a letter is written."""
    write = deciding.write

    def notice_and_write(message: Message, row: object, *, now: datetime) -> Any:
        notice(message)
        return write(message, row, now=now)

    monkeypatch.setattr(deciding, "write", notice_and_write)


@pytest.mark.parametrize(
    ("fresh", "written"), [(600, [1, 2, 3, 4, 5, 6]), (-1, [1, 2, 3, 2, 3, 3])]
)
def test_a_letter_that_has_waited_long_for_its_turn_is_decided_and_written_anew(
    monkeypatch: pytest.MonkeyPatch, fresh: int, written: list[int]
) -> None:
    clinic = Clinic()
    messages = [clinic.remind()[1] for _ in range(max(written))]
    numbers = {message.pk: number for number, message in enumerate(messages, 1)}
    found_written: list[int] = []
    when_written(monkeypatch, lambda message: found_written.append(numbers[message.pk]))
    monkeypatch.setattr(drafts, "FRESH", fresh)
    delivery.send_due(now=NOW)
    assert {found(one) for one in messages} == {(State.SENT, "sent")}
    assert found_written == written
    assert len(mail.outbox) == len(messages)


def test_a_visit_that_begins_while_its_letter_waits_is_not_reminded_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clinic = Clinic()
    (_, first), (visit, second) = clinic.remind(), clinic.remind()
    monkeypatch.setattr(drafts, "FRESH", -1)
    monkeypatch.setattr(delivery.timezone, "now", lambda: visit.starts_at if mail.outbox else NOW)
    delivery.send_due()
    assert found(first) == (State.SENT, "sent")
    assert found(second) == (State.CANCELLED, "visit_over")
    assert len(mail.outbox) == 1


def test_a_letter_that_cannot_be_written_stops_none_of_its_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clinic = Clinic()
    (_, bad), (_, good) = clinic.remind(), clinic.remind()

    def break_one(message: Message) -> None:
        if message.pk == bad.pk:
            raise KeyError("broken")

    when_written(monkeypatch, break_one)
    delivery.send_due(now=NOW)
    assert found(bad) == (State.PENDING, "not_prepared")
    assert found(good) == (State.SENT, "sent")
    assert len(mail.outbox) == 1
