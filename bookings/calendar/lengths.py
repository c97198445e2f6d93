"""Making a visit longer or shorter: whoever comes next keeps their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM
from bookings.calendar.writing import (
    Status,
    check_client_is_free,
    clear_the_way,
    locked,
    update,
)
from bookings.errors import Ended, NotPossible, OutsideHours, SlotTaken
from bookings.models import Appointment
from bookings.outside_hours import WORDS, Hours
from bookings.times import Words
from practitioners.models import ClinicSettings

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=8)
OPEN = (Status.BOOKED, Status.ARRIVED, Status.STARTED)


@in_one_transaction
def change_length(
    visit: Appointment, *, length: timedelta, by: Any, now: datetime, keeps_hours: bool = True
) -> Appointment:
    """Let a visit end later or earlier; its start, price and turnover stay.

    The same length again changes nothing. Raises Ended, NotPossible for a length nobody
    means, OutsideHours when it would last longer than the practitioner is in and
    `keeps_hours`, SlotTaken with the time of who comes next, or ClientBusy.
    """
    visit = locked(visit, kinds=(PRACTITIONER, ROOM, CLIENT))
    ends_at = visit.starts_at + length
    if visit.ends_at == ends_at:
        return visit
    if visit.status not in OPEN:
        raise Ended
    if not SHORTEST <= length <= LONGEST:
        raise NotPossible("A session takes between 5 minutes and 8 hours.")
    turnover, lasts_longer = visit.busy.upper - visit.ends_at, ends_at > visit.ends_at
    visit.ends_at, visit.busy = ends_at, DateTimeTZRange(visit.busy.lower, ends_at + turnover)
    if lasts_longer and keeps_hours:
        _stay_within_hours(visit)
    _leave_the_next_alone(visit, now=now)
    assert visit.client is not None  # only holds have no client
    check_client_is_free(visit.client, visit)
    clear_the_way(visit, now=now)
    update(visit, "ends_at", "busy")
    return visit


def _stay_within_hours(visit: Appointment) -> None:
    """Raises OutsideHours when nobody is in until the end. Four queries."""
    hours = Hours([visit.practitioner], visit.local_day, visit.local_day)
    reason = hours.why_outside(visit)
    if reason is None:
        return
    words = Words(visit.zone, ClinicSettings.current().time_style)
    ends = words.time(visit.ends_at)
    until = hours.in_until(visit)
    why = f"{visit.practitioner.name} is in until {words.time(until)}" if until else WORDS[reason]
    raise OutsideHours(f"It would last until {ends}: {why}. Nothing was changed.")


def _leave_the_next_alone(visit: Appointment, *, now: datetime) -> None:
    """Raises SlotTaken when the practitioner or the room is wanted by somebody then."""
    here = Q(practitioner=visit.practitioner) | Q(room__isnull=False, room=visit.room)
    others = Appointment.objects.filter(here).exclude(pk=visit.pk).exclude(status=Status.CANCELLED)
    others = others.exclude(status=Status.HELD, held_until__lte=now)
    following = others.overlapping(visit.busy.lower, visit.busy.upper).first()
    if following is None:
        return
    words = Words(visit.zone, ClinicSettings.current().time_style)
    whose = "next session" if following.practitioner_id == visit.practitioner_id else "room"
    verb = "begins" if whose == "next session" else "is taken"
    turnover = visit.busy.upper - visit.ends_at
    latest = words.time(following.busy.lower - turnover)
    raise SlotTaken(
        f"The {whose} {verb} at {words.time(following.starts_at)}, so this session can last"
        f" until {latest} at most. Nothing was changed."
    )
