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

NOTICE = "staff_notice"
Told = tuple[Change, list[Message]]


def tell(event: Event, visit: Appointment, *, now: datetime) -> Told:
    """A change of a visit, and the pattern of what tells staff of it; nothing is written yet."""
    earlier = before(visit) if event != "booked" else None
    change = _change(event, visit, earlier, now=now)
    if not is_urgent(visit, earlier, now=now):
        return change, [digest(None, visit.location, now=now)]
    grace = timedelta(seconds=settings.MESSAGE_GRACE_SECONDS if event == "booked" else 0)
    # About the change, whose key is not known before it is written.
    notice = outbox.message(
        NOTICE, source_type=NOTICE, source_id="", now=now, send_after=now + grace
    )
    return change, [notice]


def take_back(visit: Appointment, *, now: datetime) -> Told:
    """Tell nobody of a booking that was undone in its grace, unless they know of it."""
    notices = Message.objects.filter(
        source_type=NOTICE,
        source_id__in=[str(pk) for pk in visit.changes.values_list("pk", flat=True)],
    )
    if notices.filter(sending_at__isnull=False).exists():
        return tell("cancelled", visit, now=now)
    for change in visit.changes.all():
        outbox.cancel_open(NOTICE, change.pk, code="undone")
    return _change("cancelled", visit, None, now=now), []


def _change(
    event: Event, visit: Appointment, earlier: VisitChange | None, *, now: datetime
) -> Change:
    return Change(event, visit, (earlier or visit).practitioner_id, now)


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
