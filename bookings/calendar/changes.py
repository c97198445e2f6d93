"""What can become of a booked visit: moved, cancelled, undone, marked at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError

from bookings.availability import why_not
from bookings.calendar.booking import check_client_is_free
from bookings.calendar.holds import Status, derive, take_room
from bookings.calendar.locks import (
    CLIENT,
    PRACTITIONER,
    drop_expired_holds,
    in_one_transaction,
    lock,
)
from bookings.errors import Ended, NotPossible, SlotTaken, TooLate, WrongState
from bookings.extensions import Event, tell_listeners
from bookings.messages import appointments as mails
from bookings.models import Appointment
from practitioners.models import ClinicSettings, Location, Practitioner

UNDO = timedelta(minutes=3)
# From state to state at the desk; the way back is an undo of what was marked.
MARKS = {
    Status.BOOKED: {Status.ARRIVED, Status.STARTED, Status.COMPLETED, Status.NO_SHOW},
    Status.ARRIVED: {Status.STARTED, Status.COMPLETED, Status.NO_SHOW, Status.BOOKED},
    Status.STARTED: {Status.COMPLETED, Status.ARRIVED},
    Status.COMPLETED: {Status.STARTED, Status.ARRIVED, Status.BOOKED},
    Status.NO_SHOW: {Status.BOOKED, Status.ARRIVED},
}
EVENTS: dict[str, Event] = {Status.COMPLETED: "completed", Status.NO_SHOW: "no_show"}


@in_one_transaction
def move(
    visit: Appointment,
    *,
    starts_at: datetime,
    by: Any,
    now: datetime,
    practitioner: Practitioner | None = None,
    location: Location | None = None,
    for_staff: bool = False,
) -> Appointment:
    """Move a booked visit; the row stays and its version rises.

    Raises TooLate for a client within the notice, Ended, ClientBusy, or the error
    that names why the new start cannot be booked.
    """
    chosen = practitioner or visit.practitioner
    where = location or visit.location
    lock(PRACTITIONER, [visit.practitioner_id, chosen.pk])
    visit = _fresh(visit)
    _may_change(visit, now=now, for_staff=for_staff)
    if (starts_at, chosen.pk, where.pk) == (
        visit.starts_at,
        visit.practitioner_id,
        visit.location_id,
    ):
        return visit
    drop_expired_holds([chosen.pk], now=now)
    reason = why_not(
        visit.service, chosen, where, starts_at, now=now, for_staff=for_staff, moving=visit
    )
    if reason:
        raise reason
    visit.starts_at, visit.practitioner, visit.location = starts_at, chosen, where
    price = visit.price
    derive(visit)
    visit.price = price
    visit.room = take_room(visit, now=now, moving=visit)
    client = visit.client
    if client is not None:
        lock(CLIENT, [client.pk])
        check_client_is_free(client, visit)
    visit.status = Status.BOOKED
    visit.version += 1
    visit.link_version += 1
    try:
        visit.save()
    except IntegrityError as problem:
        raise SlotTaken from problem
    _tell("moved", visit, now=now)
    return visit


@in_one_transaction
def cancel(
    visit: Appointment,
    *,
    cancelled_by: str,
    by: Any,
    now: datetime,
    reason: str = "",
    for_staff: bool = False,
) -> Appointment:
    """Cancel a visit; a second time changes nothing.

    Raises TooLate for a client within the notice and Ended for a visit that is
    over. Staff may always, and a late cancellation by the client is marked.
    """
    lock(PRACTITIONER, [visit.practitioner_id])
    visit = _fresh(visit)
    if visit.status == Status.CANCELLED:
        return visit
    _may_change(visit, now=now, for_staff=for_staff)
    is_late = cancelled_by == Appointment.CancelledBy.CLIENT and not is_in_time(visit, now=now)
    visit.status = Status.CANCELLED
    visit.cancelled_by, visit.cancelled_at, visit.cancel_reason = cancelled_by, now, reason
    visit.is_late_cancellation = is_late
    visit.version += 1
    visit.link_version += 1
    visit.save()
    _tell("cancelled", visit, now=now)
    return visit


@in_one_transaction
def undo(visit: Appointment, *, by: Any, now: datetime) -> Appointment:
    """Take back a booking made by mistake, within three minutes. Raises TooLate."""
    lock(PRACTITIONER, [visit.practitioner_id])
    visit = _fresh(visit)
    if visit.status == Status.CANCELLED:
        return visit
    if visit.booked_at is None or now > visit.booked_at + UNDO:
        raise TooLate("The three minutes for taking it back are over. You can still cancel.")
    visit.status = Status.CANCELLED
    visit.cancelled_by, visit.cancelled_at = Appointment.CancelledBy.CLIENT, now
    visit.cancel_reason = "Taken back at once"
    visit.version += 1
    visit.link_version += 1
    visit.save()
    _tell("cancelled", visit, now=now)
    return visit


@in_one_transaction
def mark(visit: Appointment, status: str, *, by: Any, now: datetime) -> Appointment:
    """Say at the desk how a visit stands. Raises WrongState, and NotPossible before its day."""
    lock(PRACTITIONER, [visit.practitioner_id])
    visit = _fresh(visit)
    if visit.status == status:
        return visit
    if status not in MARKS.get(Status(visit.status), set()):
        raise WrongState
    today = now.astimezone(visit.zone).date()
    if visit.starts_at.astimezone(visit.zone).date() > today and status != Status.BOOKED:
        raise NotPossible("This visit is on a later day.")
    was = visit.status
    visit.status = status
    visit.arrived_at = (visit.arrived_at or now) if status != Status.BOOKED else None
    visit.completed_at = now if status == Status.COMPLETED else None
    visit.save()
    event = EVENTS.get(status) or ("undone" if was in EVENTS else None)
    if event:
        tell_listeners(event, visit, now=now)
    return visit


def is_in_time(visit: Appointment, *, now: datetime) -> bool:
    """Tell whether a client may still move or cancel without calling."""
    notice = timedelta(hours=ClinicSettings.current().cancel_notice_hours)
    return visit.starts_at - now >= notice


def _may_change(visit: Appointment, *, now: datetime, for_staff: bool) -> None:
    if visit.status not in (Status.BOOKED, Status.ARRIVED):
        raise Ended
    if for_staff:
        return
    if visit.starts_at <= now:
        raise Ended
    if not is_in_time(visit, now=now):
        clinic = ClinicSettings.current()
        call = f"please call {clinic.phone}" if clinic.phone else "please call us"
        raise TooLate(
            f"It is less than {clinic.cancel_notice_hours} hours before your session, so {call}."
        )


def _fresh(visit: Appointment) -> Appointment:
    """Read the visit again, under the lock."""
    return Appointment.objects.select_related(
        "service", "practitioner", "location", "client", "room"
    ).get(pk=visit.pk)


def _tell(event: Event, visit: Appointment, *, now: datetime) -> None:
    tell_listeners(event, visit, now=now)
    mails.follow(event, visit, now=now)
