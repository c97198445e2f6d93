"""When the next session is due, and how things stand on a day.

last session --gap--> due --closed days--> target
                                             |
  upcoming | due soon | due (grace)          | overdue          | lapsed
  ---------+----------+----------------------+------------------+------->
       due_soon_on  target_on          grace_until        lapsed_after
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bookings.wall_clock import DAY
from treatment_plans.schedule.calendar import ClinicCalendar
from treatment_plans.schedule.phases import Phase, gap_before, nominal_gap, position

SHORT_GAP = 4  # days; up to here a gap is short
MEDIUM_GAP = 13  # days; up to here it is medium, beyond it long


@dataclass(frozen=True, slots=True)
class Pause:
    """Days, both inclusive, in which a plan rests."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@dataclass(frozen=True, slots=True)
class Facts:
    """A plan as the rules see it: its state, phases, pauses and completed sessions.

    A dated rest is a pause and leaves the status active. The status `paused` is a
    rest without an end, from `paused_on` until somebody makes the plan active again.
    """

    status: str
    start_on: date
    phases: tuple[Phase, ...]
    pauses: tuple[Pause, ...] = ()
    completed_on: tuple[date, ...] = ()
    activated_on: date | None = None
    paused_on: date | None = None
    review_after_sessions: int = 6
    review_after_weeks: int = 4

    @property
    def done(self) -> int:
        return len(self.completed_on)

    @property
    def total(self) -> int | None:
        """All sessions that the plan asks for; None without an end."""
        counts = [phase.session_count for phase in self.phases]
        return None if None in counts else sum(count or 0 for count in counts)

    def rests_on(self, day: date) -> bool:
        """Tell whether a day lies in a pause, or in a rest that has no end yet."""
        is_paused = self.paused_on is not None and day >= self.paused_on
        return is_paused or self.pause_on(day) is not None

    def pause_on(self, day: date) -> Pause | None:
        """The pause that covers a day; of several the one that ends last."""
        covering = [pause for pause in self.pauses if day in pause]
        return max(covering, key=lambda pause: pause.ends_on, default=None)


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
        """Lead, grace and lapsed days for a gap; the lapse always comes after the grace."""
        if gap <= SHORT_GAP:
            lead, grace, lapsed = self.short_lead, self.short_grace, self.min_lapsed
        elif gap <= MEDIUM_GAP:
            lead, grace = self.medium_lead, self.medium_grace
            lapsed = max(self.min_lapsed, 2 * gap)
        else:
            lead, grace = self.long_lead, self.long_grace
            lapsed = max(self.min_lapsed, 2 * gap)
        return lead, grace, max(lapsed, grace + 1)

    def tolerance(self, gap: int) -> tuple[int, int]:
        """Days that a proposed date may lie before and after the ideal one (our default).

        After: the grace, because such a session still counts as on time. Before: the
        lead, but at most a third of the gap, or the dose would change.
        """
        lead, grace, _ = self.of(gap)
        return min(lead, gap // 3), grace


OUR_WINDOWS = Windows()


@dataclass(frozen=True, slots=True)
class Cycle:
    """The stretch up to the next session: what is due when, and when it is late.

    `due_soon_on`, `overdue_on` and `lapsed_on` are send days; `grace_until` and
    `lapsed_after` are the last days of being on time and of being overdue.
    """

    session: int
    phase: int
    gap: int
    anchor: date | None
    due_on: date
    target_on: date
    due_soon_on: date
    grace_until: date
    lapsed_after: date
    overdue_on: date
    lapsed_on: date
    is_review: bool


def is_complete(facts: Facts) -> bool:
    """Tell whether every phase has its sessions."""
    return position(facts.phases, facts.done) is None


def current_cycle(
    facts: Facts, calendar: ClinicCalendar, windows: Windows, *, today: date
) -> Cycle | None:
    """The cycle of the next session; None when complete or only as needed.

    The anchor is the last completed session: bookings and no-shows never move it.
    Before session 1 the plan's start is due, with the nominal gap of phase 1. A
    pause that has ended by today, after the anchor, moves what was due in it to
    the day after it. No message is planned on or before the anchor, before the
    plan was activated, or before that pause had ended.
    """
    place = position(facts.phases, facts.done)
    if place is None or facts.phases[place[0]].rate_kind == "as_needed":
        return None
    anchor = max(facts.completed_on, default=None)
    due_on, gap = _due_and_gap(facts, facts.phases[place[0]], place[1], anchor)
    rested_on = rested_since(facts, anchor, today)
    if rested_on is not None:
        due_on = max(due_on, rested_on)
    target_on = calendar.next_open(due_on)
    lead, grace, lapsed = windows.of(gap)
    grace_until, lapsed_after = target_on + grace * DAY, target_on + lapsed * DAY
    floor = _floor(anchor, facts.activated_on, rested_on)
    return Cycle(
        session=facts.done + 1,
        phase=place[0],
        gap=gap,
        anchor=anchor,
        due_on=due_on,
        target_on=target_on,
        due_soon_on=_due_soon_on(target_on - lead * DAY, floor, calendar),
        grace_until=grace_until,
        lapsed_after=lapsed_after,
        overdue_on=calendar.send_day_from(max(grace_until + DAY, floor)),
        lapsed_on=calendar.send_day_from(max(lapsed_after + DAY, floor)),
        is_review=facts.done > 0 and facts.done % facts.review_after_sessions == 0,
    )


def _due_and_gap(facts: Facts, phase: Phase, session: int, anchor: date | None) -> tuple[date, int]:
    """The due date before pauses, and the length of the gap that leads to it."""
    found = None if anchor is None else gap_before(phase, session, anchor)
    return found or (facts.start_on, nominal_gap(phase))


def rested_since(facts: Facts, anchor: date | None, today: date) -> date | None:
    """The day after the last pause that ended between the anchor and today."""
    ended = [
        pause.ends_on
        for pause in facts.pauses
        if pause.ends_on < today and (anchor is None or pause.ends_on > anchor)
    ]
    return max(ended) + DAY if ended else None


def _floor(anchor: date | None, activated_on: date | None, rested_on: date | None) -> date:
    """The first day on which this cycle may write at all."""
    after = None if anchor is None else anchor + DAY
    return max((day for day in (after, activated_on, rested_on) if day), default=date.min)


def _due_soon_on(planned: date, floor: date, calendar: ClinicCalendar) -> date:
    """The send day of the first message: moved earlier, but never before the floor."""
    day = calendar.send_day_until(planned)
    return calendar.send_day_from(floor) if day < floor else day


def status_on(cycle: Cycle, day: date) -> str:
    """Upcoming, due_soon, due, overdue or lapsed on a day."""
    if day > cycle.lapsed_after:
        return "lapsed"
    if day > cycle.grace_until:
        return "overdue"
    if day >= cycle.target_on:
        return "due"
    return "due_soon" if day >= cycle.due_soon_on else "upcoming"
