"""A series that a client books alone, beginning with the time kept for them; and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bookings.availability import is_published
from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.booking import check_open_bookings, check_unchanged
from bookings.calendar.changes import undo_quietly
from bookings.calendar.holds import kept_for
from bookings.calendar.locks import PRACTITIONER, lock, lock_visitor
from bookings.calendar.series import Choice, book_series, lock_all
from bookings.calendar.writing import Status, announce_together
from bookings.errors import NotOffered, NotPossible
from bookings.models import Appointment, Client, Series
from practitioners.models import ClinicSettings, Service


@in_one_transaction
def book_own_series(
    visitor: str,
    service: Service,
    choices: Sequence[Choice],
    *,
    client: Client,
    by: Any,
    form_token: UUID,
    now: datetime,
    every_weeks: int = 1,
    client_note: str = "",
    source_ref: str = "",
) -> Series:
    """Book every chosen time, or none; what was kept for the visitor is given back with it.

    The same form sent again returns the same series. Raises NotPossible for more sessions
    than the clinic lets clients book at once, Changed, TooManyOpen, and what `book_series`
    raises.
    """
    lock_visitor(visitor)
    earlier = Series.objects.filter(form_token=form_token).exists()
    if not earlier:
        _may_book(service, choices)
        check_open_bookings(client, now=now)
    kept = kept_for(visitor)
    lock(
        *((PRACTITIONER, person.pk) for person, _, _ in choices),
        (PRACTITIONER, kept.practitioner_id if kept else None),
    )
    is_live = kept is not None and kept.held_until is not None and kept.held_until > now
    if kept is not None:
        check_unchanged(kept)
        kept.delete()
    return book_series(
        service, choices, client=client, by=by, form_token=form_token, now=now,
        every_weeks=every_weeks, client_note=client_note, source_ref=source_ref,
        for_staff=False, promised=kept.starts_at if kept and is_live else None,
    )  # fmt: skip


def _may_book(service: Service, choices: Sequence[Choice]) -> None:
    """Raises NotOffered, or NotPossible with how many sessions may be booked at once."""
    if not is_published(service):
        raise NotOffered
    most = ClinicSettings.current().longest_series
    if len(choices) > most:
        raise NotPossible(f"You can book up to {most} sessions at once. Please call us for more.")


@in_one_transaction
def undo_series(visit: Appointment, *, by: Any, now: datetime) -> list[Appointment]:
    """Take back everything that was booked together with a visit, within three minutes.

    A second time changes nothing. Raises what `undo` raises; then nothing is taken back.
    """
    visits = list(Appointment.objects.of_series(visit).with_details())
    lock_all(visits)
    standing = [one for one in visits if one.status != Status.CANCELLED]
    for one in standing:
        undo_quietly(one, now=now)
    announce_together("cancelled", standing, now=now)
    return visits
