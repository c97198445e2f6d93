"""Which rooms nothing uses at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from bookings.models import Appointment
from practitioners.models import Location, Room
from practitioners.prepared import PreparedQuery

AROUND = timedelta(hours=12)  # longer than the longest visit with its turnover


def free_rooms(
    location: Location,
    begin: datetime,
    end: datetime,
    *,
    now: datetime,
    moving: Appointment | None = None,
    visitor: str = "",
) -> list[Room]:
    """Active rooms of a location that nothing uses in [begin, end), the least used of that day first."""
    return FREE_ROOMS.rows(
        location=location.pk,
        since=begin - AROUND,
        until=end + AROUND,
        busy=DateTimeTZRange(begin, end),
        now=now,
        visitor=visitor,
        moving=moving.pk if moving else 0,
    )


def _free_rooms(
    location: int, since: Any, until: Any, busy: Any, now: Any, visitor: str, moving: int
) -> QuerySet[Room]:
    blocking = Appointment.objects.blocking(now=now, visitor=visitor).exclude(pk=moving)
    near = blocking.filter(room=OuterRef("pk"), starts_at__gt=since, starts_at__lt=until)
    many = near.order_by().values("room").annotate(many=Count("pk")).values("many")
    rooms = Room.objects.filter(~Exists(near.filter(busy__overlap=busy)))
    rooms = rooms.filter(location=location, is_active=True)
    return rooms.order_by(Coalesce(Subquery(many), 0), "pk")


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
    },
    _free_rooms,
)
