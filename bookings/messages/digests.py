"""The mail of the evening: when it goes, to whom, and what it says about messages.

What changed in the calendar is told by `staff_mails`. The desk and the admins also read in
it which messages of the day failed, came too late or reached nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Q

from bookings.messages.rows import NewMessage, message, write_all
from bookings.models import Message, Task
from bookings.wall_clock import DAY, day_of, moment
from practitioners.models import Location

DIGEST = "daily_digest"
DIGEST_AT = time(18)
FRONT_DESK, ADMIN = "Front desk", "Admin"
TROUBLE = "message"  # the kind of task that tells of it


@dataclass(frozen=True, slots=True)
class Trouble:
    """One sort of trouble with messages within a day."""

    words: str
    count: int
    still_open: int


def next_digest(location: Location, *, now: datetime) -> datetime:
    """The next six in the evening on the location's wall clock."""
    today = day_of(now, location.zone)
    at = moment(today, DIGEST_AT, location.zone)
    return at if at > now else moment(today + DAY, DIGEST_AT, location.zone)


def digest(login: int | None, location: Location, *, now: datetime) -> NewMessage:
    """The mail of the evening; whatever comes first in a day writes it, the rest finds it there.

    For no login it is a pattern, see `noting`.
    """
    at = next_digest(location, now=now)
    return message(
        DIGEST,
        source_type=DIGEST,
        source_id=location.pk,
        occurrence=day_of(at, location.zone).isoformat(),
        user_key=login,
        now=now,
        send_after=at,
    )


def announce_trouble(*, now: datetime) -> None:
    """See to it that the clinic reads of trouble with messages this evening. Three queries."""
    place = Location.objects.active().first()
    if place is not None:
        write_all([digest(user.pk, place, now=now) for user in _readers()])


def _readers() -> Iterable[Any]:
    people = get_user_model().objects.filter(is_active=True)
    return people.filter(groups__name__in=(FRONT_DESK, ADMIN)).distinct()


def span_of(row: Message, location: Location) -> tuple[datetime, datetime]:
    """From the evening before until the evening of a digest."""
    until = date.fromisoformat(row.occurrence)
    return (
        moment(until - DAY, DIGEST_AT, location.zone),
        moment(until, DIGEST_AT, location.zone),
    )


def trouble_of(row: Message, location: Location) -> list[Trouble]:
    """What went wrong with messages in the span of a digest; told once, at the first place."""
    if location != Location.objects.active().first() or not _reads(row.user):
        return []
    since, until = span_of(row, location)
    told = Task.objects.filter(kind=TROUBLE, due_at__gte=since, due_at__lt=until)
    still_open = Count("pk", filter=Q(done_at=None))
    counted = told.values("title").annotate(all=Count("pk"), open=still_open).order_by("title")
    return [Trouble(one["title"], one["all"], one["open"]) for one in counted]


def _reads(user: Any) -> bool:
    return bool(user and {FRONT_DESK, ADMIN} & user.roles)
