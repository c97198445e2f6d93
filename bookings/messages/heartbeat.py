"""When what has to happen every minute last happened.

sweep       somebody looked for what has become due
delivery    a worker handed over what was due: proof that the broker reaches one
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bookings.messages import trouble
from bookings.models import Heartbeat

SWEEP, DELIVERY = "sweep", "delivery"
BACKWARDS = timedelta(minutes=1)  # by which two clocks may differ


def beat(name: str, *, now: datetime) -> None:
    """Note that it has just happened. Two statements; time running backwards sounds the alarm."""
    before = last(name)
    if before is not None and before - now > BACKWARDS:
        trouble.sound_alarm("clock", "The clock of a server has gone backwards", now=now)
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def last(name: str) -> datetime | None:
    """When it last happened; None if it never has."""
    return Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()
