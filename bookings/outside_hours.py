"""Booked visits that a change of hours has left outside of them. They stay until somebody moves them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from django.db import connection

from bookings.models import Appointment

STATEMENT = (Path(__file__).parent / "outside_hours.sql").read_text()
Reason = Literal["closed", "away", "outside"]
WORDS: dict[Reason, str] = {
    "closed": "the clinic is closed",
    "away": "during time off",
    "outside": "outside the hours",
}


@dataclass(frozen=True, slots=True)
class LeftOutside:
    """A visit that is still booked, though nobody is in then."""

    visit: Appointment
    reason: Reason

    @property
    def words(self) -> str:
        return WORDS[self.reason]


def left_outside(practitioners: Collection[int], *, now: datetime) -> list[LeftOutside]:
    """Every coming visit of these people that their hours no longer hold. Two queries."""
    if not practitioners:
        return []
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"practitioners": list(practitioners), "now": now})
        found = cursor.fetchall()
    visits = Appointment.objects.select_related("practitioner", "service", "location").in_bulk(
        [key for key, _ in found]
    )
    return [LeftOutside(visits[key], reason) for key, reason in found if key in visits]
