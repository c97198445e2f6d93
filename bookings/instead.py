"""What is free instead of a time that was refused, said with every refusal.

refused ─► free starts near it ─► not the same again, not during the client's other session
                               ─► three, in order of time, as links to choose them
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.urls import reverse

from bookings.errors import AlreadyUsed, BookingError, Changed, ClientBusy, NotPossible, Taken
from bookings.models import Appointment
from bookings.paging import PageLinks
from bookings.starts import Slot
from bookings.timetable import Timetable
from practitioners.models import ClinicSettings, Location, Service

MOST = 3
MANY = 30  # so many starts are looked at when some of them meet the client's other session


def times_instead(
    table: Timetable, wished: datetime | None, refusal: BookingError | None, links: PageLinks
) -> list[dict[str, str]]:
    """Words and address of the next three; none for what is no refusal of a time.

    Where the specialist has none at all it is anybody's, unless a session moves: it stays theirs.
    """
    if wished is None or refusal is None or not offers_others(refusal):
        return []
    near = instead_of(wished, table, refusal)
    if not near and table.person and table.moving is None:
        table = replace(table, person=None)
        links, near = PageLinks(table, links.path), instead_of(wished, table, refusal)
    return worded(table, near, links)


def soonest_times(service: Service, location: Location, *, now: datetime) -> list[dict[str, str]]:
    """The next three of a session with anybody, for whoever comes by a link that has ended.

    Near to now and not to the session of the link: where that has gone to is not said.
    """
    table = Timetable(service, location, ClinicSettings.current(), now)
    return worded(table, instead_of(now, table), times_of(table))


def times_of(table: Timetable, *, zone: str = "") -> PageLinks:
    """Addresses of the page on which a visitor books these times."""
    return PageLinks(table, reverse("book_time", args=[table.service.slug]), zone=zone)


def worded(table: Timetable, slots: Iterable[Slot], links: PageLinks) -> list[dict[str, str]]:
    return [
        {
            "words": table.words.short(one.starts_at, today=table.today),
            "url": links.at(one.starts_at),
        }
        for one in slots
    ]


def offers_others(refusal: BookingError) -> bool:
    """Tell whether another time is an answer: not to a wrong code, nor when the time can be had."""
    if isinstance(refusal, Changed):
        return "reason" in refusal.details
    return isinstance(refusal, Taken | NotPossible) and not isinstance(refusal, AlreadyUsed)


def instead_of(
    wished: datetime, table: Timetable, refusal: BookingError | None = None
) -> list[Slot]:
    """Up to three free starts nearest to a moment, in order of time.

    The very moment is among them only where the refusal was one specialist's, and anybody would do.
    """
    by_others = table.person is None and refusal is not None and "of" in refusal.details
    count = MANY if isinstance(refusal, ClientBusy) else MOST + 1
    near = [
        one
        for one in table.nearest(wished, count=count)
        if (by_others or one.starts_at != wished) and not meets_other(one, refusal)
    ]
    near.sort(key=lambda one: abs(one.starts_at - wished))
    return sorted(near[:MOST], key=lambda one: one.starts_at)


def meets_other(slot: Slot, refusal: BookingError | None) -> bool:
    """Tell whether a start falls into the session that the client has already."""
    other: Appointment | None = refusal.details.get("visit") if refusal else None
    if other is None:
        return False
    return slot.starts_at < other.ends_at and slot.ends_at > other.starts_at
