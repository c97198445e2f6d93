"""Visits of a series moved or cancelled together, those of a plan each to its own time. All or none.

The locks are taken for all of them at once, as in `series`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bookings.as_shown import AsShown
from bookings.calendar.attempts import because, in_one_transaction
from bookings.calendar.changes import cancel_quietly, move_quietly
from bookings.calendar.series import Choice, book_series, lock_all, saying_which_time
from bookings.calendar.writing import Status, announce_together
from bookings.extensions import Event
from bookings.models import Appointment, Client
from bookings.wall_clock import moment
from practitioners.models import Location, Practitioner, Service

Move = tuple[Appointment, datetime]


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
            saying_which_time(at, move_quietly, one, starts_at=at, practitioner=person,
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
            saying_which_time(at, move_quietly, visit, starts_at=at, practitioner=None,
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


def _in_order(moves: Iterable[Move]) -> list[Move]:
    """Whoever goes on makes room for the one before, whoever comes nearer for the one after."""
    pairs = sorted(moves, key=lambda one: one[1])
    onwards = [one for one in pairs if one[1] > one[0].starts_at]
    back = [one for one in pairs if one[1] <= one[0].starts_at]
    return [*reversed(onwards), *back]


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
