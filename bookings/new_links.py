"""A new link for somebody whose old one has ended: always to the address we have, never to another."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.db.models.query import QuerySet

from bookings.links import BadLink, OldLink, read_visit_link
from bookings.messages import appointments, outbox
from bookings.messages.recipients import address_of
from bookings.models import Appointment

MOST = 5  # visits that one request may send links for


def send_for_link(token: str, *, now: datetime) -> None:
    """Mail a new link for the visit of an old one, if it is still to come."""
    try:
        visit = read_visit_link(token, now=now)
    except OldLink as old:
        visit = old.visit
    except BadLink:
        return
    if visit.status == Appointment.Status.BOOKED and visit.starts_at > now:
        _send([visit], now=now)


def send_for_address(email: str, *, now: datetime) -> None:
    """Mail new links for the visits to come that this very address is written to about."""
    address = email.strip().lower()
    visits = _upcoming(address, now=now)
    _send([one for one in visits if _is_written_to(one, address)][:MOST], now=now)


def _upcoming(address: str, *, now: datetime) -> QuerySet[Appointment]:
    people = Q(client__email__iexact=address) | Q(client__access__user__email__iexact=address)
    visits = Appointment.objects.upcoming(now=now).select_related("client", "location")
    return visits.filter(people, starts_at__gt=now).distinct()[: MOST * 2]


def _is_written_to(visit: Appointment, address: str) -> bool:
    return visit.client is not None and address_of(visit.client).lower() == address


def _send(visits: list[Appointment], *, now: datetime) -> None:
    outbox.write_all([appointments.confirmation_again(visit, now=now) for visit in visits])
    outbox.kick()
