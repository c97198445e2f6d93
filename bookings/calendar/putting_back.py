"""Undoing a move, a new length or a cancellation: a visit stands again exactly as it stood before.

How it stood is read from the history that the database keeps of every row. Only what was
never anybody else's meanwhile comes back: the constraints guard that, and under the locks
the reason is named. What was changed together comes back together, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, Q

from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.changes import UNDO
from bookings.calendar.locks import PRACTITIONER, ROOM
from bookings.calendar.series import lock_all
from bookings.calendar.writing import Status, announce_together, clear_the_way, update
from bookings.errors import BookingError, ClientBusy, Ended, NoRoom, SlotTaken, TooLate
from bookings.messages.appointments import was_told
from bookings.models import Appointment, VisitChange
from bookings.models.appointments import AppointmentQuerySet, Stood
from bookings.times import Words
from practitioners.models import ClinicSettings

MOVED, CANCELLED = VisitChange.Event.MOVED, VisitChange.Event.CANCELLED
OF_TIME = (MOVED, VisitChange.Event.LENGTH)
ITS_PLACE = ("starts_at", "ends_at", "busy", "practitioner_id", "location_id", "room_id")
HOW_IT_STOOD = (
    *ITS_PLACE, "status", "arrived_at", "cancelled_by", "cancelled_at", "cancel_reason",
    "is_late_cancellation",
)  # fmt: skip
FOR_WHO_WAITS = "waitlist:"  # how the name begins under which a time is kept for them
WRITTEN = tuple(name.removesuffix("_id") for name in HOW_IT_STOOD)
NOTHING = "Nothing was changed."
OVER = (
    "The three minutes for undoing it are over, so nothing was changed. Book or move the"
    " session as usual."
)
BY_THE_CLINIC = "The clinic has changed this session, so please call us. Nothing was changed now."
CHANGED_AGAIN = (
    "This session has been changed again since, so that can no longer be undone. Nothing was"
    " changed now."
)


@dataclass(frozen=True, slots=True)
class Undoable:
    """The last change of a visit, be it of time or a cancellation: which, when, and until when it can be undone."""

    event: str
    version: int
    at: datetime

    @property
    def until(self) -> datetime:
        return self.at + UNDO


def undoable(visits: Iterable[Appointment], *, now: datetime) -> dict[int, Undoable]:
    """What can still be undone of some visits, by their keys. One query, or none."""
    visits = list(visits)
    found = {
        one.pk: Undoable(CANCELLED, one.version, one.cancelled_at)
        for one in visits
        if one.is_cancelled and one.cancelled_at
    }
    booked = {one.pk: one.version for one in visits if one.status == Status.BOOKED}
    if booked:
        rows = VisitChange.objects.filter(appointment__in=booked, event__in=OF_TIME)
        found |= {
            one.appointment_id: Undoable(one.event, one.version, one.at)
            for one in rows.filter(at__gte=now - UNDO)
            if one.version == booked[one.appointment_id]
        }
    return {key: one for key, one in found.items() if now <= one.until}


def changed_lately(
    visits: AppointmentQuerySet, *, now: datetime
) -> list[tuple[Appointment, Undoable, int]]:
    """What can be undone of some visits, wherever they stand. Two queries at most.

    The first of those that were changed together, the change, and how many they are.
    """
    lately = VisitChange.objects.filter(at__gte=now - UNDO).values("appointment")
    found = list(visits.filter(pk__in=lately).with_details().order_by("starts_at", "pk"))
    undo = undoable(found, now=now)
    together: dict[tuple[int, datetime], list[Appointment]] = {}
    for visit in found:
        if visit.pk in undo:
            together.setdefault((visit.series_id or -visit.pk, undo[visit.pk].at), []).append(visit)
    return [(group[0], undo[group[0].pk], len(group)) for group in together.values()]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose time a visit took up, with its turnover, and in which room."""

    practitioner: int
    busy: Any
    room: int | None = None


def may_come_back(*, since: datetime) -> list[Place]:
    """Where visits stood that have been changed or cancelled since, and not put back. Two queries at most."""
    lately = VisitChange.objects.filter(event__in=(*OF_TIME, CANCELLED), at__gt=since)
    newest = lately.filter(version=F("appointment__version")).select_related("appointment")
    visits = [change.appointment for change in newest]
    stood = _states(visits, back=1).values() if visits else ()
    return [Place(one.practitioner_id, one.busy, one.room_id) for one in stood]


def was_done_by_staff(visit: Appointment) -> bool:
    """Whether somebody who works here has made the last change of a visit. Two queries."""
    if visit.is_cancelled and visit.cancelled_by == Appointment.CancelledBy.CLINIC:
        return True
    rows = visit.events.filter(version=visit.version).order_by("pgh_id")  # type: ignore[attr-defined]
    first = rows.select_related("pgh_context").first()
    context = first.pgh_context.metadata if first and first.pgh_context else {}
    person = get_user_model().objects.filter(pk=context.get("user") or 0).first()
    return bool(person and person.works_here)


@in_one_transaction
def put_back(
    visit: Appointment, *, version: int, by: Any, now: datetime, for_staff: bool = False
) -> list[Appointment]:
    """Undo a change of time or a cancellation, named by the version it made, with all changed together with it.

    A second time changes nothing. Raises Ended when something else has happened since, or
    for a client when the clinic has done it, TooLate, or SlotTaken, NoRoom or ClientBusy when the time is no longer free: then
    `details["starts_at"]` names it, and nothing has come back.
    """
    visit = Appointment.objects.with_details().get(pk=visit.pk)
    if visit.version == version + 1 and _stands_as_before(visit):
        return [visit]
    if visit.version != version:
        raise Ended(CHANGED_AGAIN)
    visits = _locked_together(visit)
    if any(one.pk not in undoable(visits, now=now) for one in visits):
        raise _why_not(visits)
    if not for_staff and was_done_by_staff(visit):
        raise Ended(BY_THE_CLINIC)
    stood = _how_they_stood(visits)
    for one in visits:
        _check_free(one, stood[one.pk], visits, by=by, now=now)
    is_told = any(was_told(one, version=one.version) for one in visits)
    for one in _in_order(visits, stood):
        _put(one, stood[one.pk], keeps_links=not is_told, now=now)
    visits.sort(key=lambda one: one.starts_at)
    announce_together("put_back", visits, now=now)
    return visits


def _stands_as_before(visit: Appointment) -> bool:
    """Whether the last change of a visit has put it back already."""
    before = _states([visit], back=2).get(visit.pk)
    place = [getattr(visit, name) for name in ITS_PLACE]
    return (
        before is not None
        and not visit.is_cancelled
        and place == [getattr(before, name) for name in ITS_PLACE]
    )


def _states(visits: Sequence[Appointment], *, back: int) -> dict[int, Any]:
    """The last state of each visit so many versions ago. One query."""
    history: Any = Appointment.pgh_event_model  # type: ignore[attr-defined]
    then = Q(*(Q(pgh_obj=one.pk, version=one.version - back) for one in visits), _connector=Q.OR)
    rows = history.objects.filter(then).exclude(status=Status.HELD).order_by("pgh_id")
    return {row.pgh_obj_id: row for row in rows}


def _how_they_stood(visits: Sequence[Appointment]) -> dict[int, Any]:
    """The state of each visit before its last change. Raises Ended when there was none."""
    stood = _states(visits, back=1)
    if len(stood) < len(visits):
        raise Ended(CHANGED_AGAIN)
    return stood


def _locked_together(visit: Appointment) -> list[Appointment]:
    """Lock a visit, those changed together with it, and where they stood; read them behind it."""
    visits = changed_together(visit)
    stood = _how_they_stood(visits)
    were_with = ((PRACTITIONER, one.practitioner_id) for one in stood.values())
    were_in = ((ROOM, one.room_id) for one in stood.values())
    lock_all(visits, also=(*were_with, *were_in))
    rows = Appointment.objects.filter(pk__in=[one.pk for one in visits]).with_details()
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def changed_together(visit: Appointment) -> list[Appointment]:
    """A visit and those of its series that the same press has moved or cancelled."""
    rows = Appointment.objects.filter(series__isnull=False, series=visit.series_id)
    if visit.is_cancelled:
        same = rows.filter(status=Status.CANCELLED, cancelled_at=visit.cancelled_at)
    else:
        own = VisitChange.objects.filter(appointment=visit, version=visit.version, event=MOVED)
        same = rows.filter(
            changes__in=VisitChange.objects.filter(event=MOVED, at__in=own.values("at")),
            changes__version=F("version"),
            status=Status.BOOKED,
        )
    itself = Appointment.objects.filter(pk=visit.pk)
    return list(Appointment.objects.filter(Q(pk__in=itself) | Q(pk__in=same.values("pk"))))


def _why_not(visits: Sequence[Appointment]) -> BookingError:
    """It has gone on since, like a session that has begun; or it is too late."""
    is_as_left = all(one.status in (Status.CANCELLED, Status.BOOKED) for one in visits)
    return TooLate(OVER) if is_as_left else Ended(CHANGED_AGAIN)


def _check_free(
    visit: Appointment, stood: Any, group: Sequence[Appointment], *, by: Any, now: datetime
) -> None:
    """Raises SlotTaken, NoRoom or ClientBusy, in words that give away no more than `by` may see."""
    is_theirs = Q(client=visit.client_id, starts_at__lt=stood.ends_at, ends_at__gt=stood.starts_at)
    is_here = Q(practitioner=stood.practitioner_id) | Q(room__isnull=False, room=stood.room_id)
    others = Appointment.objects.blocking(now=now).exclude(pk__in=[one.pk for one in group])
    there = others.filter(is_theirs | is_here & Q(busy__overlap=stood.busy))
    other = there.select_related("client", "room", "location").order_by("starts_at").first()
    if other is not None:
        raise _gone(visit, stood, other, by=by)


def _gone(visit: Appointment, stood: Any, other: Appointment, *, by: Any) -> BookingError:
    """Say what has become of the time, and through whom only to those who may see that visit."""
    words = Words(visit.zone, ClinicSettings.current().time_style)
    when, about = words.short(stood.starts_at), {"starts_at": stood.starts_at}
    if other.status == Status.HELD and other.held_until:
        until = words.time(other.held_until)
        if other.held_by.startswith(FOR_WHO_WAITS):
            said = f"{when} has been offered to somebody on the waiting list, and is kept for them until {until}."
        else:
            said = f"Somebody is just booking {when}: it is kept for them until {until}."
        return SlotTaken(f"{said} {NOTHING}", **about)
    if other.client_id == visit.client_id:
        return ClientBusy(
            f"This person has another session on {when} by now. {NOTHING}", visit=other, **about
        )
    if other.practitioner_id != stood.practitioner_id:
        return NoRoom(f"The room has been given to another session on {when}. {NOTHING}", **about)
    may_see = by is not None and Appointment.objects.handled_by(by).filter(pk=other.pk).exists()
    whom = f"booked for {other.client}" if may_see and other.client else "taken"
    return SlotTaken(f"{when} has been {whom} since. {NOTHING}", **about)


def _in_order(visits: Sequence[Appointment], stood: dict[int, Any]) -> list[Appointment]:
    """Whoever goes on makes room for the one before, whoever comes nearer for the one after."""
    in_time = sorted(visits, key=lambda one: one.starts_at)
    onwards = [one for one in in_time if stood[one.pk].starts_at > one.starts_at]
    back = [one for one in in_time if stood[one.pk].starts_at <= one.starts_at]
    return [*reversed(onwards), *back]


def _put(visit: Appointment, stood: Any, *, keeps_links: bool, now: datetime) -> None:
    """Write a visit as it stood, as its next version; links that nobody was sent others for live again."""
    visit.moved_from = Stood(visit.practitioner_id, visit.starts_at)
    for name in HOW_IT_STOOD:
        setattr(visit, name, getattr(stood, name))
    visit.version += 1
    visit.link_version = stood.link_version if keeps_links else visit.link_version + 1
    clear_the_way(visit, now=now)
    update(visit, *WRITTEN, "version", "link_version")
