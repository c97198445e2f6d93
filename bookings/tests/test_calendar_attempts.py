"""When the database is slow, in trouble or gone in the middle: once, or not at all, never twice."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import calendar
from bookings.calendar import attempts, locks
from bookings.errors import Busy, SlotTaken
from bookings.models import Appointment, Message
from bookings.tests.factories import HOUR, NOW, TEN, SmallClinic, make_user

pytestmark = pytest.mark.django_db(transaction=True)
trouble: list[str] = []


def make_trouble(event: str, appointment: Any, *, now: Any) -> None:
    """A listener that runs one statement of the list, if any is left."""
    if trouble:
        with connection.cursor() as cursor:
            cursor.execute(trouble.pop())


def error(code: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION 'made up' USING ERRCODE = '{code}'; END $$"


GONE = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
def world(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallClinic]:
    settings.APPOINTMENT_LISTENERS = [f"{__name__}.make_trouble"]
    monkeypatch.setattr(attempts, "PAUSE", (0, 0))
    monkeypatch.setattr(attempts, "LOCK_TIMEOUT", "50ms")
    trouble.clear()
    yield SmallClinic()
    trouble.clear()


def booked() -> int:
    return Appointment.objects.filter(status="booked").count()


def confirmations() -> int:
    return Message.objects.filter(kind="confirmation").count()


@pytest.mark.parametrize("code", ["55P03", "40P01", "40001"])
def test_what_postgresql_asks_to_try_again_is_tried_twice_more(world: Any, code: str) -> None:
    trouble[:] = [error(code)] * 2
    assert world.book().status == "booked"
    assert (booked(), confirmations(), trouble) == (1, 1, [])


@pytest.mark.parametrize("code", ["55P03", "40P01", "40001"])
def test_after_three_tries_it_is_busy_and_nothing_was_booked(world: Any, code: str) -> None:
    trouble[:] = [error(code)] * 4
    with pytest.raises(Busy, match="nothing was booked") as refusal:
        world.book()
    assert (refusal.value.status, booked(), confirmations(), len(trouble)) == (503, 0, 0, 1)


def test_a_statement_that_takes_too_long_is_busy_at_once(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(attempts, "STATEMENT_TIMEOUT", "300ms")
    trouble[:] = ["SELECT pg_sleep(30)"] * 2
    with pytest.raises(Busy):
        world.book()
    assert (booked(), len(trouble)) == (0, 1)


def test_another_error_is_not_hidden_and_not_repeated(world: Any) -> None:
    trouble[:] = [error("22012")] * 2
    with pytest.raises(Exception, match="made up"):
        world.book()
    assert (booked(), len(trouble)) == (0, 1)


def test_who_waits_too_long_for_a_lock_is_told_and_later_gets_through(world: Any) -> None:
    taken, enough = threading.Event(), threading.Event()

    def sit_on_it() -> None:
        with transaction.atomic():
            locks.lock((locks.PRACTITIONER, world.person.pk))
            taken.set()
            enough.wait(10)
        connection.close()

    other = threading.Thread(target=sit_on_it)
    other.start()
    taken.wait(10)
    with pytest.raises(Busy):
        world.book()
    assert booked() == 0
    enough.set()
    other.join()
    assert world.book().status == "booked"


def test_a_connection_lost_before_the_commit_books_once_by_trying_again(world: Any) -> None:
    trouble[:] = [GONE]
    assert world.book().status == "booked"
    assert (booked(), confirmations()) == (1, 1)


def test_a_connection_lost_twice_is_said(world: Any) -> None:
    trouble[:] = [GONE] * 3
    with pytest.raises(OperationalError):
        world.book()
    connection.close()
    assert (booked(), len(trouble)) == (0, 1)


@pytest.fixture
def lost_answer() -> Iterator[Any]:
    """The next commit is done, but its answer never arrives."""
    armed: list[bool] = []

    def lose(execute: Any, statement: str, *more: Any) -> Any:
        found = execute(statement, *more)
        if armed and statement.endswith("COMMIT"):
            armed.pop()
            connection.connection.close()
            raise OperationalError("server closed the connection unexpectedly")
        return found

    with connection.execute_wrapper(lose):
        yield lambda: armed.append(True)
    assert not armed


def test_an_answer_lost_after_the_commit_finds_what_was_booked(
    world: Any, lost_answer: Any
) -> None:
    world.hold()
    lost_answer()
    visit = world.confirm()
    assert (visit.status, booked(), confirmations()) == ("booked", 1, 1)


def test_the_desk_s_booking_without_a_form_is_found_as_well(world: Any, lost_answer: Any) -> None:
    lost_answer()
    visit = world.book()
    assert (Appointment.objects.get(), booked(), confirmations()) == (visit, 1, 1)


def test_changes_whose_answer_is_lost_happen_once(world: Any, lost_answer: Any) -> None:
    lost_answer()
    world.hold()
    assert Appointment.objects.count() == 1
    visit = world.confirm()
    lost_answer()
    assert calendar.move(visit, starts_at=TEN + HOUR, by=None, now=NOW).version == 2
    lost_answer()
    assert calendar.mark(visit, "completed", by=None, now=TEN + HOUR).status == "completed"
    calendar.mark(visit, "booked", by=None, now=TEN + HOUR)
    lost_answer()
    gone = calendar.cancel(visit, cancelled_by="client", by=None, now=NOW)
    gone.refresh_from_db()
    assert (gone.status, gone.version) == ("cancelled", 3)


def test_inside_another_transaction_it_refuses_to_run(world: Any) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        world.book()
    assert booked() == 0


def test_a_verb_made_of_verbs_is_one_transaction_that_runs_again_as_one(world: Any) -> None:
    runs = []

    @calendar.in_one_transaction
    def two_or_none() -> None:
        runs.append(1)
        world.book(TEN)
        world.book(TEN + HOUR)

    trouble[:] = [error("40P01")]
    two_or_none()
    assert (len(runs), booked(), confirmations()) == (2, 2, 2)


def test_a_refusal_inside_a_verb_takes_all_of_it_back(world: Any) -> None:
    @calendar.in_one_transaction
    def two_or_none() -> None:
        world.book(TEN + HOUR)
        world.book(TEN + HOUR)

    with pytest.raises(SlotTaken):
        two_or_none()
    assert (booked(), confirmations()) == (0, 0)
    assert world.book().status == "booked"


def test_a_verb_may_go_on_after_a_refusal_of_a_part(world: Any) -> None:
    @calendar.in_one_transaction
    def one_at_least() -> None:
        world.book(TEN)
        with pytest.raises(SlotTaken):
            world.book(TEN)

    one_at_least()
    assert booked() == 1


rivals: list[Any] = []


def trespass(*, starts_at: Any, **_: Any) -> None:
    """A gate, asked between our look and our write: a rival moves in without any lock."""

    def move_in() -> None:
        Appointment.objects.filter(pk=rivals.pop().pk).update(
            starts_at=starts_at, ends_at=starts_at + HOUR, busy=(starts_at, starts_at + HOUR)
        )
        connection.close()

    if rivals:
        thread = threading.Thread(target=move_in)
        thread.start()
        thread.join()


@pytest.mark.parametrize(
    "deed",
    [
        lambda world, visit: world.book(TEN + HOUR, for_staff=False),
        lambda world, visit: calendar.move(visit, starts_at=TEN + HOUR, by=None, now=NOW),
    ],
)
def test_a_rival_who_keeps_no_rule_is_found_by_the_constraint_and_named(
    world: Any, settings: Any, deed: Any
) -> None:
    visit = world.book()
    rivals[:] = [world.stranger(TEN + 5 * HOUR)]
    settings.BOOKING_GATES = [f"{__name__}.trespass"]
    with pytest.raises(SlotTaken):
        deed(world, visit)
    assert (rivals, booked()) == ([], 2)
    visit.refresh_from_db()
    assert visit.starts_at == TEN


def test_history_says_who_did_it(world: Any) -> None:
    visit = world.book()
    calendar.cancel(visit, cancelled_by="client", by=None, now=NOW)
    events = Appointment.pgh_event_model.objects.filter(pgh_obj=visit).order_by("pgh_id")  # type: ignore[attr-defined]
    who = [event.pgh_context and event.pgh_context.metadata["user"] for event in events]
    assert [(event.status, one) for event, one in zip(events, who, strict=True)] == [
        ("booked", world.user.pk),
        ("cancelled", None),
    ]


def test_who_did_it_is_said_once_in_a_transaction(world: Any) -> None:
    with CaptureQueriesContext(connection) as sent:
        world.book()
    said = ["pghistory.context_id" in one["sql"] for one in sent.captured_queries]
    assert (said.count(True), said.count(False) > 3) == (1, True)


def test_who_did_it_is_said_again_when_a_part_was_taken_back(world: Any) -> None:
    other = make_user()

    @calendar.in_one_transaction
    def both(*, by: Any) -> Appointment:
        with suppress(SlotTaken):
            world.book(by=other)
        return world.book(TEN + HOUR, by=world.user)

    world.book()
    visit = both(by=world.user)
    event = Appointment.pgh_event_model.objects.get(pgh_obj=visit)  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == world.user.pk


def test_a_form_sent_twice_at_once_is_one_visit(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(attempts, "LOCK_TIMEOUT", "3s")
    token, results = uuid.uuid4(), []
    gate = threading.Barrier(8)

    def send() -> None:
        gate.wait()
        results.append(world.book(form_token=token).pk)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(results), len(set(results)), booked(), confirmations()) == (8, 1, 1, 1)
