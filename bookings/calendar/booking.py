"""From a kept time, or straight from the desk, to a booked visit."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from bookings.availability import is_published, why_not
from bookings.calendar.holds import Status, derive, insert, take_room
from bookings.calendar.locks import (
    CLIENT,
    PRACTITIONER,
    drop_expired_holds,
    in_one_transaction,
    lock,
)
from bookings.errors import (
    AlreadyUsed,
    BookingError,
    CallToBook,
    Changed,
    ClientBusy,
    HoldExpired,
    InThePast,
    NotOffered,
    SlotTaken,
    TooManyOpen,
)
from bookings.extensions import ask_gates, tell_listeners
from bookings.messages import appointments as mails
from bookings.models import Appointment, Client
from practitioners.models import ClinicSettings, Location, Practitioner, Room, Service


@in_one_transaction
def confirm(
    visitor: str,
    *,
    client: Client,
    by: Any,
    form_token: UUID,
    now: datetime,
    client_note: str = "",
    source_ref: str = "",
) -> Appointment:
    """Turn the time kept for a visitor into the client's booked visit.

    The same form sent again returns the same visit. Raises HoldExpired, Changed,
    ClientBusy, TooManyOpen, CallToBook, Refused, AlreadyUsed, or the error that
    names why the kept time can no longer be booked.
    """
    digest = _digest(client.pk, client_note)
    earlier = _booked_by_form(form_token, digest)
    if earlier:
        return earlier
    kept = Appointment.objects.filter(held_by=visitor, status=Status.HELD).first()
    if kept is None:
        raise HoldExpired
    lock(PRACTITIONER, [kept.practitioner_id])
    lock(CLIENT, [client.pk])
    kept = (
        Appointment.objects.select_related("service", "practitioner", "location")
        .filter(pk=kept.pk, held_by=visitor, status=Status.HELD)
        .first()
    )
    if kept is None:
        # The same form may have been sent twice at once; the first has booked it.
        earlier = _booked_by_form(form_token, digest)
        if earlier:
            return earlier
        raise HoldExpired
    if kept.held_until is None or kept.held_until <= now:
        raise HoldExpired(
            "We kept this time for 10 minutes. It is still free: book now, or choose another.",
            is_still_free=True,
        )
    check_still_offered(kept, now=now)
    may_book_alone(client, kept, now=now)
    check_client_is_free(client, kept)
    kept.status = Status.BOOKED
    kept.client = client
    kept.client_note = client_note
    kept.booked_by = by
    kept.booked_at = now
    kept.form_token, kept.form_digest = form_token, digest
    kept.source_ref = source_ref
    kept.held_by, kept.held_until = "", None
    kept.save()
    _tell("booked", kept, now=now)
    return kept


@in_one_transaction
def book(
    service: Service,
    practitioner: Practitioner,
    starts_at: datetime,
    *,
    client: Client,
    by: Any,
    location: Location,
    now: datetime,
    room: Room | None = None,
    for_staff: bool = True,
    form_token: UUID | None = None,
    source_ref: str = "",
    desk_note: str = "",
) -> Appointment:
    """Book a visit at once, as the desk does on the phone.

    Raises the error that names why the start cannot be booked, or ClientBusy.
    """
    digest = _digest(client.pk, starts_at.isoformat())
    if form_token and (earlier := _booked_by_form(form_token, digest)):
        return earlier
    lock(PRACTITIONER, [practitioner.pk])
    drop_expired_holds([practitioner.pk], now=now)
    reason = why_not(service, practitioner, location, starts_at, now=now, for_staff=for_staff)
    if reason:
        raise reason
    visit = Appointment(
        service=service,
        practitioner=practitioner,
        location=location,
        client=client,
        starts_at=starts_at,
        status=Status.BOOKED,
        booked_by=by,
        booked_at=now,
        form_token=form_token,
        form_digest=digest,
        source_ref=source_ref,
        desk_note=desk_note,
    )
    derive(visit)
    visit.room = room or take_room(visit, now=now)
    lock(CLIENT, [client.pk])
    if not for_staff:
        may_book_alone(client, visit, now=now)
    check_client_is_free(client, visit)
    if not insert(visit):
        raise SlotTaken
    _tell("booked", visit, now=now)
    return visit


def check_still_offered(kept: Appointment, *, now: datetime) -> None:
    """Ask every rule again: ten minutes are long enough for a price, a shift or a person to change.

    Notice and horizon were kept when the time was; running through the minutes of
    a hold breaks neither. Raises Changed, or the error that names the reason.
    """
    service, practitioner = kept.service, kept.practitioner
    if kept.starts_at <= now:
        raise InThePast
    if not is_published(service) or not practitioner.is_bookable_online:
        raise NotOffered
    if (kept.price, kept.ends_at - kept.starts_at) != (service.price, service.length):
        raise Changed
    reason = why_not(
        service,
        practitioner,
        kept.location,
        kept.starts_at,
        now=now,
        for_staff=True,
        visitor=kept.held_by,
    )
    if reason:
        raise reason


def may_book_alone(client: Client, visit: Appointment, *, now: datetime) -> None:
    """Check what limits a client but not the desk. Raises CallToBook, TooManyOpen, Refused."""
    clinic = ClinicSettings.current()
    if client.is_call_to_book:
        raise CallToBook(f"Please call {clinic.phone} to book." if clinic.phone else "")
    if client.appointments.upcoming(now=now).count() >= clinic.max_open_bookings:
        raise TooManyOpen
    ask_gates(
        client=client,
        service=visit.service,
        practitioner=visit.practitioner,
        starts_at=visit.starts_at,
        now=now,
    )


def check_client_is_free(
    client: Client, visit: Appointment, *, moving: Appointment | None = None
) -> None:
    """Nobody can be in two places. Raises ClientBusy."""
    clashes = client.appointments.exclude(status=Status.CANCELLED).filter(
        starts_at__lt=visit.ends_at, ends_at__gt=visit.starts_at
    )
    clash = clashes.exclude(pk=(moving or visit).pk).first()
    if clash:
        raise ClientBusy(visit=clash)


def _booked_by_form(token: UUID, digest: str) -> Appointment | None:
    """The visit that this form has booked already. Raises AlreadyUsed for other answers."""
    earlier = Appointment.objects.filter(form_token=token).first()
    if earlier and earlier.form_digest != digest:
        raise AlreadyUsed(appointment=earlier)
    return earlier


def _digest(*answers: object) -> str:
    return hashlib.sha256("\x1f".join(str(one) for one in answers).encode()).hexdigest()


def _tell(event: Any, visit: Appointment, *, now: datetime) -> None:
    tell_listeners(event, visit, now=now)
    mails.follow(event, visit, now=now)


__all__ = ["BookingError", "book", "confirm"]
