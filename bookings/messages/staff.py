"""What the people who work here are told of the calendar.

What happens today, or before the next digest could say it, is told at once; the rest
is one mail a day at six in the evening of the location.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Q

from bookings.extensions import Event
from bookings.messages import outbox
from bookings.messages.digests import FRONT_DESK, digest, next_digest
from bookings.models import Appointment, Message, VisitChange
from bookings.wall_clock import day_of
from practitioners.prepared import PreparedInsert, PreparedQuery

NOTICE = "staff_notice"
INSERT = PreparedInsert(VisitChange)
CONCERNED = PreparedQuery(
    "concerned",
    {"treats": "bigint", "treated": "bigint", "but": "bigint"},
    lambda treats, treated, but: (
        get_user_model()
        .objects.filter(
            Q(practitioner__in=(treats, treated), practitioner__is_active=True)
            | Q(groups__name=FRONT_DESK),
            is_active=True,
        )
        .exclude(pk=but)
        .distinct()
    ),
)


def tell(event: Event, visit: Appointment, *, now: datetime) -> list[Message]:
    """Note a change of a visit; returns the messages that tell staff of it, unwritten."""
    earlier = before(visit) if event != "booked" else None
    change = _note(event, visit, now=now)
    if not is_urgent(visit, earlier, now=now):
        return [
            digest(user, visit.location, now=now) for user in concerned(visit, earlier, event=event)
        ]
    grace = timedelta(seconds=settings.MESSAGE_GRACE_SECONDS if event == "booked" else 0)
    return [
        outbox.message(
            NOTICE,
            source_type=NOTICE,
            source_id=change.pk,
            user=user,
            now=now,
            send_after=now + grace,
        )
        for user in concerned(visit, earlier, event=event)
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
    _note("cancelled", visit, now=now)
    return []


def _note(event: Event, visit: Appointment, *, now: datetime) -> VisitChange:
    change = VisitChange(
        appointment=visit,
        event=event,
        version=visit.version,
        practitioner=visit.practitioner,
        starts_at=visit.starts_at,
        at=now,
    )
    (change.pk,) = INSERT.write([change])
    return change


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


def concerned(visit: Appointment, earlier: VisitChange | None, *, event: Event) -> Iterable[Any]:
    """Whoever treats, whoever would have, and the desk; not who booked it themself.

    A choice of one's own about what to be told would be asked here.
    """
    return CONCERNED.rows(
        treats=visit.practitioner_id,
        treated=earlier.practitioner_id if earlier else visit.practitioner_id,
        but=(event == "booked" and visit.booked_by_id) or 0,
    )
