"""What changes between the moment a batch is read and the mark of a message. Real transactions."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.consents import opt_in, opt_out
from bookings.messages import ahead, delivery, outbox
from bookings.messages.ahead import Known
from bookings.messages.appointments import SEEN, AppointmentSource
from bookings.messages.breaker import Breaker
from bookings.messages.relay import Relay
from bookings.messages.sms import MemoryGateway
from bookings.models import Appointment, ChannelConsent, Client, Message
from bookings.tests.conftest import NOW
from bookings.tests.factories import make_appointment, make_client
from bookings.tests.test_delivery_races import together
from practitioners.models import Location, Practitioner
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MOBILE = "+447700900982"
Change = Callable[[Appointment], Any]


class Clinic:
    """Visits of the day after tomorrow, whose reminders are due."""

    def __init__(self) -> None:
        make_clinic()
        self.place = make_location()
        make_room(self.place)
        self.service = make_service()
        self.person = make_practitioner(self.service, at=self.place)
        self.many = 0

    def remind(self, **fields: Any) -> tuple[Appointment, Message]:
        """A visit of a new client, with its reminder."""
        self.many += 1
        at = NOW + 2 * DAY + self.many * 2 * HOUR
        person = make_client(**fields)
        visit = make_appointment(self.person, self.service, self.place, at, client=person)
        outbox.write(
            "visit_reminder", source_type="appointment", source_id=visit.pk, client=person,
            occurrence=str(visit.version), now=NOW, expires_at=at,
        )  # fmt: skip
        return visit, Message.objects.about("appointment", visit.pk).get()


@pytest.fixture
def clinic(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    settings.SMS_BACKEND = "bookings.messages.sms.MemoryGateway"
    monkeypatch.setattr(delivery, "text_breaker", Breaker())
    MemoryGateway.sent.clear()
    return Clinic()


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The messages that were not marked from what was read ahead."""
    found: list[int] = []
    lock = AppointmentSource.lock

    def noted(message: Message) -> Appointment | None:
        found.append(message.pk)
        return lock(message)

    monkeypatch.setattr(AppointmentSource, "lock", staticmethod(noted))
    return found


def once_read(monkeypatch: pytest.MonkeyPatch, change: Callable[[], Any]) -> None:
    """Let something happen, and be committed, when a batch has been read and nothing is marked yet."""
    read = ahead.read

    def read_then_change(batch: Any) -> dict[int, Known]:
        known = read(batch)
        change()
        return known

    monkeypatch.setattr(ahead, "read", read_then_change)


def meeting(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """A worker says that it has read its batch, and waits with its marks until it is told."""
    read, goes_on = threading.Event(), threading.Event()

    def meet() -> None:
        read.set()
        goes_on.wait(30)

    once_read(monkeypatch, meet)
    return read, goes_on


def found(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.last_code


def set_visit(**values: Any) -> Change:
    return lambda visit: Appointment.objects.filter(pk=visit.pk).update(**values)


def set_client(**values: Any) -> Change:
    return lambda visit: Client.objects.filter(pk=visit.client_id).update(**values)


def take_back(visit: Appointment) -> None:
    outbox.cancel_open("appointment", visit.pk, code="moved")


def pass_its_limit(visit: Appointment) -> None:
    """Let its client have had ten other messages today."""
    for number in range(10):
        outbox.write(
            "letter", source_type="letter", source_id=number, client=visit.client,
            occurrence=f"{visit.pk}", now=NOW,
        )  # fmt: skip
    had = Message.objects.filter(client=visit.client_id, kind="letter")
    had.update(state=State.SENT, sending_at=NOW - HOUR)


STOPS: dict[str, tuple[Change, str, str]] = {
    "cancelled": (
        set_visit(status="cancelled", cancelled_at=NOW, cancelled_by="client"),
        "cancelled",
        "cancelled",
    ),
    "moved": (set_visit(version=2), "cancelled", "moved"),
    "completed": (set_visit(status="completed"), "cancelled", "visit_over"),
    "did not come": (set_visit(status="no_show"), "cancelled", "visit_over"),
    "gone": (lambda visit: visit.delete(), "cancelled", "source_gone"),
    "has died": (set_client(is_deceased=True), "cancelled", "client_deceased"),
    "has no address": (set_client(email=""), "cancelled", "no_address"),
    "address refused": (
        lambda visit: set_client(bounced_email=visit.client.email)(visit),
        "cancelled",
        "address_bounced",
    ),
    "taken back": (take_back, "cancelled", "moved"),
    "too many": (pass_its_limit, "pending", "fuse_client"),
}


def test_a_stop_that_is_committed_after_the_batch_was_read_stops_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, looked_at: list[int]
) -> None:
    reminded = {how: clinic.remind() for how in (*STOPS, "")}

    def stop_them() -> None:
        for how, (stop, _, _) in STOPS.items():
            stop(reminded[how][0])

    once_read(monkeypatch, stop_them)
    delivery.send_due(now=NOW)
    wanted = {how: (state, code) for how, (_, state, code) in STOPS.items()}
    assert {how: found(reminded[how][1]) for how in STOPS} == wanted
    assert found(reminded[""][1]) == (State.SENT, "sent")
    assert [one.to for one in mail.outbox] == [[reminded[""][0].client.email]]
    assert looked_at == [reminded[how][1].pk for how in STOPS]


CHANGES: dict[str, tuple[Change, str]] = {
    "address": (set_client(email="new@example.com"), "new@example.com"),
    "name": (set_client(called="Robin"), "Robin"),
    "specialist": (lambda visit: Practitioner.objects.update(name="Kim Kind"), "Kim Kind"),
    "place": (lambda visit: Location.objects.update(access_notes="Ring twice."), "Ring twice."),
    "wish": (lambda visit: opt_out(visit.client, now=NOW, channels=("sms",)), ""),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_said_is_what_was_true_when_it_was_marked(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, looked_at: list[int], what: str
) -> None:
    visit, message = clinic.remind()
    change, words = CHANGES[what]
    once_read(monkeypatch, lambda: change(visit))
    delivery.send_due(now=NOW)
    assert found(message) == (State.SENT, "sent")
    assert looked_at == [message.pk]
    (sent,) = mail.outbox
    assert words in f"{sent.to[0]} {sent.body}"


def test_what_is_as_it_was_is_marked_and_written_down_by_two_statements(
    clinic: Clinic, looked_at: list[int]
) -> None:
    """Each by a commit of its own; what a batch is read by does not grow with it."""
    counts = []
    for many in (1, 5):
        messages = [clinic.remind()[1] for _ in range(many)]
        with CaptureQueriesContext(connection) as sent:
            delivery.send_due(now=NOW)
        counts.append(sum("EXECUTE" in one["sql"] for one in sent.captured_queries))
        assert {found(one) for one in messages} == {(State.SENT, "sent")}
    assert (counts[1] - counts[0]) / 4 == 2
    assert looked_at == []


def test_a_wish_that_is_committed_while_the_mark_waits_for_its_client_counts(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, looked_at: list[int]
) -> None:
    """Their row does not change by it: only a statement behind the lock can know."""
    visit, message = clinic.remind(phone=MOBILE, preferred_channel="sms")
    assert visit.client is not None
    opt_in(visit.client, "sms", now=NOW, by="desk")
    read, changed = meeting(monkeypatch)

    def change_their_mind() -> None:
        read.wait(30)
        with transaction.atomic():
            assert visit.client is not None
            opt_out(visit.client, now=NOW, channels=("sms",))
            changed.set()
            wait_until(lambda: is_waiting("mark_visit_as_seen"))

    together(change_their_mind, lambda: delivery.send_due(now=NOW))
    assert found(message) == (State.SENT, "sent")
    assert (message.via, MemoryGateway.sent) == ("email", [])
    assert looked_at == [message.pk]


def test_a_cancel_that_is_committed_while_the_mark_waits_for_its_visit_wins(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit, message = clinic.remind()
    read, changed = meeting(monkeypatch)

    def cancel() -> None:
        read.wait(30)
        with transaction.atomic():
            set_visit(status="cancelled", cancelled_at=NOW, cancelled_by="client")(visit)
            changed.set()
            wait_until(lambda: is_waiting("mark_visit_as_seen"))

    together(cancel, lambda: delivery.send_due(now=NOW))
    assert found(message) == (State.CANCELLED, "cancelled")
    assert mail.outbox == []


def test_a_stop_that_comes_once_the_mark_has_its_locks_waits_for_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, looked_at: list[int]
) -> None:
    """Somebody holds the message, so the mark stands still with the rows that it has locked."""
    visit, message = clinic.remind()
    read, held = meeting(monkeypatch)

    def hold() -> None:
        read.wait(30)
        with transaction.atomic():
            Message.objects.select_for_update().get(pk=message.pk)
            held.set()
            wait_until(lambda: is_waiting("mark_visit_as_seen"))
            assert is_locked(Appointment, visit.pk)
            assert is_locked(Client, visit.client_id)

    together(hold, lambda: delivery.send_due(now=NOW))
    assert found(message) == (State.SENT, "sent")
    assert looked_at == []


def test_a_visit_that_is_locked_for_long_puts_its_message_back_and_stops_nobody(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, looked_at: list[int]
) -> None:
    monkeypatch.setattr(delivery, "LOCK_WAIT", "200ms")
    (stuck, its_message), (_, free) = clinic.remind(), clinic.remind()
    read, held = meeting(monkeypatch)
    done = threading.Event()

    def hold() -> None:
        read.wait(30)
        with transaction.atomic():
            Appointment.objects.select_for_update().get(pk=stuck.pk)
            held.set()
            done.wait(30)

    def send() -> None:
        delivery.send_due(now=NOW)
        done.set()

    together(hold, send)
    assert found(its_message) == (State.PENDING, "")
    assert its_message.claims == 0
    assert its_message.next_attempt_at is not None
    assert found(free) == (State.SENT, "sent")
    assert looked_at == []


def test_a_batch_that_was_read_ahead_goes_on_over_another_connection(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, looked_at: list[int]
) -> None:
    """PostgreSQL hangs up before the first result: what a session had prepared is gone with it."""
    messages = [clinic.remind()[1] for _ in range(3)]
    monkeypatch.setattr(delivery, "RECONNECT_AFTER", (0.1, 0.1, 0.1))
    hand_over, cut = Relay.hand_over, iter([True])

    def hand_over_and_cut(relay: Relay, email: Any) -> Any:
        if next(cut, False):
            connection.connection.close()
        return hand_over(relay, email)

    monkeypatch.setattr(Relay, "hand_over", hand_over_and_cut)
    delivery.send_due(now=NOW)
    assert {found(one) for one in messages} == {(State.SENT, "sent")}
    assert looked_at == []


def test_nothing_is_read_ahead_inside_an_open_transaction(clinic: Clinic) -> None:
    """What is not committed could be sent and then never have happened."""
    clinic.remind()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        delivery.send_due(now=NOW)
    assert mail.outbox == []


def test_every_table_that_is_read_ahead_is_compared() -> None:
    """A row that is read and not compared could be a stop that nobody sees."""
    read = AppointmentSource.ahead.read_by.statement
    tables = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', read))
    assert ChannelConsent._meta.db_table in tables
    assert tables == set(re.findall(r"(?:FROM|JOIN) (\w+)", SEEN))


def is_waiting(name: str) -> bool:
    """Whether somebody waits for a lock with this statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_clear_snapshot(); SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s",
            [f"%{name}%"],
        )
        return bool(cursor.fetchone()[0])


def is_locked(model: Any, key: Any) -> bool:
    try:
        with transaction.atomic():
            model.objects.select_for_update(nowait=True).get(pk=key)
    except OperationalError:
        return True
    return False


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


def test_what_is_read_ahead_is_what_django_reads() -> None:
    """A phone number has a class of its own, which is made of it when it is read."""
    visit, message = Clinic().remind(phone=MOBILE)
    usual = Client.objects.get(pk=visit.client_id)
    known = ahead.read([message])[message.pk].row.client
    both = vars(known).keys() & vars(usual).keys() - {"_state"}
    assert {"name", "email", "phone"} <= both
    assert [vars(known)[name] for name in both] == [vars(usual)[name] for name in both]
    assert known.phone.as_international == usual.phone.as_international
