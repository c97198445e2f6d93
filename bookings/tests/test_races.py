"""Many at once, on a real PostgreSQL: nobody is ever booked twice."""

from __future__ import annotations

import os
import random
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from bookings import calendar
from bookings.calendar import locks
from bookings.errors import BookingError
from bookings.models import Appointment
from bookings.tests.factories import make_client, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
WORKERS = 32
ATTEMPTS = 10_000 if os.environ.get("FULL") else 640
OVERLAPS = """
SELECT count(*) FROM bookings_appointment a JOIN bookings_appointment b ON a.id < b.id
WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'
  AND (a.{0} = b.{0}) AND {1}
"""
CONSTRAINTS = ("practitioner_not_twice", "room_not_twice", "client_not_twice")


def overlaps() -> dict[str, int]:
    """Count pairs that should not be, by comparing every visit with every other."""
    visit = "a.starts_at < b.ends_at AND b.starts_at < a.ends_at"
    rules = {
        "practitioner_id": "a.busy && b.busy",
        "room_id": "a.busy && b.busy",
        "client_id": visit,
    }
    found = {}
    with connection.cursor() as cursor:
        for column, rule in rules.items():
            cursor.execute(OVERLAPS.format(column, rule))
            found[column] = cursor.fetchone()[0]
    return found


def together(count: int, work: Any) -> list[Any]:
    """Run one piece of work in so many threads that start at the same moment."""
    gate, results = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        try:
            gate.wait()
            results[number] = work(number)
        except Exception as problem:  # the test looks at every outcome
            results[number] = problem  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def world() -> Any:
    class World:
        def __init__(self) -> None:
            make_clinic(travel_minutes=0)
            self.place = make_location()
            self.rooms = [make_room(self.place) for _ in range(3)]
            self.service = make_service(start_grid=30, turnover_after=10)
            self.people = [make_practitioner(self.service, at=self.place) for _ in range(4)]
            self.user = make_user()
            self.clients = [make_client() for _ in range(WORKERS)]

    return World()


def test_of_fifty_who_want_one_time_one_gets_it_and_the_others_learn_why(world: Any) -> None:
    person = world.people[0]
    clients = [make_client() for _ in range(50)]

    def want(number: int) -> str:
        try:
            visitor = f"visitor{number}"
            calendar.hold(world.service, MONDAY, practitioner=person, visitor=visitor, now=NOW)
            calendar.confirm(
                visitor, client=clients[number], by=world.user, form_token=uuid.uuid4(), now=NOW
            )
        except BookingError as refusal:
            return refusal.code
        return "booked"

    outcomes = Counter(together(50, want))
    assert outcomes == {"booked": 1, "taken": 49}
    assert Appointment.objects.filter(status="booked").count() == 1


def mixed(world: Any, attempts: int, *, seed: int = 1) -> list[Any]:
    """Let many book, move, cancel and hold at random over the same few times."""

    def work(number: int) -> list[str]:
        chance = random.Random(seed * 1000 + number)
        mine: list[Appointment] = []
        outcomes = []
        for _ in range(attempts // WORKERS):
            at = MONDAY + timedelta(days=chance.randrange(5), minutes=30 * chance.randrange(12))
            person = chance.choice(world.people)
            try:
                what = chance.random()
                if what < 0.5 or not mine:
                    mine.append(
                        calendar.book(
                            world.service, person, at, client=world.clients[number],
                            by=world.user, location=world.place, now=NOW,
                        )
                    )  # fmt: skip
                elif what < 0.75:
                    calendar.move(
                        mine[-1],
                        starts_at=at,
                        practitioner=person,
                        by=world.user,
                        now=NOW,
                        for_staff=True,
                    )
                elif what < 0.9:
                    calendar.cancel(
                        mine.pop(), cancelled_by="clinic", by=world.user, now=NOW, for_staff=True
                    )
                else:
                    calendar.hold(world.service, at, visitor=f"visitor{number}", now=NOW)
                outcomes.append("done")
            except BookingError as refusal:
                outcomes.append(refusal.code)
        return outcomes

    return together(WORKERS, work)


def test_a_mixed_crowd_leaves_no_overlap_and_no_unexplained_refusal(world: Any) -> None:
    results = mixed(world, ATTEMPTS)
    assert [one for one in results if not isinstance(one, list)] == []
    codes = Counter(code for several in results for code in several)
    assert set(codes) <= {"done", "taken", "client_busy", "no_room", "ended", "busy"}
    assert codes["done"] > 0
    assert codes["busy"] == 0
    assert overlaps() == {"practitioner_id": 0, "room_id": 0, "client_id": 0}


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database without the three constraints, and verbs without locks: for this test only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
            [list(CONSTRAINTS)],
        )
        definitions = cursor.fetchall()
        for name in CONSTRAINTS:
            cursor.execute(f"ALTER TABLE bookings_appointment DROP CONSTRAINT {name}")
    for module in ("holds", "booking", "changes"):
        monkeypatch.setattr(f"bookings.calendar.{module}.lock", lambda *_: None)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bookings_appointment CASCADE")
        for name, definition in definitions:
            cursor.execute(f"ALTER TABLE bookings_appointment ADD CONSTRAINT {name} {definition}")


def test_without_guards_the_same_crowd_overlaps(world: Any, unguarded: None) -> None:
    for seed in range(5):
        mixed(world, 640, seed=seed)
        if any(overlaps().values()):
            return
    pytest.fail("the race is too tame: it finds nothing even without any guard")


def test_the_locks_are_those_of_postgresql() -> None:
    assert (locks.PRACTITIONER, locks.ROOM, locks.CLIENT) == (1, 2, 3)
