"""What the desk can say next about how a visit stands, in the words of its buttons."""

from __future__ import annotations

from datetime import datetime

from bookings.models import Appointment

Status = Appointment.Status
Mark = tuple[str, str]  # the state it leads to, and the word on the button
NEXT: dict[str, list[Mark]] = {
    Status.BOOKED: [(Status.ARRIVED, "Arrived"), (Status.NO_SHOW, "No-show")],
    Status.ARRIVED: [
        (Status.STARTED, "Start session"),
        (Status.COMPLETED, "Done"),
        (Status.BOOKED, "Not arrived"),
    ],
    Status.STARTED: [(Status.COMPLETED, "Done"), (Status.ARRIVED, "Not started")],
    Status.COMPLETED: [(Status.ARRIVED, "Not done")],
    Status.NO_SHOW: [(Status.BOOKED, "Take back")],
}


def next_marks(visit: Appointment, *, now: datetime) -> list[Mark]:
    """The likeliest first. None before the day of the visit, no no-show before its time."""
    today = now.astimezone(visit.zone).date()
    if visit.starts_at.astimezone(visit.zone).date() > today:
        return []
    return [
        mark
        for mark in NEXT.get(visit.status, [])
        if mark[0] != Status.NO_SHOW or visit.starts_at <= now
    ]
