"""What became of a visit, and through whom: read from the history the database keeps.

Every change of a row leaves its state then. Two states that follow each other tell what
was done, the context they were written in tells by whom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from bookings.models import Appointment, VisitChange

Status = Appointment.Status
ENTERED = {
    Status.BOOKED: "booked_at",
    Status.ARRIVED: "arrived_at",
    Status.COMPLETED: "completed_at",
    Status.CANCELLED: "cancelled_at",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: in words, when, and through whom if a login did it."""

    words: str
    at: datetime
    who: str
    reason: str = ""
    before: Any = None  # the state a moved visit came from


def history_of(visit: Appointment) -> list[Step]:
    """Every step of a visit, the oldest first. Three queries.

    The minutes in which its time was only kept are left out.
    """
    rows = visit.events.order_by("pgh_id").select_related(  # type: ignore[attr-defined]
        "pgh_context", "practitioner", "location"
    )
    states = [row for row in rows if row.status != Status.HELD]
    told = visit.changes.filter(event__in=("moved", "length", "put_back"))
    noted = {one.version: one for one in told}
    names = _names(states)
    steps = []
    for before, row in zip([None, *states], states, strict=False):
        words = _words(before, row, noted)
        if words:
            steps.append(
                Step(
                    words=words,
                    at=_moment(before, row, noted),
                    who=names.get(_user(row), ""),
                    reason=_reason(words, row),
                    before=before if words.startswith("Move") else None,
                )
            )
    return steps


def _words(before: Any, row: Any, noted: dict[int, VisitChange]) -> str:
    """What happened between two states; nothing when no calendar would show it."""
    if before is None:
        return "Booked"
    if before.status == Status.CANCELLED != row.status:
        return "Cancellation undone"
    is_back = row.version in noted and noted[row.version].event == "put_back"
    if _place(before) != _place(row):
        return "Move undone" if is_back else "Moved"
    if before.status != row.status:
        is_taken_back = (
            row.status in (Status.BOOKED, Status.ARRIVED) and before.status != Status.BOOKED
        )
        words: str = Status(row.status).label
        return f"Back to {words.lower()}" if is_taken_back else words
    if before.ends_at != row.ends_at:
        minutes = int((row.ends_at - before.ends_at).total_seconds() // 60)
        verb = "Lengthened" if minutes > 0 else "Shortened"
        said = f"{verb} by {abs(minutes)} minute{'' if abs(minutes) == 1 else 's'}"
        return "New length undone" if is_back else said
    return ""


def _reason(words: str, row: Any) -> str:
    """Why, if the clinic said so."""
    if words == "Cancelled":
        return str(row.cancel_reason)
    context = row.pgh_context.metadata if row.pgh_context else {}
    return str(context.get("reason", "")) if words == "Moved" else ""


def _place(row: Any) -> tuple[Any, ...]:
    return row.starts_at, row.practitioner_id, row.location_id


def _moment(before: Any, row: Any, noted: dict[int, VisitChange]) -> datetime:
    """When the clinic says it happened, else when the row was written."""
    said: datetime | None = None
    if before is not None and before.version != row.version and row.version in noted:
        said = noted[row.version].at
    elif before is None or before.status != row.status:
        is_new = before is None or row.status in (
            Status.ARRIVED,
            Status.COMPLETED,
            Status.CANCELLED,
        )
        said = getattr(row, ENTERED.get(row.status, ""), None) if is_new else None
    return said or row.pgh_created_at


def _user(row: Any) -> int | None:
    """Who wrote it, as far as the history knows; who booked is on the row itself."""
    context = row.pgh_context.metadata if row.pgh_context else {}
    return context.get("user") or (row.booked_by_id if row.version == 1 else None)


def _names(rows: list[Any]) -> dict[int | None, str]:
    keys = {key for key in map(_user, rows) if key}
    return {user.pk: str(user) for user in get_user_model().objects.filter(pk__in=keys)}
