"""Limits that no honest day reaches: what blows them is a loop, not a clinic.

One client gets at most three follow-ups in seven days and ten other mails in one;
security mails are never held back. For the whole clinic, the mails of a day may not
outnumber their causes by more than a fifth.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db.models import Count

from bookings.messages import trouble
from bookings.messages.claim import HAD_TERMS, MANY_HAD, Limit
from bookings.messages.sources import Wait
from bookings.models import Appointment, Message, VisitChange
from practitioners.prepared import Prepared

Lane = Message.Lane
DAY, WEEK, HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)
LIMITS: dict[int, Limit] = {  # security mails have none
    Lane.FOLLOW_UP: Limit(3, span=WEEK, pause=DAY),
    Lane.BOOKING: Limit(10, span=DAY, pause=HOUR),
}
MARGIN = 1.2
SLACK = 20  # mails; below that no share means anything
REMINDER_SPAN = timedelta(days=4)  # reminders of a day are about visits this close
HAD = Prepared(
    "messages_had",
    f"SELECT (SELECT {MANY_HAD}) FROM bookings_message AS message WHERE id = %(id)s",  # noqa: S608  ours
    HAD_TERMS,
)
HANDED_OVER = Prepared(
    "messages_handed_over",
    "SELECT count(*) FROM bookings_message WHERE lane = %(lane)s AND client_id IS NOT NULL"
    " AND sending_at > %(since)s AND sending_at <= %(until)s",
    {"lane": "smallint", "since": "timestamptz", "until": "timestamptz"},
)
log = structlog.get_logger(__name__)


def limit_of(message: Message) -> Limit | None:
    """What limits the messages to its client; the statement that marks it as being sent counts them."""
    return None if message.client_id is None else LIMITS.get(message.lane)


def check(message: Message, *, now: datetime) -> Wait | None:
    """Hold a message back that was not marked because its client has had too many."""
    limit = limit_of(message)
    if limit is None:
        return None
    found = HAD.rows({"id": message.pk, "since": now - limit.span, "now": now})
    if not found or found[0][0] < limit.most:
        return None
    trouble.sound_alarm(
        f"client:{message.client_id}",
        "Mails to one client are held back: too many of them",
        now=now,
    )
    return Wait(now + limit.pause, "fuse_client")


def open_lanes(*, now: datetime) -> list[int]:
    """The lanes that may be served, most urgent first; a blown fuse closes its own, with alarm."""
    closed = blown(now=now)
    for lane in closed:
        log.error("fuse_blown", lane=lane.name)
        trouble.sound_alarm(
            f"lane:{lane}", f"{lane.label} messages are paused: far too many in a day", now=now
        )
    return [lane for lane in Lane.values if lane not in closed]


def blown(*, now: datetime) -> list[Lane]:
    """The lanes that have sent far more in a day than their causes explain. Two to five queries."""
    causes = {Lane.BOOKING: _booking_causes, Lane.FOLLOW_UP: _follow_up_causes}
    return [
        lane
        for lane, caused in causes.items()
        if (sent := _handed_over(lane, now=now)) > SLACK and sent > SLACK + MARGIN * caused(now=now)
    ]


def _handed_over(lane: int, *, now: datetime) -> int:
    """Mails to clients of the last 24 hours; notices to staff follow from the same changes."""
    ((count,),) = HANDED_OVER.rows({"lane": int(lane), "since": now - DAY, "until": now})
    return int(count)


def _booking_causes(*, now: datetime) -> int:
    """Changes of visits of the last day, and visits near enough to be reminded of."""
    changes = VisitChange.objects.filter(at__gt=now - DAY - HOUR, at__lte=now).count()
    reminded = Appointment.objects.filter(
        starts_at__gt=now, starts_at__lte=now + REMINDER_SPAN
    ).exclude(status=Appointment.Status.HELD)
    return changes + reminded.count()


def _follow_up_causes(*, now: datetime) -> int:
    """Sources that follow-ups of the last day were about: each is due at most one a day."""
    found = Message.objects.filter(
        lane=Lane.FOLLOW_UP, sending_at__gt=now - DAY, sending_at__lte=now
    ).aggregate(sources=Count("source_id", distinct=True))
    return int(found["sources"])
