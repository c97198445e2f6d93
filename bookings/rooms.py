"""Which rooms nothing uses at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from bookings.models import Appointment
from practitioners.models import Room
from practitioners.prepared import PreparedQuery

AROUND = timedelta(hours=12)  # longer than the longest visit with its turnover


def free_rooms(visit: Appointment, *, now: datetime) -> list[Room]:
    """Active rooms of its location that nothing uses at its time, the least used of that day first."""
    return FREE_ROOMS.rows(**room_wish(visit, now=now))


def room_wish(
    visit: Appointment,
    *,
    now: datetime,
    moving: Appointment | None = None,
    visitor: str = "",
) -> dict[str, Any]:
    """What is asked to find a room for a visit; first of all it may keep the one that it has."""
    near = {"now": now, "visitor": visitor, "moving": (moving and moving.pk) or 0}
    return a_room(visit.location_id, visit.busy, own=visit.room_id or 0, **near)


def a_room(location: int, busy: Any, **near: Any) -> dict[str, Any]:
    """What is asked to find a room of a location for a stretch."""
    since, until = busy.lower - AROUND, busy.upper + AROUND
    return {"location": location, "busy": busy, "since": since, "until": until, **near}


def unused_rooms(location: int, busy: Any, **near: Any) -> QuerySet[Room]:
    """Active rooms of a location that nothing near uses in a stretch.

    Counted room by room: as a NOT EXISTS it is planned as a join, for which the planner may
    read every visit of the clinic in those days.
    """
    in_use = Coalesce(_count(_near(**near).filter(busy__overlap=busy)), 0)
    rooms = Room.objects.alias(in_use=in_use).filter(in_use=0)
    return rooms.filter(location=location, is_active=True)


def _free_rooms(location: int, busy: Any, own: int, **near: Any) -> QuerySet[Room]:
    many = _count(_near(**near))
    is_another = Case(When(pk=own, then=0), default=1)
    return unused_rooms(location, busy, **near).order_by(is_another, Coalesce(many, 0), "pk")


def _count(rows: QuerySet[Appointment]) -> Subquery:
    return Subquery(rows.order_by().values("room").annotate(many=Count("pk")).values("many"))


def _near(since: Any, until: Any, now: Any, visitor: str, moving: int) -> QuerySet[Appointment]:
    blocking = Appointment.objects.blocking(now=now, visitor=visitor).exclude(pk=moving)
    return blocking.filter(room=OuterRef("pk"), starts_at__gt=since, starts_at__lt=until)


FREE_ROOMS = PreparedQuery(
    "free_rooms",
    {
        "location": "bigint",
        "since": "timestamptz",
        "until": "timestamptz",
        "busy": "tstzrange",
        "now": "timestamptz",
        "visitor": "text",
        "moving": "bigint",
        "own": "bigint",
    },
    _free_rooms,
)
