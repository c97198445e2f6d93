"""Which dates a series could have: the same time every so many weeks, else what is near.

first           Tue 1 Dec 10:15
every 1 week    Tue 8 Dec 10:15   free
                Tue 15 Dec 10:15  taken: Tue 15 Dec 11:00 · Wed 16 Dec 10:15 · …

What is near goes by the clock first: whoever comes at a quarter past ten can rather come at that time
on the next day than at another hour. Of no day are there so many that they crowd out the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bookings.errors import BookingError
from bookings.instead import MOST, instead_of, meets_other, offers_others
from bookings.picking import read_start, value_of
from bookings.starts import Slot
from bookings.timetable import Timetable
from bookings.wall_clock import moment
from practitioners.models import Practitioner

MOST_TIMES, MOST_WEEKS = 12, 4
LEFT_OUT = "none"  # the answer for a date that shall have no session
OFFERED = 4  # alternatives for a date that is not free
OF_A_DAY = 2  # of them, as long as there are other days
REACH = timedelta(days=3)  # how far an alternative may be from its date
DAY_COUNTS = timedelta(hours=3)  # another day is as far off as so many hours of the same day


@dataclass(frozen=True, slots=True)
class ShownDate:
    """One date of a series on a page: its words, its choices, and which of them is chosen."""

    number: int
    day: str
    time: str
    is_free: bool
    chosen: str
    choices: list[tuple[str, str]]  # value and words
    is_refused: bool = False

    @property
    def name(self) -> str:
        return f"visit-{self.number}"

    @property
    def is_undecided(self) -> bool:
        """Whether neither a time is chosen nor the date left out."""
        return self.chosen != LEFT_OUT and self.chosen not in dict(self.choices)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One date of a series: the time it should have, and what can be had."""

    number: int
    at: datetime
    is_free: bool
    offers: list[Slot]  # the time itself when it is free, then what is nearest


def wished_starts(
    first: datetime, table: Timetable, *, times: int, every_weeks: int
) -> list[datetime]:
    """The same wall-clock time on every date, also across a change of the clocks."""
    zone = table.location.zone
    local = first.astimezone(zone)
    dates = [local.date() + timedelta(weeks=every_weeks * number) for number in range(times)]
    return [first, *(moment(on, local.time(), zone) for on in dates[1:])]


def propose(
    table: Timetable, first: datetime, *, times: int, every_weeks: int
) -> tuple[Timetable, list[Proposal]]:
    """Every date with its free times, by one person; returns the times of that person, too.

    When anybody would do, it is whoever is free on most of the dates. Three queries.
    """
    wished = wished_starts(first, table, times=times, every_weeks=every_weeks)
    begin = wished[0].astimezone(table.location.zone).date() - REACH
    days = (wished[-1] - wished[0]).days + 2 * REACH.days + 2
    slots = table.free(max(begin, table.today), days=days)
    person = table.person or _freest(slots, wished)
    if person is None:
        return table, [Proposal(number, at, False, []) for number, at in enumerate(wished, 1)]
    own = [slot for slot in slots if slot.practitioner_id == person.pk]
    reach = min(REACH, timedelta(weeks=every_weeks) / 2)
    zone = table.location.zone
    proposals = [_proposal(number, at, own, reach, zone) for number, at in enumerate(wished, 1)]
    return replace(table, person=person), proposals


def _freest(slots: Iterable[Slot], wished: list[datetime]) -> Practitioner | None:
    slots = list(slots)
    free = Counter(slot.practitioner_id for slot in slots if slot.starts_at in wished)
    free = free or Counter(slot.practitioner_id for slot in slots)
    return Practitioner.objects.get(pk=free.most_common(1)[0][0]) if free else None


def _proposal(
    number: int, at: datetime, slots: list[Slot], reach: timedelta, zone: ZoneInfo
) -> Proposal:
    near = sorted(
        (slot for slot in slots if abs(slot.starts_at - at) <= reach),
        key=lambda slot: (how_far(slot.starts_at, at, zone), slot.starts_at),
    )
    is_free = bool(near) and near[0].starts_at == at
    return Proposal(number, at, is_free, near)


def how_far(at: datetime, wished: datetime, zone: ZoneInfo) -> timedelta:
    """How much else a start is than the one wished for, by the clock on the wall and by days."""
    here, there = (one.astimezone(zone).replace(tzinfo=None) for one in (at, wished))
    days = abs((here.date() - there.date()).days)
    clock = abs(here - datetime.combine(here.date(), there.time()))
    return clock + days * DAY_COUNTS


def varied(near: Sequence[Slot], zone: ZoneInfo, *, count: int = OFFERED) -> list[Slot]:
    """Some of those that are near, of several days where there are several; in order of time."""
    of_day: Counter[date] = Counter()
    chosen: list[Slot] = []
    others: list[Slot] = []
    for slot in near:
        on = slot.starts_at.astimezone(zone).date()
        of_day[on] += 1
        (chosen if of_day[on] <= OF_A_DAY else others).append(slot)
    return sorted([*chosen, *others][:count], key=lambda slot: slot.starts_at)


def show_dates(
    table: Timetable,
    proposals: Iterable[Proposal],
    picked: Mapping[str, str],
    refusal: BookingError | None = None,
) -> list[ShownDate]:
    """Put dates into words; what somebody has picked stays, else a date has its own time."""
    return [_shown(table, one, picked.get(f"visit-{one.number}", ""), refusal) for one in proposals]


def other_choices(dates: Iterable[ShownDate], refusal: BookingError | None) -> list[dict[str, str]]:
    """The next three for the date that was refused, else for the first: each leads to its button."""
    dates = list(dates)
    date = next((one for one in dates if one.is_refused), next(iter(dates), None))
    if date is None or refusal is None or not offers_others(refusal):
        return []
    others = [(value, words) for value, words in date.choices if value != date.chosen]
    return [{"words": words, "url": f"#{date.name}-{value}"} for value, words in others[:MOST]]


def place_of_problem(dates: Iterable[ShownDate]) -> str:
    """Where what is wrong can be put right."""
    dates = list(dates)
    at_fault = [one for one in dates if one.is_refused] or [
        one for one in dates if one.is_undecided
    ]
    return at_fault[0].name if at_fault else "visit-1"


def _shown(table: Timetable, one: Proposal, picked: str, refusal: BookingError | None) -> ShownDate:
    words = table.words
    at = refusal.details.get("starts_at") if refusal else None
    is_refused = at is not None and value_of(at) == picked
    offers = [slot for slot in one.offers if not meets_other(slot, refusal)]
    if is_refused and len(offers) < MOST:
        offers = instead_of(one.at, table, refusal)
    is_free = bool(offers) and offers[0].starts_at == one.at
    own, near = (offers[:1], offers[1:]) if is_free else ([], offers)
    return ShownDate(
        one.number,
        words.day(one.at, today=table.today),
        words.time(one.at),
        is_free,
        picked or (value_of(one.at) if is_free else ""),
        [
            (value_of(slot.starts_at), words.short(slot.starts_at, today=table.today))
            for slot in [*own, *varied(near, table.location.zone)]
        ],
        is_refused=is_refused,
    )


def picked_starts(answers: Mapping[str, str], times: int) -> list[datetime]:
    """The times picked for the dates of a series; empty when one of them was not answered."""
    given = [answers.get(f"visit-{number}", "") for number in range(1, times + 1)]
    starts = [read_start(answer) for answer in given if answer != LEFT_OUT]
    return [at for at in starts if at] if None not in starts else []
