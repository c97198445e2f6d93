"""Making a visit longer or shorter: whoever comes next keeps their time, the client hears of it.

A length changed ahead of a session is a change of time: it is another version, told when it can
no longer be undone. That of a session that is going on concerns nobody but those who are there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from bookings.as_shown import AsShown, check_is_as_shown
from bookings.calendar.attempts import LookAgain, in_one_transaction
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM
from bookings.calendar.taking import take_room
from bookings.calendar.writing import (
    Status,
    announce,
    check_client_is_free,
    clear_the_way,
    locked,
    update,
)
from bookings.errors import Changed, Ended, NoRoom, NotPossible, OutsideHours, SlotTaken
from bookings.models import Appointment
from bookings.outside_hours import WORDS, Hours
from bookings.times import Words
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=8)
OPEN = (Status.BOOKED, Status.ARRIVED, Status.STARTED)


class _RoomTaken(SlotTaken):
    """Nothing but the room stands in the way."""


def change_length(
    visit: Appointment,
    *,
    length: timedelta,
    by: Any,
    now: datetime,
    was: timedelta | None = None,
    shown: AsShown | None = None,
    keeps_hours: bool = True,
) -> Appointment:
    """Let a visit end later or earlier; its start, price and turnover stay, its version rises.

    Where nothing but its room is taken it goes to another of that place that is free all the time.
    The same length again changes nothing. Raises Changed when it is no longer as long as it
    `was`, MovedMeanwhile when it is no longer as the page has `shown` it, Ended, NotPossible for a
    length nobody means, SlotTaken with the time of who comes next, ClientBusy, or OutsideHours when
    it would last longer, with what comes after it, than the practitioner is in and `keeps_hours`.
    """
    change = partial(
        _change_length, visit,
        length=length, by=by, now=now, was=was, shown=shown, keeps_hours=keeps_hours,
    )  # fmt: skip
    try:
        return change()
    except _RoomTaken as refusal:
        try:  # anew: the room is locked after the practitioner and before the client
            return change(takes_other_room=True)
        except NoRoom:
            raise refusal from None


@in_one_transaction
def _change_length(
    visit: Appointment,
    *,
    length: timedelta,
    by: Any,
    now: datetime,
    was: timedelta | None,
    shown: AsShown | None,
    keeps_hours: bool,
    takes_other_room: bool = False,
) -> Appointment:
    """Change the length of a visit where it is, which may raise _RoomTaken, or in another room, or NoRoom."""
    kinds = (PRACTITIONER,) if takes_other_room else (PRACTITIONER, ROOM, CLIENT)
    visit = locked(visit, kinds=kinds)
    ends_at = visit.starts_at + length
    if visit.ends_at == ends_at:
        return visit
    _may_last(visit, length)
    _is_as_it_was(visit, was, shown, now=now)
    lasts_longer, turnover = ends_at > visit.ends_at, visit.busy.upper - visit.ends_at
    visit.ends_at, visit.busy = ends_at, DateTimeTZRange(visit.busy.lower, ends_at + turnover)
    if lasts_longer:
        if takes_other_room:
            visit.room_id = take_room(visit, now=now, moving=visit)
        _leave_others_alone(visit, now=now, is_room_new=takes_other_room)
        if keeps_hours:
            _stay_within_hours(visit)
    visit.version += 1
    clear_the_way(visit, now=now)
    update(visit, "ends_at", "busy", "room", "version")
    if visit.status == Status.BOOKED:
        announce("length", visit, now=now)
    return visit


def _may_last(visit: Appointment, length: timedelta) -> None:
    """Raises Ended or NotPossible."""
    if visit.status not in OPEN:
        raise Ended
    if not SHORTEST <= length <= LONGEST:
        raise NotPossible("A session takes between 5 minutes and 8 hours.")


def _is_as_it_was(
    visit: Appointment, was: timedelta | None, shown: AsShown | None, *, now: datetime
) -> None:
    """Raises MovedMeanwhile or Changed."""
    check_is_as_shown(visit, shown, now=now)
    if was not in (None, visit.ends_at - visit.starts_at):
        raise Changed(
            f"Somebody has changed this session meanwhile: it takes {visit.minutes} minutes."
            " Nothing was changed now. Press again if you still mean it."
        )


def _leave_others_alone(visit: Appointment, *, now: datetime, is_room_new: bool) -> None:
    """Raises SlotTaken when somebody wants the practitioner then, _RoomTaken for the room, or ClientBusy.

    Of a room that was chosen before it was locked LookAgain.
    """
    here = Q(practitioner=visit.practitioner) | Q(room__isnull=False, room=visit.room)
    others = Appointment.objects.blocking(now=now, moving=visit).filter(here)
    clinic = ClinicSettings.current()
    way = timedelta(minutes=clinic.travel_minutes)
    near = others.overlapping(visit.busy.lower, visit.busy.upper + way).select_related("location")
    for following in near:
        is_here = following.location_id == visit.location_id
        latest = following.busy.lower - (timedelta(0) if is_here else way)
        if latest < visit.busy.upper:
            said = _taken_by(following, visit, latest, clinic)
            if following.practitioner_id == visit.practitioner_id or not visit.service.needs_room:
                raise SlotTaken(said)
            raise LookAgain if is_room_new else _RoomTaken(said)
    assert visit.client is not None  # only holds have no client
    check_client_is_free(visit.client, visit)


def _taken_by(
    following: Appointment, visit: Appointment, latest: datetime, clinic: ClinicSettings
) -> str:
    """Who comes next, when and where, and how long that leaves."""
    begins = _at(following.starts_at, visit, clinic)
    if following.practitioner_id != visit.practitioner_id:
        what = f"The room is taken at {begins}"
    elif following.location_id == visit.location_id:
        what = f"The next session begins at {begins}"
    else:
        what = (
            f"The next session begins at {begins} at {following.location.name},"
            f" {clinic.travel_minutes} minutes away"
        )
    until = _at(latest - (visit.busy.upper - visit.ends_at), visit, clinic)
    return f"{what}, so this session can last until {until} at most. Nothing was changed."


def _stay_within_hours(visit: Appointment) -> None:
    """Raises OutsideHours when nobody is in until the end, and for what is to be done after it. Four queries."""
    hours = Hours([visit.practitioner], visit.local_day, visit.local_day)
    reason = hours.why_outside(visit, until=visit.busy.upper)
    if reason is None:
        return
    clinic, until = ClinicSettings.current(), hours.in_until(visit)
    why = WORDS[reason]
    if until and reason != "closed":
        why = f"{visit.practitioner.name} is in until {_at(until, visit, clinic)}"
    what, ends_at = "It", visit.ends_at
    if until and visit.ends_at <= until:
        what, ends_at = "With the time to tidy up, it", visit.busy.upper
    raise OutsideHours(
        f"{what} would last until {_at(ends_at, visit, clinic)}: {why}. Nothing was changed."
    )


def _at(at: datetime, visit: Appointment, clinic: ClinicSettings) -> str:
    """A time on the clock of the visit, with its day where that is another one."""
    words = Words(visit.zone, clinic.time_style)
    return words.time(at) if day_of(at, visit.zone) == visit.local_day else words.short(at)
