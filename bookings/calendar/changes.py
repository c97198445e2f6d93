"""What can become of a booked visit: moved, cancelled, undone, marked at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from bookings.as_shown import AsShown, check_is_as_shown
from bookings.asked import ASKED, asked_by_rules
from bookings.calendar.attempts import LookAgain, because, in_one_transaction
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM
from bookings.calendar.taking import lock_to_move, stands_on_its_locks, take_room
from bookings.calendar.writing import (
    Status,
    announce,
    check_client_is_free,
    clashes,
    clear_the_way,
    judge,
    locked,
    update,
    wish_for,
)
from bookings.errors import Ended, NeedsReason, NotPossible, TooLate, WrongState
from bookings.extensions import Event, ask_gates, facts_about
from bookings.marks import pairs_of
from bookings.models import Appointment
from bookings.models.appointments import Stood
from bookings.notice import call_us, is_near
from bookings.refusals import Wish
from bookings.wall_clock import MINUTE
from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.prepared import PreparedQuery

UNDO = timedelta(minutes=3)
TAKEN_BACK = "Taken back at once"  # why a booking made by mistake was cancelled
# From state to state at the desk; the way back takes back what was marked. Steps may be
# left out: where nobody minds the desk, a visit goes from booked to done.
MARKS: dict[str, set[str]] = {
    Status.BOOKED: {Status.ARRIVED, Status.STARTED, Status.COMPLETED, Status.NO_SHOW},
    Status.ARRIVED: {Status.STARTED, Status.COMPLETED, Status.NO_SHOW, Status.BOOKED},
    Status.STARTED: {Status.COMPLETED, Status.ARRIVED},
    Status.COMPLETED: {Status.STARTED, Status.ARRIVED, Status.BOOKED},
    Status.NO_SHOW: {Status.BOOKED, Status.ARRIVED},
}
CAME = (Status.ARRIVED, Status.STARTED, Status.COMPLETED)
EVENTS: dict[str, Event] = {Status.COMPLETED: "completed", Status.NO_SHOW: "no_show"}


def _moving(**about: Any) -> QuerySet[Appointment]:
    """The visit that is to be moved, with all that is asked of where it is to go."""
    there = {"begin": about["begin"], "end": about["end"], "but": about["moving"]}
    return (
        Appointment.objects.filter(pk=about["moving"])
        .with_details()
        .annotate(
            is_client_busy=Exists(clashes(OuterRef("client"), **there)),
            **facts_about(client=OuterRef("client"), visit=OuterRef("pk")),
            **asked_by_rules(**about),
        )
    )


MOVING = PreparedQuery("visit_to_move", ASKED, _moving)


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
    reason: str | None = None,
    shown: AsShown | None = None,
) -> Appointment:
    """Move a booked visit; the row and its price stay, its version rises.

    To where it is already changes nothing. Raises MovedMeanwhile where it is no longer as
    the page has `shown` it, TooLate for a client within the notice, Ended, ClientBusy,
    NoRoom, Refused, or the error that names why the new start cannot be booked. Staff may
    within the notice, too, with a reason where they are asked for one (NeedsReason); the
    history keeps it.
    """
    who, where = practitioner or visit.practitioner, location or visit.location
    wish = Wish(_as_booked(visit), who, where, starts_at, now, for_staff, moving=visit)
    fresh = wish.read_with(MOVING, after=lock_to_move(visit, wish))
    is_as_seen = (who, where) == (practitioner or fresh.practitioner, location or fresh.location)
    if not pairs_of(fresh):
        if is_as_seen:
            _refuse_early(fresh, wish, shown)
        fresh, is_as_seen = locked(visit, (PRACTITIONER, who.pk), kinds=(PRACTITIONER,)), False
    elif not stands_on_its_locks(fresh, (PRACTITIONER,)):
        raise LookAgain
    version = fresh.version
    with because(reason):
        moved = move_quietly(
            fresh,
            starts_at=starts_at,
            practitioner=practitioner,
            location=location,
            now=now,
            for_staff=for_staff,
            wish=wish if is_as_seen else None,
            reason=reason,
            shown=shown,
        )
    if moved.version != version:
        announce("moved", moved, now=now)
    return moved


def _as_booked(visit: Appointment) -> Service:
    """The service of a visit; where it was not read with it, as far as the visit itself tells.

    That spares a query: the wish finds out what has changed since, whoever read it.
    """
    if Appointment.service.is_cached(visit):  # type: ignore[attr-defined]
        return visit.service
    return Service(
        pk=visit.service_id,
        minutes=(visit.ends_at - visit.starts_at) // MINUTE,
        turnover_before=(visit.starts_at - visit.busy.lower) // MINUTE,
        turnover_after=(visit.busy.upper - visit.ends_at) // MINUTE,
        needs_room=visit.room_id is not None,
    )


def _refuse_early(visit: Appointment, wish: Wish, shown: AsShown | None) -> None:
    """Say why a visit cannot move to where somebody stands, before any lock is waited for."""
    if _is_there(visit, wish.practitioner, wish.location, wish.starts_at):
        return
    _may_change(visit, now=wish.now, for_staff=wish.for_staff, shown=shown)
    reason = wish.why_not()
    if reason:
        raise reason


def _is_there(
    visit: Appointment, chosen: Practitioner, where: Location, starts_at: datetime
) -> bool:
    """Whether a booked visit is to move to where it is."""
    here = (visit.starts_at, visit.practitioner, visit.location)
    return (starts_at, chosen, where) == here and visit.status == Status.BOOKED


def move_quietly(
    visit: Appointment,
    *,
    starts_at: datetime,
    practitioner: Practitioner | None,
    location: Location | None,
    now: datetime,
    for_staff: bool,
    wish: Wish | None = None,
    reason: str | None = None,
    shown: AsShown | None = None,
) -> Appointment:
    """Move a visit whose practitioners are locked, as `move` does, and tell nobody yet.

    A `wish` for just that whose offer was read behind the locks is not read again. Where the
    `reason` is None, nobody was asked for one.
    """
    chosen, where = practitioner or visit.practitioner, location or visit.location
    if _is_there(visit, chosen, where, starts_at):
        return visit
    _may_change(visit, now=now, for_staff=for_staff, shown=shown)
    price, was_in_time = visit.price, reason is None or is_in_time(visit, now=now)
    visit.moved_from = Stood(visit.practitioner_id, visit.starts_at)
    visit.starts_at, visit.practitioner, visit.location = starts_at, chosen, where
    judge(visit, wish or wish_for(visit, now=now, for_staff=for_staff, moving=visit))
    _check_reason(reason or "", was_in_time)
    visit.price = price
    visit.room_id = take_room(visit, now=now, moving=visit, wish=wish)
    _client_agrees(visit, wish, now=now, for_staff=for_staff)
    visit.status, visit.arrived_at = Status.BOOKED, None
    _raise_versions(visit)
    clear_the_way(visit, now=now)
    update(
        visit, "starts_at", "ends_at", "busy", "practitioner", "location", "room",
        "status", "arrived_at", "version", "link_version",
    )  # fmt: skip
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
    shown: AsShown | None = None,
) -> Appointment:
    """Cancel a visit; a second time changes nothing.

    Raises MovedMeanwhile where it is no longer as the page has `shown` it, TooLate for a
    client within the notice and Ended for a visit that is over. Staff may within the notice,
    too, with a reason (NeedsReason); when it was the client who asked, the cancellation is
    marked as late.
    """
    visit = locked(visit, kinds=(PRACTITIONER, CLIENT))
    if visit.status == Status.CANCELLED:
        return visit
    cancel_quietly(
        visit, cancelled_by=cancelled_by, now=now, reason=reason, for_staff=for_staff, shown=shown
    )
    announce("cancelled", visit, now=now)
    return visit


def cancel_quietly(
    visit: Appointment,
    *,
    cancelled_by: str,
    now: datetime,
    reason: str,
    for_staff: bool,
    shown: AsShown | None = None,
) -> Appointment:
    """Cancel a visit that is locked, as `cancel` does, and tell nobody yet."""
    _may_change(visit, now=now, for_staff=for_staff, shown=shown)
    is_late = not is_in_time(visit, now=now)
    _check_reason(reason, not is_late)
    is_the_clients = cancelled_by == Appointment.CancelledBy.CLIENT
    return _cancelled(
        visit, cancelled_by, reason=reason, is_late=is_late and is_the_clients, now=now
    )


@in_one_transaction
def undo(visit: Appointment, *, by: Any, now: datetime) -> Appointment:
    """Take back a booking made by mistake, within three minutes: never a late cancellation.

    Raises TooLate, or Ended when the visit has gone on meanwhile.
    """
    visit = locked(visit, kinds=(PRACTITIONER, CLIENT))
    if visit.status == Status.CANCELLED:
        return visit
    undo_quietly(visit, now=now)
    announce("cancelled", visit, now=now)
    return visit


def undo_quietly(visit: Appointment, *, now: datetime) -> None:
    """Take back a booking that is locked, as `undo` does, and tell nobody yet."""
    if visit.status != Status.BOOKED:
        raise Ended
    if visit.booked_at is None or now > visit.booked_at + UNDO:
        raise TooLate("The three minutes for taking it back are over. You can still cancel.")
    by_client = Appointment.CancelledBy.CLIENT
    _cancelled(visit, by_client, reason=TAKEN_BACK, is_late=False, now=now)


@in_one_transaction
def mark(visit: Appointment, status: str, *, by: Any, now: datetime) -> Appointment:
    """Say at the desk how a visit stands; what it stands at already changes nothing.

    Raises WrongState for a step that cannot follow, and NotPossible before the day of
    the visit or for a no-show before its time.
    """
    visit = locked(visit, kinds=(PRACTITIONER, ROOM, CLIENT))
    was = visit.status
    if was == status:
        return visit
    if status not in MARKS.get(was, set()):
        raise WrongState
    _check_its_time_has_come(visit, status, now=now)
    visit.status = status
    visit.arrived_at = (visit.arrived_at or now) if status in CAME else None
    visit.completed_at = now if status == Status.COMPLETED else None
    update(visit, "status", "arrived_at", "completed_at")
    event = EVENTS.get(status) or ("undone" if was in EVENTS else None)
    if event:
        announce(event, visit, now=now)
    return visit


def is_in_time(visit: Appointment, *, now: datetime, clinic: ClinicSettings | None = None) -> bool:
    """Tell whether a client may still move or cancel without calling."""
    return not is_near(visit.starts_at, clinic or ClinicSettings.current(), now=now)


def _check_reason(reason: str, was_in_time: bool) -> None:
    """Within the notice the clinic says why. Raises NeedsReason."""
    if not (was_in_time or reason.strip()):
        raise NeedsReason


def _may_change(
    visit: Appointment, *, now: datetime, for_staff: bool, shown: AsShown | None = None
) -> None:
    """Raises Ended, MovedMeanwhile or TooLate."""
    if visit.status not in (Status.BOOKED, Status.ARRIVED):
        raise Ended
    check_is_as_shown(visit, shown, now=now)
    if for_staff:
        return
    if visit.starts_at <= now:
        raise Ended
    if not is_in_time(visit, now=now):
        raise TooLate(call_us(ClinicSettings.current()))


def _client_agrees(
    visit: Appointment, wish: Wish | None, *, now: datetime, for_staff: bool
) -> None:
    """The client is free then, and may go there alone. Raises ClientBusy or Refused."""
    client = visit.client
    assert client is not None  # only holds have no client, and they do not move
    if not (wish and _was_free(visit, wish)):
        check_client_is_free(client, visit)
    if not for_staff:
        ask_gates(client=client, visit=visit, starts_at=visit.starts_at, now=now)


def _was_free(visit: Any, wish: Wish) -> bool:
    """Whether the visit was read with its wish behind the client's lock, and nothing is near."""
    is_for_it = stands_on_its_locks(visit, (CLIENT,)) and not wish.was_mistaken
    return is_for_it and not visit.is_client_busy


def _cancelled(
    visit: Appointment, by_whom: str, *, reason: str, is_late: bool, now: datetime
) -> Appointment:
    visit.status, visit.cancelled_by, visit.cancelled_at = Status.CANCELLED, by_whom, now
    visit.cancel_reason, visit.is_late_cancellation = reason, is_late
    _raise_versions(visit)
    update(
        visit, "status", "cancelled_by", "cancelled_at", "cancel_reason",
        "is_late_cancellation", "version", "link_version",
    )  # fmt: skip
    return visit


def _raise_versions(visit: Appointment) -> None:
    """Another time is another version, and the links of the old one explain themselves."""
    visit.version += 1
    visit.link_version += 1


def _check_its_time_has_come(visit: Appointment, status: str, *, now: datetime) -> None:
    today = now.astimezone(visit.zone).date()
    if status != Status.BOOKED and visit.starts_at.astimezone(visit.zone).date() > today:
        raise NotPossible("This visit is on a later day.")
    if status == Status.NO_SHOW and visit.starts_at > now:
        raise NotPossible("This visit has not begun yet.")
