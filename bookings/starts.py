"""What the statement of free times answers (`free_slots.sql`), and how it is asked.

It says when somebody can start in runs: a day that is free from nine to five is one row, however
many starts the grid puts into it. Who needs each of them counts them out; who needs the first of
everybody has it from the statement. Where nothing is packed, the statement is shorter; it is told the
hours that it has found before (`kept_hours.py`). Pages that many look at are given the
same answer until something is written (`kept_answers.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, Required, TypedDict, TypeVar, Unpack
from zoneinfo import ZoneInfo

from bookings import kept_hours
from bookings.kept_answers import KeptAnswers, Seen, seen
from bookings.models import Appointment
from bookings.wall_clock import DAY, day_of, local_day, stretches
from practitioners.facts import Facts
from practitioners.models import ClinicSettings, Location
from practitioners.once import known
from practitioners.prepared import Prepared

Row = tuple[Any, ...]
FOLDER = Path(__file__).parent
PLACES = {
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
    "keeps": "boolean",
    "most": "int",
    **kept_hours.TYPES,
}


class Statements(NamedTuple):
    """The one that finds the hours, and the one that has them with the question."""

    finding: Prepared
    told: Prepared


def _statements(offered: str, answer: str) -> Statements:
    return Statements(*(_statement(hours, "gaps", offered, answer) for hours in ("hours", "kept")))


def _statement(*parts: str) -> Prepared:
    files = (FOLDER / "free_slots.sql", *(FOLDER / f"free_slots_{part}.sql" for part in parts))
    text = "".join(file.read_text() for file in files)
    places = {name: kind for name, kind in PLACES.items() if f"%({name})s" in text}
    return Prepared("_".join(("free_slots", *parts)), text, places)


RUNS = {offered: _statements(offered, "runs") for offered in ("loose", "packed")}
FIRST = {offered: _statements(offered, "first") for offered in ("loose", "packed")}
HOURS = kept_hours.KeptHours()
ANSWERS = KeptAnswers()
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
    def starts_at(self) -> datetime:
        """When the first of them is."""
        return datetime.fromtimestamp(min(self.firsts), UTC)

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


Found = TypeVar("Found", bound=Slot | Starts)


class Asking(TypedDict, total=False):
    """Who asks, and when: for which place, to move which visit, as which visitor or as staff."""

    now: Required[datetime]
    location: Location | None
    moving: Appointment | None
    visitor: str
    for_staff: bool


class Asked(Asking, total=False):
    """Whose starts, on which local days.

    `any_gap`: not only those that are packed. `again`: what is kept will do (see `may_be_kept`).
    """

    practitioners: Required[Collection[int]]
    first_day: Required[date]
    days: Required[int]
    places: Sequence[Location] | None
    any_gap: bool
    again: Seen | None


def may_be_kept(*, now: datetime) -> Seen | None:
    """What a page that many look at asks first, to be given what is kept `again`. One query."""
    return seen(now=now) if known(Facts) else None


def ask(services: Collection[int], **asked: Unpack[Asked]) -> list[Starts]:
    """Every start. Two queries, or one where the places are known."""
    return _answer(RUNS, services, asked, lambda row: Starts._make(row[:-2]))


def ask_first(services: Collection[int], **asked: Unpack[Asked]) -> list[Slot]:
    """The first start of each practitioner in any of the services. Queries as for `ask`."""
    moments = _Moments()
    return _answer(FIRST, services, asked, lambda row: _slot(row, moments))


def _slot(row: Row, moments: _Moments) -> Slot:
    person, service, place, begins, ends, *_ = row
    return Slot(person, service, place, moments[begins], moments[ends])


def _answer(
    statements: dict[str, Statements],
    services: Collection[int],
    asked: Asked,
    make: Callable[[Row], Found],
) -> list[Found]:
    given, here = asked.get("places"), asked.get("location")
    places = Location.every() if given is None else given
    keys = [one.pk for one in places if one.is_active and (here is None or one.pk == here.pk)]
    if not asked["practitioners"] or not keys:
        return []
    offered = _offered(asked)
    chosen, values = statements[offered], _values(services, places, keys, asked)
    if statements is FIRST and offered == "loose":
        values["most"] = 1

    def find() -> list[Found]:
        return [make(row) for row in _rows(chosen, values)]

    again = asked.get("again")
    notices = _notices(services) if again else None
    if again is None or notices is None:
        return find()
    question = (chosen, *notices.items(), *(values[name] for name in values if name != "now"))
    ends = partial(_right_until, notices=notices, now=asked["now"])
    return list(ANSWERS.kept_or_found(question, find, ends, seen=again, now=asked["now"]))


def _values(
    services: Collection[int], places: Sequence[Location], keys: Collection[int], asked: Asked
) -> dict[str, Any]:
    """All that is sent with the question."""
    days, moving = min(asked["days"], MAX_DAYS), asked.get("moving")
    last_day = asked["first_day"] + (days - 1) * DAY
    return {
        "services": _array(services),
        "practitioners": _array(asked["practitioners"]),
        "places": _array(keys),
        "first_day": asked["first_day"],
        "last_day": last_day,
        "now": asked["now"],
        "moving": moving.pk if moving else None,
        "visitor": asked.get("visitor", ""),
        "for_staff": asked.get("for_staff", False),
        "most": None,  # gaps of each: only all of them tell which starts are packed
        **_before_the_first_save(),
        **_clocks(places, asked["first_day"], last_day, asked["now"]),
    }


def _notices(services: Collection[int]) -> dict[int, timedelta] | None:
    """How long before a start of each service it is too soon, if that is known of all of them."""
    facts: Facts | None = known(Facts)
    if facts is None:
        return None
    notices = {one.pk: one.notice(facts.clinic) for one in facts.services if one.pk in services}
    return notices if len(notices) == len(services) else None


def _right_until(
    offered: Iterable[Slot | Starts], *, notices: dict[int, timedelta], now: datetime
) -> datetime:
    """When the first start of any is too soon: until then none goes, and none comes before it."""
    return min((one.starts_at - notices[one.service_id] for one in offered), default=now + DAY)


def _rows(statements: Statements, values: dict[str, Any]) -> list[Row]:
    """What is answered; from hours that are kept where the page has just read that they are still right."""
    facts: Facts | None = known(Facts)
    kept = HOURS.of(values) if facts else None
    if facts and kept and kept.known == str(facts.lists.changes):
        statement = kept.in_statement(statements.told)
        (*_, changes, _), *rows = statement.rows({**values, **kept.values})
        if changes == kept.known:
            return rows
    keeps = facts is not None and HOURS.are_wanted(values)
    (*_, changes, hours), *rows = statements.finding.rows({**values, "keeps": keeps})
    if changes is not None and hours is not None:
        HOURS.keep(values, changes, hours)
    return rows


def _offered(asked: Asked) -> str:
    """Which starts there may be; only a page that knows its clinic can say that it does not pack them."""
    clinic: ClinicSettings | None = known(ClinicSettings)
    is_any = asked.get("for_staff") or asked.get("any_gap")
    return "loose" if is_any or (clinic and not clinic.packs_starts) else "packed"


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
    today = {zone: day_of(now, zone) for zone in {zone for _, zone in zones}}
    return {**clocks, "todays": _array(today[zone] for zone in parts)}


@lru_cache(maxsize=1024)
def _stretches(
    zones: tuple[tuple[int, ZoneInfo], ...], first_day: date, last_day: date
) -> tuple[list[ZoneInfo], dict[str, Any]]:
    """With its turnovers and the way to it, no visit blocks what is a day later or half a day earlier."""
    first, last = first_day - 3 * DAY, last_day + 3 * DAY
    found = [(key, zone, part) for key, zone in zones for part in stretches(first, last, zone)]
    return [zone for _, zone, _ in found], {
        "looked_from": min(local_day(first_day, zone).begins for _, zone in zones) - DAY,
        "looked_until": max(local_day(last_day, zone).ends for _, zone in zones) + DAY / 2,
        "clock_places": _array(key for key, _, _ in found),
        "since": _array(part.since for _, _, part in found),
        "until": _array(part.until for _, _, part in found),
        "ahead": _array(part.ahead // SECOND for _, _, part in found),
        "ahead_before": _array(part.ahead_before // SECOND for _, _, part in found),
    }


def _array(values: Iterable[Any]) -> str:
    """As one value: PostgreSQL would read an ARRAY[...] element by element, each as a statement's part."""
    return f"{{{','.join('NULL' if one is None else str(one) for one in values)}}}"


class _Moments(dict[int, datetime]):
    """Seconds since 1970 as moments, each made once."""

    def __missing__(self, at: int) -> datetime:
        moment = self[at] = datetime.fromtimestamp(at, UTC)
        return moment


def slots_of(starts: Iterable[tuple[int, Starts]]) -> list[Slot]:
    """The soonest first; at one moment in the order given."""
    moments = _Moments()
    seconds: list[int] = []  # to be compared, which is quicker than moments are
    slots: list[Slot] = []
    for at, row in starts:
        begins, ends = moments[at], moments[at + row.length]
        seconds.append(at)
        slots.append(Slot(row.practitioner_id, row.service_id, row.location_id, begins, ends))
    return [slots[number] for number in sorted(range(len(slots)), key=seconds.__getitem__)]
