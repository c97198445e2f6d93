"""What arrived at the relay beside what the database says.

lost        promised, due and not stopped, but neither arrived nor a person told
twice       arrived more than once; the database must have flagged it, under one Message-ID
after stop  handed over, or arrived, although the client's change of mind was committed
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bookings.models import Appointment, Message, MessageAttempt, Task
from bookings.tests.smtp_server import SmtpServer
from clinic.tests.faults.people import PROMISED, People, Stopped
from treatment_plans.models import TreatmentPlan

State = Message.State
DOMAIN = "example.com"


@dataclass
class Ledger:
    """Every disagreement, and the figures of the run."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unflagged: list[str] = field(default_factory=list)
    after_stop: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    flagged: int = 0

    @classmethod
    def of(cls, people: People, smtp: SmtpServer) -> Ledger:
        """Compare row by row, and everything that arrived with some row."""
        found, arrived = cls(), arrivals(smtp)
        rows = {row.public_id: row for row in Message.objects.select_related("client")}
        found.strangers = sorted(set(arrived) - {message_id(key) for key in rows})
        promised = [row for row in rows.values() if row.kind in PROMISED]
        for row in rows.values():
            found._look_for_twins(row, arrived[message_id(row.public_id)])
        found._look_for_the_lost(people, promised, arrived, smtp)
        found._look_behind_stops(people, promised, arrived)
        found.states = Counter(f"{row.state} {row.last_code}" for row in promised)
        found.flagged = sum(row.is_ambiguous for row in rows.values())
        return found

    def _look_for_twins(self, row: Message, count: int) -> None:
        if count > 1:
            self.twice.append(f"{row.pk} arrived {count} times")
            if not row.is_ambiguous:
                self.unflagged.append(f"{row.pk} {row.state} arrived {count} times")

    def _look_for_the_lost(
        self, people: People, promised: list[Message], arrived: Counter[str], smtp: SmtpServer
    ) -> None:
        by_source = {(row.source_type, row.source_id): row for row in promised}
        refused = {to for to, how in smtp.refused if how.startswith("5")}
        for one in people.due:
            if one.client_id in people.stopped:
                continue
            kind = {TreatmentPlan: "treatment_plan", Appointment: "appointment"}[type(one)]
            row = by_source.get((kind, str(one.pk)))
            if row is None:
                self.lost.append(f"{kind} {one.pk}: no message was written")
            elif not _is_accounted_for(row, arrived[message_id(row.public_id)], refused):
                self.lost.append(f"{row.pk} is {row.state} ({row.last_code})")

    def _look_behind_stops(
        self, people: People, promised: list[Message], arrived: Counter[str]
    ) -> None:
        for row in promised:
            stop = people.stopped.get(row.client_id or 0)
            if stop and row.kind == _stopped_kind(stop):
                self.after_stop += _beyond(stop, row, arrived[message_id(row.public_id)])


def _stopped_kind(stop: Stopped) -> str:
    return "confirmation" if stop.how == "cancelled" else "due_soon"


def _beyond(stop: Stopped, row: Message, count: int) -> list[str]:
    """No hand-over began after the commit, and at most the one that was under way arrived."""
    key = row.public_id
    begun, had = stop.attempts.get(key, 0), stop.arrived.get(key, 0)
    wrong = []
    if row.attempts > begun:
        wrong.append(f"{row.pk}: {row.attempts - begun} tries after '{stop.how}'")
    if count - had > (key in stop.on_its_way) or count > begun:
        wrong.append(f"{row.pk}: arrived {count - had} times after '{stop.how}'")
    return wrong


def _is_accounted_for(row: Message, count: int, refused: set[str]) -> bool:
    """It arrived and we know; or it did not, and a person has been told why."""
    assert row.client is not None
    if row.state == State.SENT:
        return count >= 1
    if row.state == State.FAILED:
        return row.last_code.startswith("refused_5") and row.client.email in refused and _told(row)
    tries = MessageAttempt.objects.filter(message=row, result__in=("no_answer", "sender_died"))
    return row.state == State.UNKNOWN and row.is_ambiguous and tries.count() >= 2 and _told(row)


def _told(row: Message) -> bool:
    """The desk has a task: one for the client, or for failed follow-ups one for the day."""
    keys = (f"message:{row.pk}:{row.state}", f"messages:{row.kind}:{row.state}:")
    return any(Task.objects.filter(reason_key__startswith=key).exists() for key in keys)


def message_id(public_id: Any) -> str:
    return f"<msg-{public_id}@{DOMAIN}>"


def arrivals(smtp: SmtpServer) -> Counter[str]:
    """How often each mail arrived, by its Message-ID."""
    return Counter(mail.message_id for mail in list(smtp.taken))
