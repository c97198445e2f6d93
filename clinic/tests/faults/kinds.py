"""What goes wrong, by name. Each fault leaves the clinic as it would be soon after.

killed while sending     whoever is just handing a mail over gets SIGKILL, and is replaced
child killed             only the child that does the work; Celery makes another
deploy                   SIGTERM: ends in order, keeps no claim, the next version starts
broker restarted, broker flushed
broker away              a timer sends without it until it is back
database restarted       away for a while, in order; every second time as after a crash
relay says later, relay says never
relay hangs              before it has the mail; after it has it; the line breaks after that
two beats                both start everything
clock a day ahead, clock a day behind
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bookings.messages import heartbeat
from bookings.models import Message
from bookings.tests.smtp_server import (
    BROKEN_AFTER_DATA,
    LATER_AFTER_DATA,
    LATER_AT_RECIPIENT,
    NEVER_AFTER_DATA,
    NEVER_AT_RECIPIENT,
    SILENT_AFTER_DATA,
    SILENT_AT_SENDER,
)
from clinic.tests.faults.machines import Machines, Process, is_alive, kill, wait_until
from clinic.tests.faults.people import People

DAY = timedelta(days=1)
State = Message.State


@dataclass
class Faults:
    """Injects them one after the other and counts what ledgers need to know."""

    machines: Machines
    people: People
    database_away: float  # seconds
    broker_away: float
    sends_cut: int = 0  # sends in flight in processes that were killed
    sent_without_broker: int = 0
    claims_kept: list[int] = field(default_factory=list)
    crashes: int = 0

    def inject(self, name: str) -> None:
        KINDS[name](self)

    # --- Workers ------------------------------------------------------------------------

    def killed_while_sending(self) -> None:
        worker = self._whoever_sends()
        kill(worker)
        self.sends_cut += 1
        self.machines.replace(worker)

    def child_killed(self) -> None:
        """As by a lack of memory; the message of the task comes back to the queue."""
        pid = self._pid_that_sends()
        self.sends_cut += 1
        os.kill(pid, signal.SIGKILL)

    def deploy(self) -> None:
        worker = self._whoever_sends()
        names = self._names(worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(120) == 0
        held = Message.objects.filter(state__in=(State.CLAIMED, State.SENDING))
        kept = [name for name in held.values_list("claimed_by", flat=True) if _pid(name) in names]
        self.claims_kept.append(len(kept))
        self.machines.replace(worker)

    def _whoever_sends(self) -> Process:
        """Wait until one of our workers is just handing a mail over."""
        found: list[Process] = []

        def somebody() -> bool:
            names = self._sending()
            found[:] = [one for name in names if (one := self.machines.worker_of(name))]
            return bool(found) or self._nothing_left()

        wait_until(somebody, "somebody sends")
        return found[0] if found else self.machines.workers[0]

    def _pid_that_sends(self) -> int:
        pids: list[int] = []

        def somebody() -> bool:
            names = self._sending()
            pids[:] = [_pid(name) for name in names if self.machines.worker_of(name)]
            return bool(pids) or self._nothing_left()

        wait_until(somebody, "somebody sends")
        return pids[0] if pids else self._names(self.machines.workers[0]).pop()

    def _sending(self) -> list[str]:
        rows = Message.objects.filter(state=State.SENDING).exclude(claimed_by="")
        return list(rows.values_list("claimed_by", flat=True))

    def _nothing_left(self) -> bool:
        """Let some more fall due, so that there is somebody to wait for."""
        if not self.people.waves:
            return True
        if not Message.objects.open().exists():
            self.people.fall_due(10)
        return False

    def _names(self, worker: Process) -> set[int]:
        """The process numbers of a worker's children; what one held that was killed is not its."""
        listing = os.popen(f"ps -o pid= --ppid {worker.pid}").read()
        return {pid for line in listing.split() if is_alive(pid := int(line))}

    # --- Broker and database -----------------------------------------------------------------

    def broker_restarted(self) -> None:
        self.machines.valkey.stop()
        time.sleep(0.5)
        self.machines.valkey.start()

    def broker_flushed(self) -> None:
        self.machines.broker.flushall()

    def broker_without(self) -> None:
        """The broker is away; what falls due goes out by the timer."""
        self.machines.valkey.stop()
        ends_at = time.monotonic() + self.broker_away
        before = self._count_sent()
        while True:
            self.people.fall_due(10)
            assert self.machines.timer(self.people.now).wait(300) == 0
            if time.monotonic() >= ends_at:
                break
            time.sleep(min(60, self.broker_away / 4))
        self.sent_without_broker += self._count_sent() - before
        self.machines.valkey.start()

    def _count_sent(self) -> int:
        return Message.objects.filter(state=State.SENT).count()

    def database_restarted(self) -> None:
        self.crashes += 1
        in_order = self.crashes % 2 == 1
        self.machines.stop_database(signal.SIGINT if in_order else signal.SIGQUIT)
        time.sleep(self.database_away)
        self.machines.start_database()

    # --- The relay -----------------------------------------------------------------------

    def relay_says_later(self) -> None:
        self._relay(LATER_AT_RECIPIENT, LATER_AFTER_DATA)

    def relay_says_never(self) -> None:
        self._relay(NEVER_AT_RECIPIENT, NEVER_AFTER_DATA)

    def relay_hangs_before(self) -> None:
        self._relay(SILENT_AT_SENDER)

    def relay_hangs_after(self) -> None:
        self._relay(SILENT_AFTER_DATA)

    def relay_breaks_after(self) -> None:
        self._relay(BROKEN_AFTER_DATA)

    def _relay(self, *behaviours: str) -> None:
        self.machines.smtp.will(*behaviours)
        wait_until(
            lambda: not self.machines.smtp.plan or self._nothing_left(), "the relay was asked"
        )

    # --- Clocks ---------------------------------------------------------------------------

    def two_beats(self) -> None:
        """Their clocks differ by a second, which tells them apart."""
        second = self._beat_at(self.people.now + timedelta(seconds=1))
        self._while_sending(20)
        self.machines.stop_beat(second)

    def clock_ahead(self) -> None:
        self._another_clock(DAY)

    def clock_behind(self) -> None:
        self._another_clock(-DAY)

    def _another_clock(self, jump: timedelta) -> None:
        """Beat is restarted with another clock, and once more with the right one."""
        for now in (self.people.now + jump, self.people.now):
            self.machines.stop_beat(self.machines.beats[0])
            self._beat_at(now)
            self._while_sending(10)

    def _beat_at(self, now: datetime) -> Process:
        """Start a beat and wait until a worker has heard from it."""
        beat = self.machines.start_beat(now)
        wait_until(lambda: heartbeat.last(heartbeat.DELIVERY) == now, "a worker hears the beat")
        return beat

    def _while_sending(self, count: int) -> None:
        """Go on until some more have arrived, or for some seconds if nothing is due."""
        self.people.fall_due(count)
        wanted, ends_at = len(self.machines.smtp.taken) + count, time.monotonic() + 8
        while len(self.machines.smtp.taken) < wanted and time.monotonic() < ends_at:
            time.sleep(0.05)


def _pid(claimed_by: str) -> int:
    return int(claimed_by.split(":")[1])


KINDS: dict[str, Callable[[Faults], None]] = {
    "killed while sending": Faults.killed_while_sending,
    "child killed": Faults.child_killed,
    "deploy": Faults.deploy,
    "broker restarted": Faults.broker_restarted,
    "broker flushed": Faults.broker_flushed,
    "broker away": Faults.broker_without,
    "database restarted": Faults.database_restarted,
    "relay says later": Faults.relay_says_later,
    "relay says never": Faults.relay_says_never,
    "relay hangs before": Faults.relay_hangs_before,
    "relay hangs after": Faults.relay_hangs_after,
    "relay breaks after": Faults.relay_breaks_after,
    "two beats": Faults.two_beats,
    "clock a day ahead": Faults.clock_ahead,
    "clock a day behind": Faults.clock_behind,
}
