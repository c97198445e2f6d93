"""Which session each message of a client is about, and the reminder of each session to come.

Day and time are all that is told of a session: nothing of what it is for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookings.models import Appointment, Client, Message
from treatment_plans.models import Aftercare, CheckIn

ITSELF = ("appointment", "plan_visit")  # these name the session
# What a message comes from, where that belongs to a session.
THROUGH: dict[str, Any] = {"aftercare": Aftercare, "check_in": CheckIn}
REMINDER = "visit_reminder"
MOST = 6  # sessions to come whose reminders are told


@dataclass(frozen=True, slots=True)
class OwnReminder:
    """The reminder of one session, as it stands at a moment."""

    session: Appointment
    message: Message
    at: datetime

    @property
    def went_at(self) -> datetime | None:
        """When it was sent, if that was by then."""
        sent = self.message.sent_at
        return sent if sent and sent <= self.at else None

    @property
    def is_to_come(self) -> bool:
        """Whether it goes out at its time, as far as is known."""
        return self.message.state in Message.OPEN_STATES or bool(self.message.sent_at)


def sessions_of(rows: Iterable[Message]) -> dict[int, Appointment]:
    """The session of each message that is about one, by the message. One query for each source."""
    keys = {row.pk: (row.source_type, int(row.source_id)) for row in rows if _is_of_session(row)}
    found: dict[tuple[str, int], Appointment] = {}
    for source in {source for source, _ in keys.values()}:
        wanted = {key for one, key in keys.values() if one == source}
        found |= {(source, key): visit for key, visit in _visits(source, wanted)}
    return {pk: found[about] for pk, about in keys.items() if about in found}


def _is_of_session(row: Message) -> bool:
    is_known = row.source_type in (*ITSELF, *THROUGH)
    return is_known and row.source_id.isascii() and row.source_id.isdecimal()


def _visits(source: str, keys: set[int]) -> Iterable[tuple[int, Appointment]]:
    if source in ITSELF:
        rows = Appointment.objects.filter(pk__in=keys).select_related("location")
        return [(row.pk, row) for row in rows]
    made = THROUGH[source].objects.filter(pk__in=keys).select_related("appointment__location")
    return [(row.pk, row.appointment) for row in made]


def own_reminders(client: Client, *, at: datetime) -> list[OwnReminder]:
    """The reminders of the sessions that were to come at a moment, soonest first. Two queries."""
    rows = Message.objects.filter(
        client=client, kind=REMINDER, expires_at__gt=at, created_at__lte=at
    ).exclude(state=Message.State.CANCELLED)
    messages = list(rows.order_by("expires_at", "pk")[:MOST])
    sessions = sessions_of(messages)
    return [OwnReminder(sessions[one.pk], one, at) for one in messages if one.pk in sessions]
