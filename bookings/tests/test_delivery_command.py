"""`manage.py send_due`: the same work by hand."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bookings import tasks
from bookings.messages import stopping
from bookings.messages.pretending import CannotPretend
from bookings.tests.conftest import Ledger

pytestmark = pytest.mark.django_db
THEN = "2030-10-24T09:30+01:00"
swept: list[datetime] = []


def note_sweep(*, now: datetime) -> None:
    """A sweep that only says at which moment it was asked."""
    swept.append(now)


@pytest.fixture(autouse=True)
def _sweeps(settings: Any) -> None:
    swept.clear()
    settings.SWEEPS = ["bookings.tests.test_delivery_command.note_sweep"]


def run(**options: Any) -> str:
    out = io.StringIO()
    call_command("send_due", once=True, stdout=out, **options)
    return out.getvalue()


def test_it_sends_what_is_due_and_says_what_it_did(ledger: Ledger) -> None:
    ledger.write(now=datetime(2020, 1, 1, tzinfo=UTC), expires_at=datetime(2099, 1, 1, tzinfo=UTC))
    ledger.write(send_after=datetime(2099, 1, 1, tzinfo=UTC))
    said = run()
    assert said.startswith("sent 1, waiting 0, not needed 0, failed 0, may have arrived 0")
    assert len(ledger.outbox()) == 1


def test_it_asks_every_sweep_first_at_the_moment_it_was_given(settings: Any) -> None:
    settings.ALLOW_PRETEND_NOW = True
    run(now=THEN)
    assert swept == [datetime(2030, 10, 24, 8, 30, tzinfo=UTC)]


def test_what_is_due_at_a_pretended_moment_goes_out_at_that_moment(
    ledger: Ledger, settings: Any
) -> None:
    settings.ALLOW_PRETEND_NOW = True
    message = ledger.write(send_after=datetime(2030, 10, 24, 8, 30, tzinfo=UTC))
    run(now=THEN)
    message.refresh_from_db()
    assert message.sent_at == datetime(2030, 10, 24, 8, 30, tzinfo=UTC)


def test_a_task_is_told_the_moment_as_well(ledger: Ledger, settings: Any) -> None:
    settings.ALLOW_PRETEND_NOW = True
    message = ledger.write(send_after=datetime(2030, 10, 24, 8, 30, tzinfo=UTC))
    tasks.send_due(now=THEN)
    message.refresh_from_db()
    assert message.sent_at == datetime(2030, 10, 24, 8, 30, tzinfo=UTC)


def test_outside_demo_and_test_nobody_pretends(settings: Any) -> None:
    settings.ALLOW_PRETEND_NOW = False
    with pytest.raises(CommandError, match="demo and test mode only"):
        run(now=THEN)
    assert swept == []
    with pytest.raises(CannotPretend, match="demo and test mode only"):
        tasks.send_due(now=THEN)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-10-24T09:30"])
def test_a_moment_that_cannot_be_read_is_refused_with_an_example(settings: Any, text: str) -> None:
    settings.ALLOW_PRETEND_NOW = True
    with pytest.raises(CommandError, match=r"2026-10-24T09:30\+01:00"):
        run(now=text)


def test_without_once_it_goes_on_until_it_is_asked_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naps = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        stopping.ask()

    monkeypatch.setattr("bookings.management.commands.send_due.time.sleep", nap)
    call_command("send_due", stdout=io.StringIO())
    assert (len(swept), len(naps)) == (2, 1)
