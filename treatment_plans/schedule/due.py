"""When the next session is due, and how things stand on a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from treatment_plans.schedule.calendar import DAY, ClinicCalendar
from treatment_plans.schedule.phases import Phase, gap_before, nominal_gap, position

SHORT_GAP = 4  # days; up to here a gap is short
MEDIUM_GAP = 13  # days; up to here it is medium, beyond it long
MOST_IDEAL_DATES = 1000


@dataclass(frozen=True, slots=True)
class Pause:
    """Days, both inclusive, in which a plan rests."""

    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Facts:
    """A plan as the rules see it: its state, phases, pauses and completed sessions."""

    status: str
    start_on: date
    phases: tuple[Phase, ...]
    pauses: tuple[Pause, ...] = ()
    completed_on: tuple[date, ...] = ()
    activated_on: date | None = None
    review_after_sessions: int = 6

    @property
    def done(self) -> int:
        return len(self.completed_on)


@dataclass(frozen=True, slots=True)
class Windows:
    """Days before and after the target by length of the gap; editable per clinic."""

    short_lead: int = 1
    short_grace: int = 1
    medium_lead: int = 2
    medium_grace: int = 3
    long_lead: int = 7
    long_grace: int = 7
    min_lapsed: int = 14

    def of(self, gap: int) -> tuple[int, int, int]:
        """Lead, grace and lapsed days for a gap of so many days."""
        if gap <= SHORT_GAP:
            return self.short_lead, self.short_grace, self.min_lapsed
        lapsed = max(self.min_lapsed, 2 * gap)
        if gap <= MEDIUM_GAP:
            return self.medium_lead, self.medium_grace, lapsed
        return self.long_lead, self.long_grace, lapsed


@dataclass(frozen=True, slots=True)
class Cycle:
    """The stretch up to the next session: what is due when, and when it is late."""

    session: int
    phase: int
    gap: int
    anchor: date | None
    due_on: date
    target_on: date
    due_soon_on: date
    grace_until: date
    lapsed_after: date
    is_review: bool


@dataclass(frozen=True, slots=True)
class Adherence:
    """How much of the recommended dose has been taken by a day."""

    completed: int
    expected: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None while nothing was expected."""
        return min(1.0, self.completed / self.expected) if self.expected else None

    @property
    def band(self) -> str:
        """Adherent from 75 % (the definition of Sherman 2014), partial from 50 % (ours), low."""
        if self.share is None:
            return ""
        if self.share >= 0.75:
            return "adherent"
        return "partial" if self.share >= 0.5 else "low"


def is_complete(facts: Facts) -> bool:
    """Tell whether every phase has its sessions."""
    return position(facts.phases, facts.done) is None


def current_cycle(
    facts: Facts, calendar: ClinicCalendar, windows: Windows, *, today: date
) -> Cycle | None:
    """The cycle of the next session; None when complete or only as needed.

    The anchor is the last completed session: bookings and no-shows never move it.
    Before session 1 the plan's start is due, with the nominal gap of phase 1, and
    it is never due soon before the plan was activated. A pause that has ended by
    today, after the anchor, moves what was due in it to the day after it.
    """
    place = position(facts.phases, facts.done)
    if place is None:
        return None
    phase = facts.phases[place[0]]
    if phase.rate_kind == "as_needed":
        return None
    anchor = max(facts.completed_on) if facts.completed_on else None
    if anchor is None:
        due_on, gap = facts.start_on, nominal_gap(phase)
    else:
        found = gap_before(phase, place[1], anchor)
        if found is None:
            return None
        due_on, gap = found
    for pause in facts.pauses:
        if pause.ends_on < today and (anchor is None or pause.ends_on > anchor):
            due_on = max(due_on, pause.ends_on + DAY)
    target_on = calendar.next_open(due_on)
    lead, grace, lapsed = windows.of(gap)
    floor = anchor + DAY if anchor is not None else facts.activated_on
    return Cycle(
        session=facts.done + 1,
        phase=place[0],
        gap=gap,
        anchor=anchor,
        due_on=due_on,
        target_on=target_on,
        due_soon_on=_due_soon_on(target_on - lead * DAY, floor, calendar),
        grace_until=target_on + timedelta(days=grace),
        lapsed_after=target_on + timedelta(days=lapsed),
        is_review=facts.done > 0 and facts.done % facts.review_after_sessions == 0,
    )


def _due_soon_on(planned: date, floor: date | None, calendar: ClinicCalendar) -> date:
    """The send day of the first message: moved earlier, but never before the floor."""
    day = calendar.send_day_until(planned)
    return calendar.send_day_from(floor) if floor is not None and day < floor else day


def status_on(cycle: Cycle, day: date) -> str:
    """Upcoming, due_soon, due, overdue or lapsed on a day."""
    if day > cycle.lapsed_after:
        return "lapsed"
    if day > cycle.grace_until:
        return "overdue"
    if day >= cycle.target_on:
        return "due"
    return "due_soon" if day >= cycle.due_soon_on else "upcoming"


def ideal_dates(start_on: date, phases: Sequence[Phase]) -> Iterator[date]:
    """The dates of a plan on which nothing is ever late; endless for an open end."""
    day = start_on
    for index, phase in enumerate(phases):
        session = 1
        while phase.session_count is None or session <= phase.session_count:
            if index or session > 1:
                found = gap_before(phase, session, day)
                if found is None:
                    return
                day = found[0]
            elif phase.rate_kind == "as_needed":
                return
            yield day
            session += 1


def adherence(facts: Facts, *, today: date) -> Adherence:
    """Completed against ideal dates up to today, leaving out those inside a pause."""
    expected = 0
    for day in islice(ideal_dates(facts.start_on, facts.phases), MOST_IDEAL_DATES):
        if day > today:
            break
        expected += not any(pause.starts_on <= day <= pause.ends_on for pause in facts.pauses)
    return Adherence(sum(day <= today for day in facts.completed_on), expected)
