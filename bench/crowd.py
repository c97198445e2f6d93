"""Many clients at once, in several processes, and what came of their tries."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bench import workers
from bench.clinic_1m import AHEAD, Clinic, free_starts
from bench.timing import percentile
from bookings.errors import BookingError
from bookings.models import Appointment

PROCESSES = 2
QUIET_PEOPLE = range(25, 51)
BLOCKED = timedelta(minutes=70)
OFFSETS = [timedelta(minutes=minutes) for minutes in (0, 30, 60, 90, 120)]
OVERLAPS = """
SELECT count(*) FROM bookings_appointment a JOIN bookings_appointment b ON a.id < b.id AND a.{0} = b.{0}
WHERE a.status <> 'cancelled' AND b.status <> 'cancelled' AND {1}
  AND a.starts_at > now() + interval '{2} days' AND b.starts_at > now() + interval '{2} days'
"""
RULES = {
    "practitioner_id": "a.busy && b.busy",
    "room_id": "a.busy && b.busy",
    "client_id": "tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)",
}
Try = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Slot:
    """A start of one person that many want."""

    practitioner: int
    at: datetime


@dataclass
class Seen:
    """Seconds and outcome of every try."""

    seconds: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Seen) -> None:
        self.seconds += other.seconds
        self.outcomes += other.outcomes

    @property
    def p99_ms(self) -> float:
        return 1000 * percentile(self.seconds, 0.99)


def wanted(clinic: Clinic, people: Sequence[int], count: int) -> list[Slot]:
    """Starts of people of the first place after the last seeded visit; each overlaps its neighbours."""
    days = _workdays(clinic)
    slots = [Slot(one, day + offset) for day in days for offset in OFFSETS for one in people]
    return slots[:count]


def quiet(clinic: Clinic) -> list[Slot]:
    """Starts of people whom nobody else wants: with one of these everybody opens their session."""
    return [Slot(one, day) for day in _workdays(clinic) for one in QUIET_PEOPLE]


def _workdays(clinic: Clinic) -> list[datetime]:
    first = free_starts(clinic, 1)[0].at
    days = [first + timedelta(days=day) for day in range(50)]
    return [day for day in days if day.isoweekday() < 6]


def run(
    actors: Sequence[Any], act: Callable[[Any, random.Random], list[tuple[str, float]]]
) -> Seen:
    """Let every actor do its work in a thread of its own, in as many processes as there are cores."""

    def part(number: int) -> Seen:
        return _threads(actors[number::PROCESSES], act)

    seen = Seen()
    for one in workers.together(PROCESSES, part):
        seen.add(one)
    return seen


def _threads(
    actors: Sequence[Any], act: Callable[[Any, random.Random], list[tuple[str, float]]]
) -> Seen:
    prepare: Callable[[Any], Any] = getattr(act, "prepare", lambda actor: None)
    seen, gate, lock = Seen(), threading.Barrier(len(actors)), threading.Lock()

    def work(actor: Any, seed: int) -> None:
        try:
            prepare(actor)
            gate.wait()
            found = act(actor, random.Random(seed))
        finally:
            connection.close()
        with lock:
            seen.seconds += [seconds for _, seconds in found]
            seen.outcomes.update(outcome for outcome, _ in found)

    threads = [
        threading.Thread(target=work, args=(actor, seed)) for seed, actor in enumerate(actors)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def tried(deed: Callable[[], Any]) -> tuple[str, float]:
    """Do something once: done, the code of its refusal, or the error, and how long it took."""
    began = time.perf_counter()
    try:
        deed()
        outcome = "done"
    except BookingError as refusal:
        outcome = refusal.code
    except Exception as problem:  # what it is, is looked at when all have finished
        outcome = f"error: {type(problem).__name__}"
    return outcome, time.perf_counter() - began


def errors(seen: Seen) -> int:
    return sum(count for outcome, count in seen.outcomes.items() if outcome.startswith("error"))


def double_bookings() -> int:
    """Pairs of visits that should not be, by comparing each with every other after the seeded ones."""
    with connection.cursor() as cursor:
        found = 0
        for name, rule in RULES.items():
            cursor.execute(OVERLAPS.format(name, rule, AHEAD + 1))
            found += cursor.fetchone()[0]
    return found


def left_unsold(slots: Sequence[Slot]) -> int:
    """Slots that nobody got and that nothing blocks."""
    standing = Appointment.objects.standing()
    return sum(
        not standing.filter(
            practitioner=slot.practitioner, busy__overlap=(slot.at, slot.at + BLOCKED)
        ).exists()
        for slot in slots
    )


def deadlocks() -> int:
    """How many PostgreSQL has seen in this database, those that were tried again included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
