"""Booking for somebody: the person is found or made in the transaction that books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from bookings.calendar import book_own_series, confirm
from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.locks import lock_visitor
from bookings.calendar.series import Choice
from bookings.clients import other_client, own_client
from bookings.errors import NotOffered
from bookings.models import Appointment, Client, Series
from practitioners.models import Service

ME, OTHER = "me", "other"


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a login wants to book for: itself, a person it books for, or somebody new."""

    choice: str  # ME, OTHER, or the public id of a person
    client: Client | None = None  # the person, where the login acts for them already
    name: str = ""  # the login's own, asked at the first booking
    phone: str = ""
    other_name: str = ""
    relation: str = ""
    date_of_birth: date | None = None


def book_for(visitor: str, whom: Whom, *, by: Any, now: datetime, **about: Any) -> Appointment:
    """Turn the visitor's kept time into a visit of that person.

    Raises what `calendar.confirm` raises, which also says what is to be told of the visit.
    """
    if whom.client is not None:
        return confirm(visitor, client=whom.client, by=by, now=now, **about)
    return _book_for_new(visitor, whom, by=by, now=now, **about)


@in_one_transaction
def _book_for_new(visitor: str, whom: Whom, *, by: Any, now: datetime, **about: Any) -> Appointment:
    """The person and the visit, both or neither.

    One browser does one thing at a time, so a form sent twice makes nobody twice.
    """
    lock_visitor(visitor)
    return confirm(visitor, client=person(whom, by=by, now=now), by=by, now=now, **about)


@in_one_transaction
def book_series_for(
    visitor: str,
    whom: Whom,
    service: Service,
    choices: Sequence[Choice],
    *,
    by: Any,
    form_token: UUID,
    now: datetime,
    every_weeks: int,
    note: str = "",
    source_ref: str = "",
) -> Series:
    """Book several times for that person, beginning with the one kept; all or none.

    Raises what `calendar.book_own_series` raises.
    """
    lock_visitor(visitor)
    return book_own_series(
        visitor,
        service,
        choices,
        client=person(whom, by=by, now=now),
        by=by,
        form_token=form_token,
        now=now,
        every_weeks=every_weeks,
        client_note=note,
        source_ref=source_ref,
    )


def person(whom: Whom, *, by: Any, now: datetime) -> Client:
    """Find or make the client. Raises NotOffered for somebody this login does not book for."""
    if whom.choice in (ME, OTHER):
        name = whom.name or by.name or by.email
        own = own_client(by, name=name, phone=whom.phone, now=now)
        if whom.choice == ME:
            return own
        return other_client(
            by,
            name=whom.other_name,
            date_of_birth=whom.date_of_birth,
            relation=whom.relation,
            now=now,
        )
    client = Client.objects.acted_for_by(by).filter(public_id=whom.choice).first()
    if client is None:
        raise NotOffered("Choose one of the people you book for.")
    return client
