"""What somebody makes of an offer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bookings import calendar
from bookings.calendar import in_one_transaction, release_hold
from bookings.calendar.locks import PRACTITIONER, ROOM, lock, lock_visitor
from bookings.errors import HoldExpired
from bookings.models import Appointment, WaitlistEntry, WaitlistOffer

Outcome = WaitlistOffer.Outcome
Status = WaitlistEntry.Status
GONE = "We no longer keep this time for you. You are still on the waiting list."
GONE_AT_THE_DESK = "We no longer keep this time for them. They are still on the waiting list."
TAKEN_BACK = "This offer is over."


@in_one_transaction
def accept(offer: WaitlistOffer, *, by: Any, now: datetime, for_staff: bool = False) -> Appointment:
    """Take the time that was offered; a visit that waited for it moves there.

    A second press returns the same visit. Raises HoldExpired when it is no longer kept,
    or what booking or moving raises.
    """
    offer = _locked(offer)
    if offer.outcome == Outcome.ACCEPTED and offer.visit:
        return offer.visit
    entry = offer.entry
    kept = _kept(offer, now=now)
    if kept is None:
        if entry.status == Status.WAITING:
            raise HoldExpired(GONE, at_the_desk=GONE_AT_THE_DESK)
        raise HoldExpired(TAKEN_BACK)
    visit = _take(offer, kept, by=by, now=now, for_staff=for_staff)
    offer.outcome, offer.visit = Outcome.ACCEPTED, visit
    offer.save(update_fields=["outcome", "visit"])
    entry.status = Status.BOOKED
    entry.save(update_fields=["status"])
    return visit


@in_one_transaction
def decline(offer: WaitlistOffer, *, by: Any, now: datetime) -> WaitlistOffer:
    """Leave the time to the next in line and go on waiting. Twice is fine."""
    offer = _locked(offer)
    if offer.outcome == Outcome.OPEN:
        offer.outcome = Outcome.DECLINED
        offer.save(update_fields=["outcome"])
        release_hold(offer.entry.visitor)
    return offer


def _locked(offer: WaitlistOffer) -> WaitlistOffer:
    """The offer as it is now, while nobody else answers for the same entry."""
    lock_visitor(offer.entry.visitor)
    rows = WaitlistOffer.objects.select_related(
        "visit", "entry__visit", "entry__client", "entry__service", "entry__location",
        "practitioner",
    )  # fmt: skip
    return rows.get(pk=offer.pk)


def _kept(offer: WaitlistOffer, *, now: datetime) -> Appointment | None:
    """What is kept for this offer, if it still is."""
    if offer.outcome != Outcome.OPEN:
        return None
    kept = calendar.live_hold(offer.entry.visitor, now=now)
    is_this = kept is not None and kept.starts_at == offer.starts_at
    return kept if is_this else None


def _take(
    offer: WaitlistOffer, kept: Appointment, *, by: Any, now: datetime, for_staff: bool
) -> Appointment:
    """Book what is kept, or give it back and use it at once for the visit that moves.

    Every lock that this needs is taken before anything is given back.
    """
    entry = offer.entry
    client = entry.client
    if entry.visit is None and not for_staff:
        return calendar.confirm(
            entry.visitor, client=client, by=by, form_token=offer.public_id, now=now
        )
    old = entry.visit.practitioner_id if entry.visit else None
    lock((PRACTITIONER, old), (PRACTITIONER, kept.practitioner_id), (ROOM, kept.room_id))
    release_hold(entry.visitor)
    if entry.visit is not None:
        return calendar.move(
            entry.visit,
            starts_at=kept.starts_at,
            practitioner=kept.practitioner,
            location=kept.location,
            by=by,
            now=now,
            for_staff=for_staff,
        )
    return calendar.book(
        kept.service,
        kept.practitioner,
        kept.starts_at,
        client=client,
        by=by,
        now=now,
        location=kept.location,
        form_token=offer.public_id,
    )
