"""What the people who work here are told of the calendar.

What happens today, or before the next digest could say it, is told at once; the rest
is one mail a day at six in the evening of the location.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from bookings.extensions import Event
from bookings.messages import outbox
from bookings.messages.digests import digest, next_digest
from bookings.messages.noting import Change
from bookings.models import Appointment, Message, VisitChange
from bookings.wall_clock import day_of
from practitioners.prepared import Prepared, PreparedQuery

NOTICE = "staff_notice"
Told = tuple[Change, list[outbox.NewMessage]]
BEFORE = PreparedQuery(
    "change_before",
    {"appointment": "bigint", "version": "int"},
    lambda appointment, version: VisitChange.objects.filter(
        appointment=appointment, version__lt=version
    ).order_by("-version", "-pk")[:1],
)
# All of them, or none when one is known: that one comes back.
TAKE_BACK = Prepared(
    "take_back_notices",
    f"""
WITH notice AS MATERIALIZED (
    SELECT id, sending_at FROM bookings_message
    WHERE source_type = '{NOTICE}' AND source_id = ANY (
        ARRAY(SELECT id::text FROM bookings_visitchange
              WHERE appointment_id = %(appointment)s AND version >= %(since)s)
    )
), undone AS (
    UPDATE bookings_message SET state = 'cancelled', last_code = 'undone'
    WHERE id IN (SELECT id FROM notice) AND state IN ('pending', 'claimed')
      AND NOT EXISTS (SELECT FROM notice WHERE sending_at IS NOT NULL)
)
SELECT id FROM notice WHERE sending_at IS NOT NULL LIMIT 1
""",  # noqa: S608  our own word
    {"appointment": "bigint", "since": "int"},
)


def tell(event: Event, visit: Appointment, *, now: datetime) -> Told:
    """A change of a visit, and the pattern of what tells staff of it; nothing is written yet."""
    change = _change(event, visit, now=now)
    if not is_urgent(visit, now=now):
        return change, [digest(None, visit.location, now=now)]
    at = now if event == "put_back" else told_at(visit, now=now)
    # About the change, whose key is not known before it is written.
    notice = outbox.message(NOTICE, source_type=NOTICE, source_id="", now=now, send_after=at)
    return change, [notice]


def told_at(visit: Appointment, *, now: datetime) -> datetime:
    """When a change that can be undone is told: after its grace, at once where that is too late."""
    at = now + timedelta(seconds=settings.MESSAGE_GRACE_SECONDS)
    return at if all(at < one for one in _concerned(visit, now=now)) else now


def take_back(visit: Appointment, *, now: datetime) -> Told:
    """Tell nobody of a booking that was undone in its grace, unless they know of it."""
    if TAKE_BACK.rows({"appointment": visit.pk, "since": 0}):
        return tell("cancelled", visit, now=now)
    return _change("cancelled", visit, now=now), []


def put_back(visit: Appointment, *, now: datetime) -> Told:
    """Tell who knows of a change that was undone, and who was not told of the booking in time.

    The mail of the evening leaves out by itself what came and went.
    """
    is_known = bool(TAKE_BACK.rows({"appointment": visit.pk, "since": visit.version - 1}))
    change, rows = tell("put_back", visit, now=now)
    is_about_today = any(row.kind == NOTICE for row in rows)
    if is_about_today and not is_known and not _was_hushed_up(visit):
        return change, []
    return change, rows


def _was_hushed_up(visit: Appointment) -> bool:
    """Whether nobody was told of the booking, because it seemed to have been taken back."""
    keys = visit.changes.filter(version__lt=visit.version - 1).values_list("pk", flat=True)  # type: ignore[attr-defined]
    about = Message.objects.filter(source_type=NOTICE, source_id__in=[str(key) for key in keys])
    return about.filter(state=Message.State.CANCELLED, last_code="undone").exists()


def _change(event: Event, visit: Appointment, *, now: datetime) -> Change:
    before = visit.moved_from
    return Change(event, visit, before.practitioner_id if before else visit.practitioner_id, now)


def before(visit: Appointment) -> VisitChange | None:
    """How the visit stood before its latest version, where that is known."""
    return BEFORE.first(appointment=visit.pk, version=visit.version)


def is_urgent(visit: Appointment, *, now: datetime) -> bool:
    """Tell whether a change concerns today, or a time that the next digest would miss."""
    zone, times = visit.zone, _concerned(visit, now=now)
    today, digest_at = day_of(now, zone), next_digest(visit.location, now=now)
    return any(day_of(at, zone) == today or at <= digest_at for at in times)


def _concerned(visit: Appointment, *, now: datetime) -> list[datetime]:
    """The time of a visit, and the one that it was moved from where that is still to come."""
    before = visit.moved_from
    is_to_come = before is not None and before.starts_at > now
    return [visit.starts_at, *([before.starts_at] if before and is_to_come else [])]
