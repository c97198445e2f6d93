"""Several visits booked as one: all together, or not at all. How they change: `series_changes`.

The locks are taken for all of them at once, in the order that every verb keeps:
practitioners, rooms, clients, ids ascending. So nobody who changes one visit and nobody
who changes another series can wait for us while we wait for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bookings.calendar.attempts import LookAgain, in_one_transaction
from bookings.calendar.booking import digest_of
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
from bookings.extensions import ask_gates
from bookings.models import Appointment, Client, Series
from bookings.rooms import free_rooms
from practitioners.models import Location, Practitioner, Room, Service

Choice = tuple[Practitioner, Location, datetime]
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


def _saying_which(visit: Appointment, check: Any, *args: Any) -> None:
    saying_which_time(visit.starts_at, check, *args)


def saying_which_time(at: datetime, verb: Any, *args: Any, **kwargs: Any) -> Any:
    """Do something about a time; what refuses it names that time in its `details`."""
    try:
        return verb(*args, **kwargs)
    except BookingError as refusal:
        raise _naming(refusal, at) from None


def _naming(refusal: BookingError, at: datetime) -> BookingError:
    """The same refusal, with the time of the series that it is about."""
    refusal.details["starts_at"] = at
    return refusal
