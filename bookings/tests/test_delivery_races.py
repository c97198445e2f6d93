"""Several workers at once, and people who change their mind in between. Real transactions."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from bookings.messages import claim, delivery, outbox, recovery, stopping
from bookings.messages.relay import open_relay
from bookings.messages.sources import Mail
from bookings.models import Client, Message
from bookings.tests.conftest import NOW, Ledger
from bookings.tests.message_sources import DeskNoteSource
from bookings.tests.smtp_server import SmtpServer

State = Message.State


@pytest.fixture
def ledger(settings: Any, transactional_db: None) -> Ledger:
    return Ledger(settings)


def together(*calls: Callable[[], Any]) -> None:
    """Run calls in threads of their own, each with its own connection, and wait for all."""
    problems: list[BaseException] = []

    def run(call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []


def test_two_workers_never_send_the_same_message(ledger: Ledger, smtp: SmtpServer) -> None:
    smtp.pause = 0.002
    messages = [ledger.write() for _ in range(60)]
    together(ledger.send, ledger.send, ledger.send)
    arrived = Counter(mail.message_id for mail in smtp.taken)
    assert len(arrived) == len(messages)
    assert set(arrived.values()) == {1}
    assert set(Message.objects.values_list("state", "claim_no")) == {(State.SENT, 1)}


def test_a_cancel_that_commits_first_wins(ledger: Ledger) -> None:
    """The worker has claimed and rendered; the verb holds the source row and cancels."""
    message = ledger.write()
    (claimed,) = claim.take("worker", now=NOW, lanes=[1], size=1)
    holding, committing = threading.Event(), threading.Event()
    outcome: list[str] = []

    def verb() -> None:
        with transaction.atomic():
            Client.objects.select_for_update().get(pk=message.client_id)
            holding.set()
            committing.wait(5)
            time.sleep(0.2)  # the worker is waiting for the row by now
            outbox.cancel_open("test", message.client_id, code="moved")

    def worker() -> None:
        holding.wait(5)
        committing.set()
        try:
            delivery.commit(claimed, now=NOW)
            outcome.append("sent")
        except claim.ClaimLost:
            outcome.append("cancelled")

    together(verb, worker)
    message.refresh_from_db()
    assert (outcome, message.state) == (["cancelled"], State.CANCELLED)


def test_a_cancel_that_comes_while_it_is_put_into_words_waits_and_finds_it_on_its_way(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = ledger.write()
    (claimed,) = claim.take("worker", now=NOW, lanes=[1], size=1)
    rendering, taken_back = threading.Event(), []
    render = DeskNoteSource.render

    def slowly(*args: Any, **more: Any) -> Mail:
        rendering.set()
        time.sleep(0.3)  # the cancel is waiting for the row by now
        return render(*args, **more)

    def verb() -> None:
        rendering.wait(5)
        with transaction.atomic():
            Client.objects.select_for_update().get(pk=message.client_id)
            taken_back.append(len(outbox.cancel_open("test", message.client_id, code="moved")))

    monkeypatch.setattr(DeskNoteSource, "render", staticmethod(slowly))
    together(verb, lambda: delivery.commit(claimed, now=NOW))
    message.refresh_from_db()
    assert (taken_back, message.state) == ([0], State.SENDING)


def test_one_message_takes_six_statements(ledger: Ledger) -> None:
    """Both marks are committed for each; the rest of a run does not grow with them."""
    counts = []
    for many in (1, 4):
        for _ in range(many):
            ledger.write()
        with CaptureQueriesContext(connection) as sent:
            ledger.send()
        counts.append(sum(one["sql"] not in ("BEGIN", "COMMIT") for one in sent.captured_queries))
    assert (counts[1] - counts[0]) / 3 <= 6


def test_a_source_that_is_locked_for_long_puts_its_message_back_and_stops_nobody(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LOCK_WAIT", "200ms")
    stuck, free = ledger.write(), ledger.write()
    holding, done = threading.Event(), threading.Event()

    def holder() -> None:
        with transaction.atomic():
            Client.objects.select_for_update().get(pk=stuck.client_id)
            holding.set()
            done.wait(10)

    def worker() -> None:
        holding.wait(5)
        ledger.send()
        done.set()

    together(holder, worker)
    stuck.refresh_from_db()
    free.refresh_from_db()
    assert (stuck.state, stuck.claims) == (State.PENDING, 0)
    assert stuck.next_attempt_at is not None
    assert free.state == State.SENT


def test_two_who_tidy_at_once_take_every_row_back_once(ledger: Ledger) -> None:
    for _ in range(30):
        ledger.write()
    for message in claim.take("dead", now=NOW, lanes=[1], size=30):
        claim.commit_to_send(message, claim.mark_of(message, address="a@example.com", now=NOW))
    Message.objects.update(lease_until="2020-01-01T00:00Z")
    together(*[lambda: recovery.take_back(now=NOW)] * 3)
    found = Message.objects.values_list("state", "is_ambiguous", "tries__result")
    assert set(found) == {(State.PENDING, True, "sender_died")}
    assert len(found) == 30


def test_being_asked_to_stop_finishes_the_message_in_hand_and_releases_the_rest(
    ledger: Ledger, smtp: SmtpServer
) -> None:
    smtp.pause = 0.1
    for _ in range(10):
        ledger.write()

    def ask() -> None:
        while not smtp.taken:
            time.sleep(0.01)
        stopping.ask()

    together(ledger.send, ask)
    left = Message.objects.filter(state=State.PENDING, claims=0).count()
    sent = Message.objects.filter(state=State.SENT).count()
    assert sent == len(smtp.taken) < 10
    assert sent + left == 10


def test_what_would_begin_late_in_its_lease_is_given_back(ledger: Ledger) -> None:
    """With a slow relay: else five slow batches would look like a row that kills its workers."""
    messages = [ledger.write() for _ in range(3)]
    batch = claim.take("worker", now=NOW, lanes=[1], size=3)
    half = claim.lease().total_seconds() / 2
    with open_relay() as relay:
        run = delivery.Run({"email": relay}, now=NOW, ends_at=time.monotonic() + 60)
        run._deliver_all(batch, took_at=time.monotonic() - half)
    found = [Message.objects.values_list("state", "claims").get(pk=row.pk) for row in messages]
    assert found == [(State.SENT, 0), (State.PENDING, 0), (State.PENDING, 0)]


def test_a_result_survives_a_database_that_hangs_up(
    ledger: Ledger, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay has said yes; PostgreSQL cuts the line before that is written down."""
    monkeypatch.setattr(delivery, "RECONNECT_AFTER", (0.1, 0.1, 0.1))
    smtp.pause = 0.3
    message = ledger.write()
    backend: list[int] = []

    def worker() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend.append(cursor.fetchone()[0])
        ledger.send()

    def cut() -> None:
        while not smtp.taken:
            time.sleep(0.01)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", backend)

    together(worker, cut)
    message.refresh_from_db()
    assert (message.state, message.is_ambiguous) == (State.SENT, False)
    assert len(smtp.taken) == 1


def test_nothing_is_sent_from_inside_an_open_transaction(ledger: Ledger) -> None:
    """What is not committed could be sent and then never have happened."""
    ledger.write()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():  # noqa: PT012
        claimed = claim.take("worker", now=NOW, lanes=[1], size=1)
        delivery.commit(claimed[0], now=NOW)
    assert Message.objects.get().state == State.PENDING
