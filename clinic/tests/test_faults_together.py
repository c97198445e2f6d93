"""Messages fall due while machines fail and clients change their minds: none is lost.

Here each kind of fault once over 200 messages; with FULL=1 two hundred over 10,000.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from bookings.models import Message, Task
from clinic.tests.faults.kinds import KINDS, Faults
from clinic.tests.faults.ledger import Ledger, arrivals, message_id
from clinic.tests.faults.machines import LEASE, WORKERS, Machines, kill, wait_until
from clinic.tests.faults.people import People

pytestmark = pytest.mark.django_db(transaction=True)
FULL = bool(os.environ.get("FULL"))
MESSAGES = 10_000 if FULL else 200
STOPS = MESSAGES // 20
AT_ONCE = 120 if FULL else 40  # due and not sent yet
OFTEN = {
    "killed while sending": 60, "child killed": 15, "deploy": 12, "broker restarted": 12,
    "broker flushed": 12, "broker away": 1, "database restarted": 13, "relay says later": 13,
    "relay says never": 10, "relay hangs before": 8, "relay hangs after": 8,
    "relay breaks after": 12, "two beats": 8, "clock a day ahead": 8, "clock a day behind": 8,
}  # fmt: skip


def faults_in_order(chance: random.Random) -> list[str]:
    """Which fault comes after which: each kind once, or two hundred mixed."""
    names = [name for name in KINDS for _ in range(OFTEN[name] if FULL else 1)]
    chance.shuffle(names)
    return names


@pytest.fixture
def machines(transactional_db: None, settings: Any) -> Iterator[Machines]:
    settings.MESSAGE_GRACE_SECONDS = 0
    settings.APPOINTMENT_LISTENERS = [
        *settings.APPOINTMENT_LISTENERS,
        "clinic.tests.faults.people.look_now",
    ]
    made = Machines()
    made.open()
    yield made
    made.close()


def test_nothing_is_lost_unflagged_or_sent_after_a_stop(
    machines: Machines, capsys: pytest.CaptureFixture[str]
) -> None:
    began, seed = time.monotonic(), int(os.environ.get("FAULT_SEED", "1"))
    machines.smtp.pause = 0.02
    people = People(MESSAGES, seed=seed)
    faults = Faults(
        machines, people, database_away=30 if FULL else 2, broker_away=600 if FULL else 1
    )
    names = faults_in_order(random.Random(seed))
    for _ in range(WORKERS):
        machines.start_worker()
    machines.start_beat(people.now)
    for number, name in enumerate(names, start=1):
        _carry_on(people, machines, until_due=MESSAGES * number // (len(names) + 1))
        faults.inject(name)
    _carry_on(people, machines, until_due=MESSAGES)
    wait_until(lambda: _is_settled(people), "everything is settled", within=900)
    for process in (*machines.beats, *machines.workers):
        kill(process)
    ledger = Ledger.of(people, machines.smtp)
    with capsys.disabled():
        print(f"\n{_figures(ledger, people, faults, names)}, {time.monotonic() - began:.0f} s")  # noqa: T201
    assert ledger.lost == []
    assert ledger.unflagged == []
    assert ledger.after_stop == []
    assert ledger.strangers == []
    assert faults.claims_kept == [0] * Counter(names)["deploy"]
    assert faults.sent_without_broker > 0
    assert Task.objects.filter(reason_key__startswith="alarm:clock:").exists()
    assert len(people.stopped) >= STOPS // 2


def _carry_on(people: People, machines: Machines, *, until_due: int) -> None:
    """Let messages fall due as fast as they are sent, while clients change their minds."""

    def seen(public_id: object) -> int:
        return arrivals(machines.smtp)[message_id(public_id)]

    def go_on() -> bool:
        if Message.objects.open().count() < AT_ONCE:
            people.fall_due(10)
        if len(people.stopped) < STOPS * len(people.due) // MESSAGES:
            people.change_a_mind(seen)
        return len(people.due) >= until_due

    wait_until(go_on, f"{until_due} messages fall due", within=900)


def _is_settled(people: People) -> bool:
    """Nothing is on its way any more; waits for leases of the dead to run out."""
    time.sleep(LEASE / 10)
    return not Message.objects.open().filter(send_after__lte=people.now).exists()


def _figures(ledger: Ledger, people: People, faults: Faults, names: list[str]) -> str:
    return (
        f"{len(people.due)} due, {len(names)} faults {dict(Counter(names))}, "
        f"{len(people.stopped)} stops {dict(Counter(one.how for one in people.stopped.values()))}: "
        f"lost {len(ledger.lost)}, arrived twice {len(ledger.twice)} (flagged {ledger.flagged}, "
        f"unflagged {len(ledger.unflagged)}), sent after a stop {len(ledger.after_stop)}, "
        f"sends cut {faults.sends_cut}, without broker {faults.sent_without_broker}, "
        f"{dict(ledger.states)}"
    )
