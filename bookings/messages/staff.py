"""What the people who work here are told of the calendar.

What happens today, or before the next digest could say it, is told at once; the rest
is one mail a day at six in the evening of the location.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from bookings.extensions import Event
from bookings.messages import outbox
from bookings.messages.digests import FRONT_DESK, digest, next_digest
from bookings.models import Appointment, Message, VisitChange
from bookings.wall_clock import day_of
from practitioners.prepared import Prepared

NOTICE = "staff_notice"
NOTE = Prepared(
    "note_change",
    """
WITH change AS (
    INSERT INTO bookings_visitchange (appointment_id, event, version, practitioner_id, starts_at, at)
    VALUES (%(appointment)s, %(event)s, %(version)s, %(practitioner)s, %(starts_at)s, %(at)s)
    RETURNING id
), concerned AS (
    SELECT user_id FROM practitioners_practitioner
    WHERE id IN (%(practitioner)s, %(before)s) AND is_active
    UNION
    SELECT member.user_id FROM clinic_user_groups AS member
    JOIN auth_group AS role ON role.id = member.group_id
    WHERE role.name = %(desk)s
)
SELECT id, ARRAY(
    SELECT login.id FROM concerned JOIN clinic_user AS login ON login.id = concerned.user_id
    WHERE login.is_active AND login.id <> %(but)s ORDER BY login.id
) FROM change
""",
    {
        "appointment": "bigint",
        "event": "text",
        "version": "int",
        "practitioner": "bigint",
        "starts_at": "timestamptz",
        "at": "timestamptz",
        "before": "bigint",
        "desk": "text",
        "but": "bigint",
    },
)


def tell(event: Event, visit: Appointment, *, now: datetime) -> list[Message]:
    """Note a change of a visit; returns the messages that tell staff of it, unwritten."""
    earlier = before(visit) if event != "booked" else None
    change, concerned = _note(event, visit, earlier, now=now)
    if not is_urgent(visit, earlier, now=now):
        return [digest(key, visit.location, now=now) for key in concerned]
    grace = timedelta(seconds=settings.MESSAGE_GRACE_SECONDS if event == "booked" else 0)
    return [
        outbox.message(
            NOTICE,
            source_type=NOTICE,
            source_id=change,
            user_key=key,
            now=now,
            send_after=now + grace,
        )
        for key in concerned
    ]


def take_back(visit: Appointment, *, now: datetime) -> list[Message]:
    """Tell nobody of a booking that was undone in its grace, unless they know of it."""
    notices = Message.objects.filter(
        source_type=NOTICE,
        source_id__in=[str(pk) for pk in visit.changes.values_list("pk", flat=True)],
    )
    if notices.filter(sending_at__isnull=False).exists():
        return tell("cancelled", visit, now=now)
    for change in visit.changes.all():
        outbox.cancel_open(NOTICE, change.pk, code="undone")
    _note("cancelled", visit, None, now=now)
    return []


def _note(
    event: Event, visit: Appointment, earlier: VisitChange | None, *, now: datetime
) -> tuple[int, list[int]]:
    """Note a change; its key, and the logins whom it concerns. One query.

    That is whoever treats, whoever would have, and the desk; not who booked it themself.
    A choice of one's own about what to be told would be asked here.
    """
    ((key, concerned),) = NOTE.rows(
        {
            "appointment": visit.pk,
            "event": event,
            "version": visit.version,
            "practitioner": visit.practitioner_id,
            "starts_at": visit.starts_at,
            "at": now,
            "before": earlier.practitioner_id if earlier else visit.practitioner_id,
            "desk": FRONT_DESK,
            "but": (event == "booked" and visit.booked_by_id) or 0,
        }
    )
    return key, concerned


def before(visit: Appointment) -> VisitChange | None:
    """How the visit stood before its latest version, where that is known."""
    return visit.changes.filter(version__lt=visit.version).order_by("-version", "-pk").first()


def is_urgent(visit: Appointment, earlier: VisitChange | None, *, now: datetime) -> bool:
    """Tell whether a change concerns today, or a time that the next digest would miss."""
    zone, times = visit.zone, [visit.starts_at]
    if earlier is not None and earlier.starts_at > now:
        times.append(earlier.starts_at)
    today, digest_at = day_of(now, zone), next_digest(visit.location, now=now)
    return any(day_of(at, zone) == today or at <= digest_at for at in times)
