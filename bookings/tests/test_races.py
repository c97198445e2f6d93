"""Many at once, on a real PostgreSQL: nobody is ever booked twice and nobody waits for ever.

The last test is the proof that the others can fail: in a database of its own without
the three constraints and without locks, the same crowd books twice.
"""

from __future__ import annotations

import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections

from bookings import calendar
from bookings.as_shown import as_it_is
from bookings.calendar import attempts
from bookings.calendar.turns import Turns
from bookings.errors import BookingError
from bookings.models import Appointment, Message
from bookings.tests.factories import make_appointment, make_client, make_user
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
LATER = NOW + timedelta(minutes=11)  # holds of NOW have run out
WORKERS = 32
ATTEMPTS = 10_000 if os.environ.get("FULL") else 1_000
EXPECTED = {"taken", "client_busy", "no_room", "ended", "hold_expired", "changed"}
# A series that moves by some days may reach a weekend; nothing else leaves the hours. Of a
# visit that was neither moved nor cancelled there is nothing to undo.
OF_ITS_OWN = {("move_from", "outside_hours"), ("put_back", "too_late")}
OVERLAPS = """
SELECT count(*) FROM bookings_appointment a JOIN bookings_appointment b ON a.id < b.id
WHERE a.status <> 'cancelled' AND b.status <> 'cancelled' AND a.{0} = b.{0} AND {1}
"""
RULES = {
    "practitioner_id": "a.busy && b.busy",
    "room_id": "a.busy && b.busy",
    "client_id": "tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)",
}
NONE = dict.fromkeys(RULES, 0)


@pytest.fixture(autouse=True)
def _nobody_waits_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL meets all of them at once, as it does from many processes."""
    monkeypatch.setattr(attempts, "turns", Turns(WORKERS))


def number_from(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def overlaps() -> dict[str, int]:
    """Count pairs that should not be, by comparing every visit with every other."""
    return {name: number_from(OVERLAPS.format(name, rule)) for name, rule in RULES.items()}


def deadlocks() -> int:
    """How many PostgreSQL has seen in this database, those that were tried again included."""
    return number_from("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
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


def said(verb: Callable[[], Any]) -> str:
    """What came of it: done, or the code of the refusal."""
    try:
        verb()
    except BookingError as refusal:
        return refusal.code
    return "done"


class Crowd:
    """Four specialists, three rooms, twenty clients: 200 starts that overlap by halves.

    Everybody may touch everybody's visits, as a desk with many hands would.
    """

    def __init__(self) -> None:
        make_clinic(travel_minutes=0)
        self.place = make_location()
        self.rooms = [make_room(self.place) for _ in range(3)]
        self.service = make_service(start_grid=30, turnover_after=10)
        self.people = [make_practitioner(self.service, at=self.place) for _ in range(4)]
        self.user = make_user()
        self.clients = [make_client() for _ in range(20)]
        self.visits: list[Appointment] = []
        self.seconds: list[float] = []
        self.problems: list[Any] = []

    def run(self, attempts: int, *, seed: int) -> Counter[tuple[str, str]]:
        """Let all of them do something at random; returns how often what ended how.

        What is no refusal but an error is kept in `problems`.
        """

        def work(number: int) -> list[tuple[str, str]]:
            chance = random.Random(seed * 1000 + number)
            return [self.once(chance, number) for _ in range(attempts // WORKERS)]

        results = together(WORKERS, work)
        self.problems = [one for one in results if not isinstance(one, list)]
        lists = [one for one in results if isinstance(one, list)]
        return Counter(outcome for several in lists for outcome in several)

    def once(self, chance: random.Random, number: int) -> tuple[str, str]:
        deeds = (self.book, self.move, self.cancel, self.hold, self.confirm, self.extend, self.drop,
                 self.series, self.move_from, self.cancel_from, self.lengthen,
                 self.put_back)  # fmt: skip
        deed = chance.choices(deeds, weights=(30, 20, 10, 20, 15, 3, 2, 6, 3, 1, 3, 10))[0]
        began = time.perf_counter()
        outcome = said(lambda: deed(chance, f"visitor{number % 24}"))
        self.seconds.append(time.perf_counter() - began)
        return deed.__name__, outcome

    def start(self, chance: random.Random) -> datetime:
        return MONDAY + timedelta(days=chance.randrange(5), minutes=30 * chance.randrange(10))

    def book(self, chance: random.Random, visitor: str) -> None:
        visit = calendar.book(
            self.service, chance.choice(self.people), self.start(chance),
            client=chance.choice(self.clients), by=self.user, location=self.place, now=NOW,
        )  # fmt: skip
        self.visits.append(visit)

    def move(self, chance: random.Random, visitor: str) -> None:
        if self.visits:
            calendar.move(
                chance.choice(self.visits), starts_at=self.start(chance),
                practitioner=chance.choice(self.people), by=self.user, now=NOW, for_staff=True,
            )  # fmt: skip

    def cancel(self, chance: random.Random, visitor: str) -> None:
        if self.visits:
            calendar.cancel(
                chance.choice(self.visits),
                cancelled_by="clinic",
                by=self.user,
                now=NOW,
                for_staff=True,
            )

    def series(self, chance: random.Random, visitor: str) -> None:
        first = self.start(chance)
        choices = [
            (chance.choice(self.people), self.place, first + timedelta(weeks=week))
            for week in range(3)
        ]
        made = calendar.book_series(
            self.service, choices, client=chance.choice(self.clients), by=self.user,
            form_token=uuid.uuid4(), now=NOW,
        )  # fmt: skip
        self.visits.extend(made.appointments.all())

    def move_from(self, chance: random.Random, visitor: str) -> None:
        if self.visits:
            calendar.move_from(
                chance.choice(self.visits), starts_at=self.start(chance),
                practitioner=chance.choice(self.people), by=self.user, now=NOW, for_staff=True,
            )  # fmt: skip

    def cancel_from(self, chance: random.Random, visitor: str) -> None:
        if self.visits:
            calendar.cancel_from(
                chance.choice(self.visits), cancelled_by="clinic", by=self.user, now=NOW,
                for_staff=True,
            )  # fmt: skip

    def put_back(self, chance: random.Random, visitor: str) -> None:
        if self.visits:
            visit = chance.choice(self.visits)
            version = Appointment.objects.values_list("version", flat=True).get(pk=visit.pk)
            calendar.put_back(visit, version=version, by=self.user, now=NOW, for_staff=True)

    def lengthen(self, chance: random.Random, visitor: str) -> None:
        if self.visits:
            length = timedelta(minutes=chance.choice((45, 60, 75)))
            calendar.change_length(chance.choice(self.visits), length=length, by=self.user, now=NOW)

    def hold(self, chance: random.Random, visitor: str) -> None:
        person = chance.choice([None, *self.people])
        now = chance.choice([NOW, LATER])
        calendar.hold(
            self.service, self.start(chance), practitioner=person, visitor=visitor, now=now
        )

    def confirm(self, chance: random.Random, visitor: str) -> None:
        visit = calendar.confirm(
            visitor, client=chance.choice(self.clients), by=self.user,
            form_token=uuid.uuid4(), now=NOW,
        )  # fmt: skip
        self.visits.append(visit)

    def extend(self, chance: random.Random, visitor: str) -> None:
        calendar.extend_hold(visitor, now=NOW)

    def drop(self, chance: random.Random, visitor: str) -> None:
        calendar.release_hold(visitor)


@pytest.fixture
def crowd() -> Crowd:
    crowd = Crowd()
    make_clinic(travel_minutes=0, max_open_bookings=10_000)
    return crowd


def test_of_fifty_who_want_one_time_one_gets_it_and_the_others_learn_why(crowd: Crowd) -> None:
    person = crowd.people[0]
    clients = [make_client() for _ in range(50)]

    def want(number: int) -> str:
        def go() -> None:
            visitor = f"visitor{number}"
            calendar.hold(
                crowd.service, MONDAY, practitioner=person, location=crowd.place,
                visitor=visitor, now=NOW,
            )  # fmt: skip
            calendar.confirm(
                visitor, client=clients[number], by=crowd.user, form_token=uuid.uuid4(), now=NOW
            )

        return said(go)

    assert Counter(together(50, want)) == {"done": 1, "taken": 49}
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_of_fifty_at_the_desk_one_books(crowd: Crowd) -> None:
    def want(number: int) -> str:
        return said(
            lambda: calendar.book(
                crowd.service, crowd.people[0], MONDAY,
                client=crowd.clients[number % 20], by=crowd.user, location=crowd.place, now=NOW,
            )
        )  # fmt: skip

    assert Counter(together(50, want)) == {"done": 1, "taken": 49}


def test_any_specialist_sells_every_room_and_no_more(crowd: Crowd) -> None:
    def want(number: int) -> str:
        return said(
            lambda: calendar.hold(crowd.service, MONDAY, visitor=f"visitor{number}", now=NOW)
        )

    before = deadlocks()
    outcomes = Counter(together(24, want))
    assert (outcomes["done"], outcomes["done"] + outcomes["taken"] + outcomes["no_room"]) == (3, 24)
    assert Appointment.objects.values("room").distinct().count() == 3
    assert deadlocks() == before


def test_one_client_is_in_one_place(crowd: Crowd) -> None:
    def want(number: int) -> str:
        return said(
            lambda: calendar.book(
                crowd.service, crowd.people[number % 3], MONDAY,
                client=crowd.clients[0], by=crowd.user, location=crowd.place, now=NOW,
            )
        )  # fmt: skip

    outcomes = Counter(together(12, want))
    assert outcomes["done"] == 1
    assert set(outcomes) <= {"done", "taken", "client_busy"}


def test_one_press_too_many_is_one_visit(crowd: Crowd) -> None:
    token = uuid.uuid4()
    calendar.hold(crowd.service, MONDAY, visitor="me", now=NOW)

    def press(number: int) -> int:
        return calendar.confirm(
            "me", client=crowd.clients[0], by=crowd.user, form_token=token, now=NOW
        ).pk

    assert len(set(together(16, press))) == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_visitors_who_swap_their_times_do_not_wait_for_each_other(crowd: Crowd) -> None:
    before = deadlocks()

    def swap(number: int) -> list[str]:
        return [
            said(
                lambda turn=turn: calendar.hold(  # type: ignore[misc]
                    crowd.service, MONDAY, practitioner=crowd.people[(number + turn) % 3],
                    location=crowd.place, visitor=f"visitor{number}", now=NOW,
                )
            )
            for turn in range(30)
        ]  # fmt: skip

    results = together(3, swap)
    assert {outcome for several in results for outcome in several} <= {"done", "taken", "no_room"}
    assert deadlocks() == before
    assert overlaps() == NONE


def test_visits_that_change_places_do_not_wait_for_each_other(crowd: Crowd) -> None:
    before = deadlocks()
    visits = [
        calendar.book(
            crowd.service, person, MONDAY,
            client=client, by=crowd.user, location=crowd.place, now=NOW,
        )
        for person, client in zip(crowd.people[:2], crowd.clients, strict=False)
    ]  # fmt: skip

    def move(number: int) -> list[str]:
        return [
            said(
                lambda turn=turn: calendar.move(  # type: ignore[misc]
                    visits[number % 2], starts_at=MONDAY + timedelta(minutes=30 * (turn % 4)),
                    practitioner=crowd.people[(number + turn) % 2], by=None, now=NOW,
                )
            )
            for turn in range(20)
        ]  # fmt: skip

    results = together(6, move)
    assert {outcome for several in results for outcome in several} <= {"done", "taken"}
    assert deadlocks() == before
    assert overlaps() == NONE


def test_a_mixed_crowd_leaves_no_overlap_no_deadlock_and_no_unnamed_refusal(
    crowd: Crowd, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With patience enough, nobody is told "busy", however slow the machine is."""
    monkeypatch.setattr(attempts, "LOCK_TIMEOUT", "60s")
    monkeypatch.setattr(attempts, "STATEMENT_TIMEOUT", "90s")
    before = deadlocks()
    outcomes = crowd.run(ATTEMPTS, seed=1)
    assert crowd.problems == []
    assert {code for _, code in set(outcomes) - OF_ITS_OWN} <= {"done", *EXPECTED}
    for deed in ("book", "move", "cancel", "hold", "confirm", "series", "lengthen"):
        assert outcomes[deed, "done"] > 0
    assert overlaps() == NONE
    assert deadlocks() == before
    stored = set(Appointment.objects.exclude(status="held").values_list("pk", flat=True))
    assert stored == {visit.pk for visit in crowd.visits}
    told = Message.objects.filter(kind="confirmation").values_list("source_id", flat=True)
    of_many = dict(
        Appointment.objects.exclude(series=None).values_list("pk", "series")
    )  # one confirmation for all of them
    assert {int(pk) for pk in told} - set(of_many) == stored - set(of_many)
    assert {of_many[int(pk)] for pk in told if int(pk) in of_many} == set(of_many.values())
    seconds = sorted(crowd.seconds)
    figures = {
        name: seconds[int(len(seconds) * part)] for name, part in (("p50", 0.5), ("p99", 0.99))
    }
    record_property("milliseconds", {name: round(1000 * one, 1) for name, one in figures.items()})
    print("race", {name: round(1000 * one, 1) for name, one in figures.items()}, dict(outcomes))  # noqa: T201


WITHOUT_GUARDS = [
    *(
        f"ALTER TABLE bookings_appointment DROP CONSTRAINT {name}_not_twice"
        for name in ("practitioner", "room", "client")
    ),
    # Found before PostgreSQL's own by the search path of this database.
    "CREATE FUNCTION pg_advisory_xact_lock(int, int) RETURNS void LANGUAGE sql AS ''",
    "CREATE FUNCTION pg_try_advisory_xact_lock(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true'",
]


@pytest.fixture
def unguarded(transactional_db: None) -> Iterator[None]:
    """A copy of the database without constraints and locks; the product knows nothing of it."""
    guarded = connection.settings_dict["NAME"]
    copy = f"{guarded}_unguarded"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        # A database with somebody in it cannot be copied: threads of earlier tests may linger.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid()",
            [guarded],
        )
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
                [guarded],
            )
            if not cursor.fetchone()[0]:
                break
            time.sleep(0.02)
        cursor.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{guarded}"')
        cursor.execute(f'ALTER DATABASE "{copy}" SET search_path = public, pg_catalog')
    _point_at(copy)
    with connection.cursor() as cursor:
        for statement in WITHOUT_GUARDS:
            cursor.execute(statement)
    yield
    _point_at(guarded)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


def _point_at(name: str) -> None:
    """Let this thread, and threads that start later, use another database."""
    connection.close()
    connection.settings_dict["NAME"] = name
    assert connections.settings["default"] is connection.settings_dict


def test_without_guards_the_same_crowd_books_twice(unguarded: None) -> None:
    crowd = Crowd()
    make_clinic(travel_minutes=0, max_open_bookings=10_000)
    assert connection.settings_dict["NAME"].endswith("_unguarded")
    for seed in range(5):
        crowd.run(320, seed=seed)
        if overlaps()["practitioner_id"]:
            return
    pytest.fail("The race is too tame: it finds nothing even without any guard.")


def test_the_guards_are_there() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'x'"
            " AND conrelid = 'bookings_appointment'::regclass ORDER BY conname"
        )
        names = [name for (name,) in cursor.fetchall()]
    assert names == ["client_not_twice", "practitioner_not_twice", "room_not_twice"]


def test_of_many_who_move_a_visit_on_pages_of_the_same_age_one_does(crowd: Crowd) -> None:
    """Each to another time; who presses twice for the same time has done it once."""
    before = deadlocks()
    visit = calendar.book(
        crowd.service, crowd.people[0], MONDAY,
        client=crowd.clients[0], by=crowd.user, location=crowd.place, now=NOW,
    )  # fmt: skip
    shown = {visit.pk: as_it_is(visit)}

    def press(number: int) -> str:
        to = MONDAY + timedelta(days=1, minutes=30 * (number % 8))
        verbs = (
            lambda: calendar.move(
                visit, starts_at=to, by=None, now=NOW, for_staff=True, shown=shown
            ),
            lambda: calendar.move_from(
                visit, starts_at=to, by=None, now=NOW, for_staff=True, shown=shown
            ),
        )
        return said(verbs[number // 8 % 2])

    assert Counter(together(16, press)) == {"done": 2, "moved_meanwhile": 14}
    visit.refresh_from_db()
    assert visit.version == 2
    assert deadlocks() == before


def test_of_many_who_last_longer_each_gets_a_room_of_their_own_or_none(crowd: Crowd) -> None:
    """Two at eleven stand in the rooms of two at ten; the third room takes one of those."""
    before = deadlocks()
    one, two, three = crowd.rooms
    ten = MONDAY + timedelta(hours=1)
    visits = [
        make_appointment(person, crowd.service, crowd.place, at, room=room)
        for person, at, room in zip(
            crowd.people, (ten, ten, ten + timedelta(hours=1, minutes=15),
                           ten + timedelta(hours=1, minutes=15)),
            (one, two, one, two), strict=True,
        )
    ]  # fmt: skip

    def press(number: int) -> str:
        minutes = timedelta(minutes=75 + 5 * (number // 2 % 2))
        return said(
            lambda: calendar.change_length(visits[number % 2], length=minutes, by=None, now=NOW)
        )

    outcomes = together(16, press)
    assert set(outcomes) <= {"done", "taken"}
    rooms = [Appointment.objects.get(pk=visit.pk).room for visit in visits[:2]]
    assert rooms.count(three) == 1
    assert overlaps() == NONE
    assert deadlocks() == before


def test_of_who_undoes_and_who_books_one_gets_the_time(crowd: Crowd) -> None:
    visit = calendar.book(
        crowd.service, crowd.people[0], MONDAY,
        client=crowd.clients[0], by=crowd.user, location=crowd.place, now=NOW,
    )  # fmt: skip
    gone = calendar.cancel(visit, cancelled_by="clinic", by=None, now=NOW, for_staff=True)

    def press(number: int) -> str:
        if number % 2:
            return said(
                lambda: calendar.put_back(gone, version=2, by=None, now=NOW, for_staff=True)
            )
        return said(
            lambda: calendar.book(
                crowd.service, crowd.people[0], MONDAY, client=crowd.clients[number + 1],
                by=crowd.user, location=crowd.place, now=NOW,
            )
        )  # fmt: skip

    results = together(16, press)
    pressed, booked = Counter(results[1::2]), Counter(results[::2])
    assert (pressed["done"], booked["done"]) in ((8, 0), (0, 1))
    assert set(results) <= {"done", "taken"}
    assert Appointment.objects.standing().count() == 1
    assert overlaps() == NONE
