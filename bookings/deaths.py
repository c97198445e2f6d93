"""When a client has died: nothing more goes out to them, and no time stays booked.

Whoever notes it may have meant somebody else, so the desk is asked to look.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse

from bookings import calendar
from bookings.errors import BookingError
from bookings.messages.kinds import KINDS
from bookings.models import Appointment, Client, Message, Task

REASON = "The client has died"
TO_CLIENTS = [kind.name for kind in KINDS.values() if kind.recipient == "client"]
State = Message.State


def take_back_messages(client: Client, *, now: datetime) -> None:
    """Take back what waits for them, and give the desk a task. Two queries or three."""
    waiting = Message.objects.filter(
        client=client, kind__in=TO_CLIENTS, state__in=(State.PENDING, State.CLAIMED)
    )
    waiting.update(state=State.CANCELLED, last_code="client_deceased")
    Task.objects.get_or_create(
        reason_key=f"deceased:{client.pk}",
        defaults={
            "kind": "deceased",
            "title": "A client has died: look at what was booked, and whether it is true",
            "link": reverse("desk_client", args=[client.public_id]),
            "role": "Front desk",
            "client": client,
            "due_at": now,
        },
    )


def cancel_sessions(client: Client, *, by: Any, now: datetime) -> int:
    """Cancel what they have booked; nobody is written to. Returns how many could be."""
    cancelled = 0
    for visit in Appointment.objects.upcoming(now=now).filter(client=client):
        try:
            calendar.cancel(
                visit,
                cancelled_by=Appointment.CancelledBy.CLINIC,
                by=by,
                now=now,
                reason=REASON,
                for_staff=True,
            )
            cancelled += 1
        except BookingError:  # begun or cancelled meanwhile: the desk looks at it
            continue
    return cancelled
