"""When what has to happen every minute last happened.

sweep       somebody looked for what has become due
delivery    a worker handed over what was due: proof that the broker reaches one
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bookings.messages import trouble
from bookings.models import Heartbeat
from practitioners.prepared import Prepared

SWEEP, DELIVERY = "sweep", "delivery"
BACKWARDS = timedelta(minutes=1)  # by which two clocks may differ
BEAT = Prepared(
    "beat",
    """
WITH before AS (SELECT at FROM bookings_heartbeat WHERE name = %(name)s)
INSERT INTO bookings_heartbeat (name, at) VALUES (%(name)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET at = excluded.at
RETURNING (SELECT at FROM before)
""",
    {"name": "text", "now": "timestamptz"},
)


def beat(name: str, *, now: datetime) -> None:
    """Note that it has just happened. One statement; time running backwards sounds the alarm."""
    ((before,),) = BEAT.rows({"name": name, "now": now})
    if before is not None and before - now > BACKWARDS:
        trouble.sound_alarm("clock", "The clock of a server has gone backwards", now=now)


def last(name: str) -> datetime | None:
    """When it last happened; None if it never has."""
    return Heartbeat.objects.filter(pk=name).values_list("at", flat=True).first()
