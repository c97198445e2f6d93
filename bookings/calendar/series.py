"""Several visits as one: booked, moved or cancelled all together, or not at all.

The locks are taken for all of them at once, in the order that every verb keeps:
practitioners, rooms, clients, ids ascending. So nobody who changes one visit and nobody
who changes another series can wait for us while we wait for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bookings.as_shown import AsShown
from bookings.calendar.attempts import LookAgain, because, in_one_transaction
from bookings.calendar.booking import digest_of
from bookings.calendar.changes import cancel_quietly, move_quietly
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM, lock
from bookings.calendar.writing import (
    Status,
    announce_together,
    check_client_is_free,
    clear_the_way,
    insert,
    judge,
    wish_for,
)
from bookings.errors import (
    AlreadyUsed,
    BookingError,
    CallToBook,
    ClientBusy,
    NoRoom,
    NotPossible,
)
from bookings.extensions import Event, ask_gates
from bookings.models import Appointment, Client, Series
from bookings.rooms import free_rooms
from bookings.wall_clock import moment
from practitioners.models import Location, Practitioner, Room, Service

Choice = tuple[Practitioner, Location, datetime]
Move = tuple[Appointment, datetime]
MOST = 24


@in_one_transaction
def book_series(
    service: Service,
    choices: Sequence[Choice],
    *,
    client: Client,
    by: Any,
    form_token: UUID,
    now: datetime,
    every_weeks: int = 1,
    source_ref: str = "",
    desk_note: str = "",
    client_note: str = "",
    for_staff: bool = True,
    promised: datetime | None = None,
) -> Series:
    """Book every chosen time for a client, or none; the client gets one mail for all.

    The same form sent again returns the same series. Raises AlreadyUsed, NotPossible
    without any time, or what `book` raises: then `details["starts_at"]` names the time.
    A client's own series meets every limit of a client but the count of open bookings:
    whoever treats has planned that many. The notice of a `promised` time counted when it
    was chosen.
    """
    choices = sorted(choices, key=lambda one: one[2])
    if not 1 <= len(choices) <= MOST:
        raise NotPossible(f"Choose between 1 and {MOST} times.")
    chosen = [(person.pk, place.pk, at) for person, place, at in choices]
    digest = digest_of(service.pk, client.pk, chosen, desk_note, client_note)
    lock(*((PRACTITIONER, person.pk) for person, _, _ in choices))
    earlier = _booked_by_form(form_token, digest)
    if earlier:
        return earlier
    series = Series(
        client=client, service=service, every_weeks=every_weeks, form_token=form_token,
        form_digest=digest, created_by=by, created_at=now,
    )  # fmt: skip
    visits = [
        _draft(series, one, source_ref=source_ref, desk_note=desk_note, client_note=client_note)
        for one in choices
    ]
    for visit in visits:
        _check(visit, now=now, for_staff=for_staff or visit.starts_at == promised)
    _insert_all(series, visits, now=now)
    announce_together("booked", visits, now=now)
    if not for_staff:
        _may_book_alone(client, visits, now=now)
    return series


def _booked_by_form(form_token: UUID, digest: str) -> Series | None:
    """The series that this form has booked already. Raises AlreadyUsed for other answers."""
    earlier = Series.objects.filter(form_token=form_token).first()
    if earlier and earlier.form_digest != digest:
        raise AlreadyUsed
    return earlier


def _draft(series: Series, choice: Choice, **notes: str) -> Appointment:
    """One visit of a series that is not stored yet."""
    person, place, at = choice
    return Appointment(
        service=series.service, practitioner=person, location=place, client=series.client,
        starts_at=at, status=Status.BOOKED, booked_by=series.created_by,
        booked_at=series.created_at, created_at=series.created_at, series=series, **notes,
    )  # fmt: skip


def _insert_all(series: Series, visits: list[Appointment], *, now: datetime) -> None:
    """Give each a room and store them. Raises NoRoom, ClientBusy."""
    _apart(visits)
    _take_rooms(visits, now=now)
    series.save()
    for visit in visits:
        _saying_which(visit, check_client_is_free, series.client, visit)
    for visit in visits:
        visit.series = series
        clear_the_way(visit, now=now)
        insert(visit)


@in_one_transaction
def cancel_from(
    visit: Appointment,
    *,
    cancelled_by: str,
    by: Any,
    now: datetime,
    reason: str = "",
    for_staff: bool = False,
    shown: AsShown | None = None,
) -> list[Appointment]:
    """Cancel a visit of a series and all that follow it; a second time changes nothing.

    Those that the page has `shown` are meant. Raises what `cancel` raises.
    """
    return _cancel_all(
        following(visit, shown),
        cancelled_by=cancelled_by, now=now, reason=reason, for_staff=for_staff, shown=shown,
    )  # fmt: skip


@in_one_transaction
def move_from(
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
) -> list[Appointment]:
    """Move a visit of a series, and all that follow it by as many days, to the same time of day.

    All or none. Those that the page has `shown` are meant, each from where it stood there.
    Raises what `move` raises: `details["starts_at"]` names the time.
    """
    visits = following(visit, shown)
    where = location or visit.location
    person = practitioner or visit.practitioner
    lock_all(visits, person, where)
    versions = {one.pk: one.version for one in visits}
    pairs = _in_order(zip(visits, _shifted(visits, visit.pk, starts_at, where, shown), strict=True))
    with because(reason):
        moved = [
            _saying_which_time(at, move_quietly, one, starts_at=at, practitioner=person,
                               location=where, now=now, for_staff=for_staff, reason=reason,
                               shown=shown)
            for one, at in pairs
        ]  # fmt: skip
    changed = [one for one in moved if one.version != versions[one.pk]]
    announce_together("moved", sorted(changed, key=lambda one: one.starts_at), now=now)
    return sorted(moved, key=lambda one: one.starts_at)


@in_one_transaction
def rearrange(
    moves: Sequence[tuple[Appointment, datetime]],
    service: Service,
    choices: Sequence[Choice],
    *,
    client: Client,
    by: Any,
    form_token: UUID,
    now: datetime,
    source_ref: str = "",
    for_staff: bool = True,
    reason: str | None = None,
) -> list[Appointment]:
    """Move some visits of a client, each to its own time, and book new ones. All or none.

    The same form sent again changes nothing. Raises what `move` and `book_series` raise;
    one `reason` is for all that move.
    """
    visits = _as_they_stand(visit for visit, _ in moves)
    pairs = _in_order(zip(visits, (at for _, at in moves), strict=True))
    lock_all(visits, *{one for person, place, _ in choices for one in (person, place)},
              *{one.location for one in visits})  # fmt: skip
    versions = {visit.pk: visit.version for visit in visits}
    with because(reason):
        moved = [
            _saying_which_time(at, move_quietly, visit, starts_at=at, practitioner=None,
                               location=None, now=now, for_staff=for_staff, reason=reason)
            for visit, at in pairs
        ]  # fmt: skip
    _announce_by_series("moved", [one for one in moved if one.version != versions[one.pk]], now=now)
    if not choices:
        return moved
    series = book_series(
        service, choices, client=client, by=by, form_token=form_token, now=now,
        source_ref=source_ref, for_staff=for_staff,
    )  # fmt: skip
    return [*moved, *series.appointments.order_by("starts_at")]


@in_one_transaction
def cancel_each(
    visits: Sequence[Appointment],
    *,
    cancelled_by: str,
    by: Any,
    now: datetime,
    reason: str = "",
    for_staff: bool = False,
) -> list[Appointment]:
    """Cancel some visits of a client, whatever they were booked with; all or none.

    Raises what `cancel` raises.
    """
    return _cancel_all(
        _as_they_stand(visits),
        cancelled_by=cancelled_by, now=now, reason=reason, for_staff=for_staff,
    )  # fmt: skip


def _in_order(moves: Iterable[Move]) -> list[Move]:
    """Whoever goes on makes room for the one before, whoever comes nearer for the one after."""
    pairs = sorted(moves, key=lambda one: one[1])
    onwards = [one for one in pairs if one[1] > one[0].starts_at]
    back = [one for one in pairs if one[1] <= one[0].starts_at]
    return [*reversed(onwards), *back]


def _cancel_all(visits: list[Appointment], *, now: datetime, **about: Any) -> list[Appointment]:
    """Lock and cancel those that still stand, and say so with one mail for each series."""
    lock_all(visits)
    cancelled = [
        cancel_quietly(one, now=now, **about) for one in visits if one.status != Status.CANCELLED
    ]
    _announce_by_series("cancelled", cancelled, now=now)
    return cancelled


def _as_they_stand(visits: Iterable[Appointment]) -> list[Appointment]:
    """The same visits, read anew: an earlier try may have changed those in hand."""
    keys = [visit.pk for visit in visits]
    found = Appointment.objects.with_details().in_bulk(keys)
    return [found[key] for key in keys]


def _announce_by_series(event: Event, visits: Sequence[Appointment], *, now: datetime) -> None:
    """One mail for those that were booked together, one each for the others."""
    groups: dict[object, list[Appointment]] = {}
    for visit in sorted(visits, key=lambda one: one.starts_at):
        groups.setdefault(visit.series_id or visit.public_id, []).append(visit)
    for group in groups.values():
        announce_together(event, group, now=now)


def following(visit: Appointment, shown: AsShown | None = None) -> list[Appointment]:
    """A visit and those of its series that come after it, where it is now, and can still be changed.

    Where a page has `shown` which they are, those.
    """
    rows = Appointment.objects.filter(series__isnull=False, series=visit.series_id)
    own = Appointment.objects.filter(pk=visit.pk)
    after_it = (
        {"starts_at__gte": own.values("starts_at")} if shown is None else {"pk__in": list(shown)}
    )
    coming = rows.filter(status__in=(Status.BOOKED, Status.ARRIVED), **after_it)
    return list((own | coming).with_details().order_by("starts_at"))


def _may_book_alone(client: Client, visits: list[Appointment], *, now: datetime) -> None:
    """Ask the gates about each visit of a client's own series. Raises CallToBook, Refused.

    They are asked when all of them stand, because a gate may count those before it;
    what it refuses takes everything back.
    """
    if Client.objects.get(pk=client.pk).is_call_to_book:
        raise CallToBook
    for visit in visits:
        _saying_which(visit, _ask_gates, client, visit, now)


def _ask_gates(client: Client, visit: Appointment, now: datetime) -> None:
    ask_gates(client=client, visit=visit, starts_at=visit.starts_at, now=now)


def _check(visit: Appointment, *, now: datetime, for_staff: bool) -> None:
    wish = wish_for(visit, now=now, for_staff=for_staff)
    _saying_which(visit, judge, visit, wish)


def _apart(visits: list[Appointment]) -> None:
    """Nobody is in two places, not even within one series. Raises ClientBusy."""
    for one, other in itertools.pairwise(visits):
        if other.busy.lower < one.busy.upper:
            sentence = "Two of these times overlap. Choose another for one of them."
            raise ClientBusy(sentence, starts_at=other.starts_at)


def _take_rooms(visits: list[Appointment], *, now: datetime) -> None:
    """One room for all where there is one, else a free one each; then lock rooms and client.

    All rooms are chosen before any is locked, so that they are locked in order.
    """
    free = {id(visit): _free(visit, now=now) for visit in visits if visit.service.needs_room}
    common = set.intersection(*(set(rooms) for rooms in free.values())) if free else set()
    for visit in visits:
        rooms = free.get(id(visit), [])
        visit.room = next((room for room in rooms if room in common), next(iter(rooms), None))
    lock(
        *((ROOM, visit.room_id) for visit in visits),
        *((CLIENT, visit.client_id) for visit in visits),
    )
    for visit in visits:
        if visit.room and visit.room not in _free(visit, now=now):
            raise LookAgain


def _free(visit: Appointment, *, now: datetime) -> list[Room]:
    rooms = free_rooms(visit, now=now)
    if not rooms:
        raise NoRoom(starts_at=visit.starts_at)
    return sorted(rooms, key=lambda room: room.pk)


def lock_all(
    visits: Sequence[Appointment],
    *more: Practitioner | Location | None,
    also: Iterable[tuple[int, int | None]] = (),
) -> None:
    """Everything that these visits stand on or may come to stand on, in the one order.

    Whoever moves a visit names the places it may move in: a room of theirs is taken. Who
    knows what it will stand on names just that `also`.
    """
    people = [one for one in more if isinstance(one, Practitioner)]
    places = [one for one in more if isinstance(one, Location)]
    seen = [
        (one.pk, one.practitioner_id, one.room_id, one.client_id, one.version) for one in visits
    ]
    rooms = {one.room_id for one in visits}
    if places:
        inside = Room.objects.filter(location__in=places, is_active=True)
        rooms |= set(inside.values_list("pk", flat=True))
    lock(
        *((PRACTITIONER, one.practitioner_id) for one in visits),
        *((PRACTITIONER, one.pk) for one in people),
        *((ROOM, room) for room in rooms),
        *((CLIENT, one.client_id) for one in visits),
        *also,
    )
    rows = Appointment.objects.filter(pk__in=[one.pk for one in visits]).order_by("starts_at", "pk")
    now = list(rows.values_list("pk", "practitioner", "room", "client", "version"))
    if sorted(now) != sorted(seen):
        raise LookAgain


def _shifted(
    visits: list[Appointment],
    first: int,
    starts_at: datetime,
    place: Location,
    shown: AsShown | None,
) -> list[datetime]:
    """Where each goes: as many local days on as the `first` of them, at the new time of day.

    Counted from where a page has `shown` them: the same form sent again means the same days.
    """
    zone = place.zone
    target = starts_at.astimezone(zone)
    stood = {one.pk: one.starts_at for one in visits}
    stood |= {key: seen.starts_at for key, seen in (shown or {}).items() if key in stood}
    days = {key: at.astimezone(zone).date() for key, at in stood.items()}
    shift: timedelta = target.date() - days[first]
    return [
        starts_at if one.pk == first else moment(days[one.pk] + shift, target.time(), zone)
        for one in visits
    ]


def _saying_which(visit: Appointment, check: Any, *args: Any) -> None:
    _saying_which_time(visit.starts_at, check, *args)


def _saying_which_time(at: datetime, verb: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return verb(*args, **kwargs)
    except BookingError as refusal:
        raise _naming(refusal, at) from None


def _naming(refusal: BookingError, at: datetime) -> BookingError:
    """The same refusal, with the time of the series that it is about."""
    refusal.details["starts_at"] = at
    return refusal
