"""A worker that is called and ends, a row that kills its worker, a broker that is gone or hangs.

Everything that can go wrong at once, with real machines: clinic/tests/faults.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.models.functions import Now

from bookings.messages import kick, outbox
from bookings.models import Message
from bookings.tests.conftest import Ledger
from bookings.tests.factories import make_appointment, make_client
from bookings.tests.smtp_server import SmtpServer
from bookings.tests.worker_process import environment, start
from practitioners.tests.factories import make_location, make_practitioner, make_service

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State
SOON = timedelta(minutes=2)


def make_confirmations(count: int) -> list[Message]:
    """Confirmations of real visits in the coming days, due at once."""
    place, service = make_location(), make_service(minutes=5)
    practitioner, now = make_practitioner(service, at=place), datetime.now(UTC)
    first = now.replace(second=0, microsecond=0) + timedelta(hours=1)
    for number in range(count):
        person = make_client()
        visit = make_appointment(
            practitioner, service, place, first + number * timedelta(minutes=10), client=person
        )
        outbox.write(
            "confirmation",
            source_type="appointment",
            source_id=visit.pk,
            occurrence="1",
            client=person,
            now=now,
        )
    return list(Message.objects.order_by("pk"))


def wait_until(is_so: Callable[[], Any], *, within: timedelta = SOON) -> None:
    ends_at = time.monotonic() + within.total_seconds()
    while not is_so():
        assert time.monotonic() < ends_at, "it did not come to that in time"
        time.sleep(0.02)


def test_a_row_that_kills_its_worker_takes_no_other_row_with_it(settings: Any) -> None:
    """Five processes die of it; then it is parked, and the others have been sent."""
    ledger = Ledger(settings)
    fine = [ledger.write() for _ in range(3)]
    deadly = ledger.write("kills its worker", send_after=datetime(2020, 1, 1, tzinfo=UTC))
    for row in fine:
        ledger.set(row, expires_at=None)
    ledger.set(deadly, expires_at=None)
    for _ in range(8):
        child = os.fork()
        if not child:
            _send_and_exit(ledger)
        os.waitpid(child, 0)
        Message.objects.filter(lease_until__isnull=False).update(lease_until=Now() - SOON)
    deadly.refresh_from_db()
    assert (deadly.state, deadly.last_code) == (State.FAILED, "poison")
    assert set(Message.objects.exclude(pk=deadly.pk).values_list("state", flat=True)) == {
        State.SENT
    }


def _send_and_exit(ledger: Ledger) -> None:
    """In a forked child: use a connection of its own, and never return to pytest."""
    try:
        connection.connection = None  # the parent's; closing it here would end it there
        ledger.send()
    finally:
        os._exit(0)


def test_a_real_worker_hears_the_kick_and_ends_in_order_when_asked(smtp: SmtpServer) -> None:
    smtp.pause = 0.03
    broker = redis.from_url(django_settings.REDIS_URL)
    broker.delete("celery")
    worker = start(
        environment(smtp),
        "-m", "celery", "-A", "clinic", "worker", "-c", "1", "--without-gossip", "--without-mingle",
    )  # fmt: skip
    try:
        make_confirmations(60)
        with transaction.atomic():
            outbox.kick()
        # A machine that is busy may miss the fifth of a second: then it is called again.
        wait_until(lambda: smtp.taken or kick.wake_worker())
        wait_until(lambda: len(smtp.taken) >= 5)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
    states = Counter(Message.objects.values_list("state", flat=True))
    assert states[State.SENT] == len(smtp.taken) < 60
    assert states == {State.SENT: len(smtp.taken), State.PENDING: 60 - len(smtp.taken)}


class TestWithoutBroker:
    """A broker that is gone, or takes the call and never answers."""

    @pytest.fixture(autouse=True)
    def _rested(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kick._Broker, "rests_until", 0.0)

    @pytest.fixture
    def hung_broker(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """A door that lets everybody in and says nothing."""
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            door.listen()
            url = f"redis://127.0.0.1:{door.getsockname()[1]}/0"
            monkeypatch.setattr(kick.current_app.conf, "broker_write_url", url)
            yield

    def test_a_hung_broker_costs_a_fifth_of_a_second_once(
        self, hung_broker: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float] = []
        result = Future.result

        def watched(future: Future[Any], timeout: float) -> Any:
            waits.append(timeout)
            return result(future, timeout)

        monkeypatch.setattr(Future, "result", watched)
        monkeypatch.setattr(kick, "REST", 60.0)
        assert [kick.wake_worker() for _ in range(5)] == [False] * 5
        assert waits == [0.2]

    def test_a_kick_that_fails_does_not_fail_what_was_written(self, hung_broker: None) -> None:
        (message,) = make_confirmations(1)
        with transaction.atomic():
            message.last_code = "written"
            message.save()
            outbox.kick()
        message.refresh_from_db()
        assert message.last_code == "written"

    def test_the_code_somebody_waits_for_is_sent_without_a_worker(
        self, hung_broker: None, settings: Any
    ) -> None:
        ledger = Ledger(settings)
        code = ledger.write(kind="sign_in_code", now=datetime.now(UTC))
        other = ledger.write(now=datetime.now(UTC))
        with transaction.atomic():
            outbox.kick_or_deliver("test", code.source_id)
        assert [mail.to for mail in ledger.outbox()] == [[code.client.email]]
        other.refresh_from_db()
        assert other.state == State.PENDING

    def test_bookings_go_out_by_hand(self, smtp: SmtpServer) -> None:
        make_confirmations(10)
        env = environment(smtp, REDIS_URL="unix:///nowhere/valkey.sock")
        done = subprocess.run(
            [sys.executable, "manage.py", "send_due", "--once"],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.startswith("sent 10,")
        assert len(smtp.taken) == 10


def test_two_timers_at_once_send_everything_once(smtp: SmtpServer) -> None:
    smtp.pause = 0.005
    make_confirmations(40)
    env = environment(smtp)
    timers = [start(env, "manage.py", "send_due", "--once") for _ in range(2)]
    assert [timer.wait(timeout=60) for timer in timers] == [0, 0]
    arrived = Counter(mail.message_id for mail in smtp.taken)
    assert (len(arrived), set(arrived.values())) == (40, {1})
