"""Where a page has shown visits to be: that goes along in its form, and the verbs compare.

    page ──► "7.3.1.1764604800-8.3.1.1765209600" ──► form ──► verb, behind its locks

So nobody moves or cancels on a page that is older than somebody else's move. Of the visits of a
form the first is the one that its page is about, the others are those that follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from bookings.errors import MovedMeanwhile
from bookings.models import Appointment
from bookings.picking import value_of
from bookings.times import Words
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings

ONE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,10})")


class Seen(NamedTuple):
    """With whom, where and when a page has shown a visit."""

    practitioner_id: int
    location_id: int
    starts_at: datetime


AsShown = Mapping[int, Seen]


def as_it_is(visit: Appointment) -> Seen:
    """What a page shows of a visit; to the second, as it travels."""
    starts_at = visit.starts_at.astimezone(UTC).replace(microsecond=0)
    return Seen(visit.practitioner_id, visit.location_id, starts_at)


def box_of(visits: Iterable[Appointment]) -> str:
    """How it travels in a form."""
    return "-".join(
        f"{one.pk}.{one.practitioner_id}.{one.location_id}.{value_of(one.starts_at)}"
        for one in visits
    )


def read_box(text: str) -> AsShown | None:
    """Read such a box: None without one, nothing of anything that cannot be one."""
    if not text:
        return None
    found = [ONE.fullmatch(one) for one in text.split("-")]
    rows = [[int(number) for number in one.groups()] for one in found if one]
    if len(rows) < len(found):
        return {}
    return {
        visit: Seen(person, place, datetime.fromtimestamp(at, UTC))
        for visit, person, place, at in rows
    }


def check_is_as_shown(visit: Appointment, shown: AsShown | None, *, now: datetime) -> None:
    """Raises MovedMeanwhile for a visit that is not where its page has shown it; without a box nothing."""
    if shown is None:
        return
    seen = shown.get(visit.pk)
    if seen != as_it_is(visit):
        follows = visit.pk != next(iter(shown), visit.pk)
        raise MovedMeanwhile(_where_it_is(visit, seen, follows=follows, now=now))


def _where_it_is(visit: Appointment, seen: Seen | None, *, follows: bool, now: datetime) -> str:
    words = Words(visit.zone, ClinicSettings.current().time_style)
    when = f"{words.day(visit.starts_at, today=day_of(now, visit.zone))}, {words.time(visit.starts_at)}"
    is_elsewhere = seen is not None and seen.location_id != visit.location_id
    where = f" at {visit.location.name}" if is_elsewhere else ""
    which = "One of the sessions that follow" if follows else "This session"
    return (
        f"{which} has been moved meanwhile: it is now on {when} with {visit.practitioner.name}{where}."
        " Nothing was changed. Look again and press again."
    )
