"""What the one statement of free times answers (`free_slots.sql`), and how it is asked.

It says when somebody can start in runs: a day that is free from nine to five is one row, however
many starts the grid puts into it. Who needs each of them counts them out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bookings.models import Appointment
from bookings.wall_clock import DAY, day_of, local_day, stretches
from practitioners.models import ClinicSettings, Location
from practitioners.prepared import Prepared

STATEMENT = Prepared(
    "free_slots",
    (Path(__file__).parent / "free_slots.sql").read_text(),
    {
        "services": "bigint[]",
        "practitioners": "bigint[]",
        "places": "bigint[]",
        "first_day": "date",
        "last_day": "date",
        "looked_from": "timestamptz",
        "looked_until": "timestamptz",
        "now": "timestamptz",
        "moving": "bigint",
        "visitor": "text",
        "for_staff": "boolean",
        "any_gap": "boolean",
        "notice": "int",
        "horizon": "int",
        "travel": "int",
        "packs": "boolean",
        "clock_places": "bigint[]",
        "todays": "date[]",
        "since": "timestamptz[]",
        "until": "timestamptz[]",
        "ahead": "int[]",
        "ahead_before": "int[]",
    },
)
MAX_DAYS = 735  # more than the longest horizon of a clinic
SECOND = timedelta(seconds=1)


class Slot(NamedTuple):
    """A start that can be booked; offered, never stored."""

    practitioner_id: int
    service_id: int
    location_id: int
    starts_at: datetime
    ends_at: datetime


class Starts(NamedTuple):
    """When somebody can start a service at a place, in seconds since 1970.

    In runs: from each of the `firsts`, every `step` seconds, as long as its `until` has not passed.
    """

    practitioner_id: int
    service_id: int
    location_id: int
    length: int
    step: int
    firsts: list[int]
    until: list[int]

    @property
    def runs(self) -> Iterator[range]:
        """One after the other."""
        ends = sorted(zip(self.firsts, self.until, strict=True))
        return (range(first, until + 1, self.step) for first, until in ends)

    @property
    def at(self) -> list[int]:
        """Every start, in order."""
        return list(chain.from_iterable(self.runs))

    def soonest(self, count: int) -> Iterable[int]:
        """So many of them."""
        return islice(chain.from_iterable(self.runs), count)

    def holds(self, at: int) -> bool:
        """Tell whether they can start at this moment, without counting them out."""
        return any(at in run for run in self.runs)


def ask(
    services: Collection[int],
    *,
    practitioners: Collection[int],
    first_day: date,
    days: int,
    now: datetime,
    places: Sequence[Location] | None = None,
    location: Location | None = None,
    moving: Appointment | None = None,
    visitor: str = "",
    for_staff: bool = False,
    any_gap: bool = False,
) -> list[Starts]:
    """Ask the statement. Two queries, or one where the places are known."""
    places = Location.every() if places is None else places
    asked = [
        one.pk for one in places if one.is_active and (location is None or one.pk == location.pk)
    ]
    if not practitioners or not asked:
        return []
    last_day = first_day + (min(days, MAX_DAYS) - 1) * DAY
    rows = STATEMENT.rows(
        {
            "services": _array(services),
            "practitioners": _array(practitioners),
            "places": _array(asked),
            "first_day": first_day,
            "last_day": last_day,
            "now": now,
            "moving": moving.pk if moving else None,
            "visitor": visitor,
            "for_staff": for_staff,
            "any_gap": any_gap,
            **_before_the_first_save(),
            **_clocks(places, first_day, last_day, now),
        }
    )
    return list(map(Starts._make, rows))


@cache
def _before_the_first_save() -> dict[str, Any]:
    """What counts for a clinic that has set nothing yet."""
    clinic = ClinicSettings()
    return {
        "notice": clinic.min_notice_minutes,
        "horizon": clinic.horizon_days,
        "travel": clinic.travel_minutes,
        "packs": clinic.packs_starts,
    }


def _clocks(
    places: Sequence[Location], first_day: date, last_day: date, now: datetime
) -> dict[str, Any]:
    """What the clocks of the places do on these days, when visits matter, and each place's today.

    Of all places, because visits elsewhere count towards a limit of the day.
    """
    zones = tuple((one.pk, one.zone) for one in places)
    parts, clocks = _stretches(zones, first_day, last_day)
    todays = {key: day_of(now, zone) for key, zone in zones}
    return {**clocks, "todays": _array(todays[key] for key in parts)}


@lru_cache(maxsize=1024)
def _stretches(
    zones: tuple[tuple[int, ZoneInfo], ...], first_day: date, last_day: date
) -> tuple[list[int], dict[str, Any]]:
    """With its turnovers and the way to it, no visit blocks what is a day later or half a day earlier."""
    first, last = first_day - 3 * DAY, last_day + 3 * DAY
    found = [(key, part) for key, zone in zones for part in stretches(first, last, zone)]
    keys = [key for key, _ in found]
    return keys, {
        "looked_from": min(local_day(first_day, zone).begins for _, zone in zones) - DAY,
        "looked_until": max(local_day(last_day, zone).ends for _, zone in zones) + DAY / 2,
        "clock_places": _array(keys),
        "since": _array(part.since for _, part in found),
        "until": _array(part.until for _, part in found),
        "ahead": _array(part.ahead // SECOND for _, part in found),
        "ahead_before": _array(part.ahead_before // SECOND for _, part in found),
    }


def _array(values: Iterable[Any]) -> str:
    """As one value: PostgreSQL would read an ARRAY[...] element by element, each as a statement's part."""
    return f"{{{','.join('NULL' if one is None else str(one) for one in values)}}}"


def slots_of(starts: Iterable[tuple[int, Starts]]) -> list[Slot]:
    """The soonest first; at one moment in the order given."""
    ordered = sorted(starts, key=itemgetter(0))
    seconds = {at for at, _ in ordered}
    seconds.update(at + row.length for at, row in ordered)
    moments = {at: datetime.fromtimestamp(at, UTC) for at in seconds}
    return [
        Slot(
            row.practitioner_id,
            row.service_id,
            row.location_id,
            moments[at],
            moments[at + row.length],
        )
        for at, row in ordered
    ]
