"""Secret calendar addresses: made, read and stopped by their owner, and by nobody else.

    token   43 random characters, shown once ──SHA-256──►  digest, the only thing stored

Whoever knows the address reads busy times: when and where, and for those who treat the
initials of who comes. Never what for.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bookings.ics import Titled, visits_calendar
from bookings.models import Appointment, CalendarFeed, Client, ClientAccess
from practitioners.models import ClinicSettings, Practitioner

PAST, FUTURE = timedelta(days=30), timedelta(days=365)
TOKEN_BYTES = 32
SUFFIX = ".ics"
Kind = CalendarFeed.Kind


def may_have_feed(user: Any, kind: str) -> bool:
    """Tell whether a login has sessions of that kind: to give, or of people it books for.

    Who works here and is nobody's client has none of their own. At most two queries.
    """
    if kind == Kind.STAFF:
        return bool(user.is_practitioner)
    return not user.works_here or ClientAccess.objects.filter(user=user).exists()


def renew_feed(user: Any, kind: str, *, now: datetime) -> str:
    """Make a new address and return its token, once; the old one stops at once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    fresh = {"digest": digest_of(token), "created_at": now, "last_used_at": None}
    CalendarFeed.objects.update_or_create(user=user, kind=kind, defaults=fresh)
    return token


def close_feeds(user: Any, *kinds: str) -> None:
    """Stop the addresses of somebody, all or of some kinds; twice is fine.

    Who loses a role and comes back makes a new one.
    """
    CalendarFeed.objects.filter(user=user, kind__in=kinds or Kind.values).delete()


def close_feed_of(practitioner: Practitioner) -> None:
    """Stop for good the address of somebody who no longer treats here."""
    close_feeds(practitioner.user_id, Kind.STAFF)


def read_feed(name: str) -> CalendarFeed | None:
    """The feed behind the last part of an address; None for whatever is not one. One query.

    One whose owner has left is stopped for good, should nobody have done so.
    """
    if not name.endswith(SUFFIX):
        return None
    feeds = CalendarFeed.objects.select_related("user__practitioner")
    feed = feeds.filter(digest=digest_of(name.removesuffix(SUFFIX))).first()
    if feed and not feed.is_alive:
        close_feeds(feed.user, feed.kind)
        return None
    return feed


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def feed_calendar(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The feed as a calendar file, from a month ago to a year ahead. At most three queries."""
    clinic = ClinicSettings.current()
    window = Appointment.objects.between(now - PAST, now + FUTURE).with_details()
    visits = window.standing_or_cancelled()
    if feed.kind == Kind.STAFF:
        titled = _given(visits.filter(practitioner=feed.user.practitioner))
    else:
        titled = _received(visits, feed.user, clinic)
    return visits_calendar(titled, clinic, now=now)


def _given(visits: Iterable[Appointment]) -> list[Titled]:
    """Sessions that somebody gives, with the initials of who comes."""
    return [(visit, f"Session, {_initials(visit)}") for visit in visits]


def _received(visits: Any, user: Any, clinic: ClinicSettings) -> list[Titled]:
    """Sessions of the people a login books for; initials say whose when there are several."""
    people = list(Client.objects.acted_for_by(user).values_list("pk", flat=True))
    title = f"Session at {clinic.name}"
    return [
        (visit, f"{title}, {_initials(visit)}" if len(people) > 1 else title)
        for visit in visits.filter(client__in=people)
    ]


def _initials(visit: Appointment) -> str:
    assert visit.client is not None  # only holds have none
    return visit.client.initials
