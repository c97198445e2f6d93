"""How often a verb asks the database, and what goes along with its statements."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import calendar
from bookings.calendar.writing import update
from bookings.errors import ClientBusy, SlotTaken
from bookings.models import Appointment
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_client,
    make_practitioner,
    make_room,
)
from practitioners.later import later
from practitioners.models import Service

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> SmallClinic:
    return SmallClinic()


@contextmanager
def asking(times: int) -> Iterator[None]:
    """The database is asked so often, BEGIN and COMMIT not counted."""
    with CaptureQueriesContext(connection) as sent:
        yield
    asked = [one["sql"] for one in sent.captured_queries]
    asked = [one for one in asked if one not in ("BEGIN", "COMMIT", "ROLLBACK")]
    assert len(asked) == times, "\n".join(one[:200] for one in asked)


def move(visit: Any, to: Any = TEN + HOUR, **more: Any) -> Appointment:
    return calendar.move(visit, starts_at=to, **{"by": None, "now": NOW, **more})


def stored(visit: Appointment) -> Any:
    return Appointment.objects.get(pk=visit.pk)


def who_wrote(visit: Appointment) -> list[Any]:
    events: Any = Appointment.pgh_event_model  # type: ignore[attr-defined]
    rows = events.objects.filter(pgh_obj=visit).order_by("pgh_id")
    return [row.pgh_context and row.pgh_context.metadata["user"] for row in rows]


# How often


def test_a_booking_asks_three_times_and_a_refused_one_once(world: SmallClinic) -> None:
    world.book()
    with asking(3):
        world.book(TEN + HOUR)
    with asking(1), suppress(SlotTaken):
        world.book(TEN + HOUR)


def test_a_move_asks_three_times_and_a_refused_one_once(world: SmallClinic) -> None:
    visit = world.book()
    world.stranger(TEN + 2 * HOUR)
    move(visit, TEN + 3 * HOUR, for_staff=True)
    with asking(3):
        move(visit, TEN + HOUR, for_staff=True)
    with asking(1), suppress(SlotTaken):
        move(visit, TEN + 2 * HOUR, for_staff=True)


def test_a_visit_that_was_read_alone_moves_without_its_service(world: SmallClinic) -> None:
    alone, where = stored(world.book()), {"practitioner": world.person, "location": world.place}
    move(world.book(TEN + 3 * HOUR), TEN + 4 * HOUR, for_staff=True, **where)
    with asking(3):
        moved = move(alone, for_staff=True, **where)
    assert (moved.starts_at, moved.service) == (TEN + HOUR, world.service)


def test_a_client_s_booking_asks_three_times(world: SmallClinic) -> None:
    world.booked()
    world.hold(at=TEN + HOUR)
    with asking(3):
        world.confirm()


def test_a_client_who_is_busy_next_to_what_is_kept_may_book_it(world: SmallClinic) -> None:
    Service.objects.update(turnover_after=15)
    other = world.another()
    make_appointment(other, world.service, world.place, TEN + HOUR, client=world.client)
    assert world.booked(at=TEN).starts_at == TEN
    make_appointment(other, world.service, world.place, TEN + 4 * HOUR, client=world.client)
    with pytest.raises(ClientBusy):
        world.booked(at=TEN + 4 * HOUR)


def test_a_cancellation_asks_five_times(world: SmallClinic) -> None:
    visits = [world.book(TEN + hours * HOUR) for hours in range(2)]
    about: Any = {"cancelled_by": "client", "by": world.user, "now": NOW}
    calendar.cancel(visits[0], **about)
    with asking(5):
        calendar.cancel(visits[1], **about)


# What was locked for a service that has changed meanwhile


def test_a_room_that_was_locked_for_a_shorter_session_is_not_taken(world: SmallClinic) -> None:
    visit, second = world.book(), make_room(world.place)
    other = make_practitioner(world.service, at=world.place)
    make_appointment(other, world.service, world.place, TEN + 2 * HOUR, room=world.room)
    Service.objects.update(minutes=90)
    moved = move(visit)
    assert (moved.room, stored(visit).room) == (second, second)
    assert moved.ends_at == TEN + HOUR + 90 * MINUTE


def test_a_visit_that_was_read_alone_gets_what_is_blocked_around_it_now(world: SmallClinic) -> None:
    alone = stored(world.book())
    Service.objects.update(turnover_before=10, turnover_after=15)
    busy = move(alone).busy
    assert (busy.lower, busy.upper) == (TEN + HOUR - 10 * MINUTE, TEN + 2 * HOUR + 15 * MINUTE)


def test_a_client_who_is_busy_in_the_time_that_is_new_is_not_booked_twice(
    world: SmallClinic,
) -> None:
    visit, make = world.book(), make_practitioner(world.service, at=world.place)
    make_appointment(make, world.service, world.place, TEN + 2 * HOUR, client=world.client)
    Service.objects.update(minutes=90)
    with pytest.raises(ClientBusy):
        move(visit)
    assert stored(visit).starts_at == TEN


def test_who_is_busy_next_to_it_may_move_there(world: SmallClinic) -> None:
    Service.objects.update(turnover_after=15)
    visit, other = world.book(), world.another()
    make_appointment(other, world.service, world.place, TEN + 3 * HOUR, client=world.client)
    assert move(visit, TEN + 2 * HOUR).starts_at == TEN + 2 * HOUR


# What goes along


def test_what_nothing_follows_is_written_before_the_end(world: SmallClinic) -> None:
    visit = world.book()

    @calendar.in_one_transaction
    def note(*, by: Any) -> None:
        visit.desk_note = "100% %s"
        update(visit, "desk_note")

    note(by=world.user)
    assert (stored(visit).desk_note, who_wrote(visit)) == ("100% %s", [world.user.pk] * 2)


def test_what_comes_next_sees_it(world: SmallClinic) -> None:
    visit = world.book()

    @calendar.in_one_transaction
    def note() -> Any:
        visit.desk_note = "100%"
        update(visit, "desk_note")
        plain = Appointment.objects.values_list("desk_note", flat=True).get(pk=visit.pk)
        visit.desk_note = "50%"
        update(visit, "desk_note")
        with connection.cursor() as cursor:
            cursor.execute("SELECT desk_note FROM bookings_appointment")
            return plain, cursor.fetchone()[0]

    assert note() == ("100%", "50%")


def test_many_are_written_after_it_and_it_is_written_once(world: SmallClinic) -> None:
    visit = world.book()

    @calendar.in_one_transaction
    def note() -> None:
        visit.desk_note = "first"
        update(visit, "desk_note")
        with connection.cursor() as cursor:
            line = "UPDATE bookings_appointment SET desk_note = desk_note || %s"
            cursor.executemany(line, [[" second"], [" third"]])

    note()
    assert stored(visit).desk_note == "first second third"


def test_a_part_that_is_refused_takes_back_what_it_has_not_said_yet(world: SmallClinic) -> None:
    visit, other = world.book(), make_client()

    @calendar.in_one_transaction
    def part() -> None:
        visit.desk_note = "never"
        update(visit, "desk_note")
        raise SlotTaken

    @calendar.in_one_transaction
    def whole() -> None:
        visit.client = other
        update(visit, "client")
        with suppress(SlotTaken):
            part()

    whole()
    assert (stored(visit).desk_note, stored(visit).client) == ("", other)


def test_what_a_constraint_refuses_makes_the_verb_look_again(world: SmallClinic) -> None:
    visit, rival = world.book(), world.book(TEN + HOUR, client=make_client())
    tries: list[str] = []

    @calendar.in_one_transaction
    def crowd_together() -> None:
        tries.append(stored(visit).desk_note)
        visit.desk_note, visit.busy = "both", rival.busy
        visit.starts_at, visit.ends_at = rival.starts_at, rival.ends_at
        if len(tries) == 1:
            update(visit, "desk_note", "starts_at", "ends_at", "busy")

    crowd_together()
    assert (tries, stored(visit).starts_at) == (["", ""], TEN)


def test_where_nobody_collects_it_is_written_at_once(world: SmallClinic) -> None:
    visit = world.book()
    visit.desk_note = "now"
    with asking(1):
        update(visit, "desk_note")
    assert stored(visit).desk_note == "now"
    with asking(0):
        later("")


# How a transaction begins and ends


def in_transaction() -> bool:
    """Whether the server thinks that our line is inside a transaction."""
    return bool(connection.connection.info.transaction_status)


def test_a_transaction_begins_with_the_first_statement_and_ends_with_the_last(
    world: SmallClinic,
) -> None:
    world.book()
    with connection.execute_wrapper(said := Heard()):
        world.book(TEN + HOUR)
    begin, *_, end = said.statements
    assert (begin[:6], end[-6:]) == ("BEGIN;", "COMMIT")
    assert not in_transaction()


class Heard:
    """Every statement as it is sent."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Any, statement: str, *more: Any) -> Any:
        self.statements.append(statement)
        return execute(statement, *more)


def test_an_update_that_nothing_precedes_is_a_transaction_of_one_statement(
    world: SmallClinic,
) -> None:
    visit = world.book()
    visit.desk_note = "once"

    @calendar.in_one_transaction
    def note() -> None:
        update(visit, "desk_note")

    with connection.execute_wrapper(said := Heard()):
        note()
    (only,) = said.statements
    assert (only[:6], only[-6:]) == ("BEGIN;", "COMMIT")
    assert stored(visit).desk_note == "once"


@pytest.mark.parametrize("problem", [SlotTaken, DataError, KeyboardInterrupt])
def test_whatever_ends_a_verb_takes_it_back(world: SmallClinic, problem: Any) -> None:
    visit = world.book()

    @calendar.in_one_transaction
    def note() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE bookings_appointment SET desk_note = 'never'")
            if problem is DataError:
                cursor.execute("SELECT 1 / 0")
        raise problem

    with pytest.raises(problem):
        note()
    assert (in_transaction(), stored(visit).desk_note) == (False, "")
    assert world.book(TEN + HOUR).status == "booked"


def test_what_shall_not_be_committed_is_taken_back(world: SmallClinic) -> None:
    visit = world.book()

    @calendar.in_one_transaction
    def note() -> None:
        Appointment.objects.update(desk_note="never")
        transaction.set_rollback(True)

    note()
    assert (in_transaction(), stored(visit).desk_note) == (False, "")


def test_what_waits_for_the_commit_finds_it_done(world: SmallClinic) -> None:
    found: list[Any] = []

    def look() -> None:
        found.append((in_transaction(), connection.in_atomic_block, Appointment.objects.count()))

    @calendar.in_one_transaction
    def whole() -> None:
        transaction.on_commit(look)
        world.book()
        assert in_transaction()
        found.append("booked")

    whole()
    assert found == ["booked", (False, False, 1)]


def test_other_transactions_begin_and_end_as_ever(world: SmallClinic) -> None:
    visit = world.book()
    with suppress(SlotTaken), transaction.atomic():
        Appointment.objects.update(desk_note="never")
        raise SlotTaken
    assert stored(visit).desk_note == ""
    with transaction.atomic():
        Appointment.objects.update(desk_note="kept")
    assert (in_transaction(), stored(visit).desk_note) == (False, "kept")


def test_a_line_that_is_lost_before_it_is_taken_back_is_replaced(world: SmallClinic) -> None:
    visit = world.book()

    @calendar.in_one_transaction
    def note() -> None:
        Appointment.objects.update(desk_note="never")
        os.close(connection.connection.fileno())
        raise SlotTaken

    with pytest.raises(SlotTaken):
        note()
    assert (stored(visit).desk_note, in_transaction()) == ("", False)
