"""Laying the sessions still to come on the calendar: proposed, never booked by itself.

    anchor ──gap──► due ──pauses, closed days──► target
                                                   │
           first_on ◄──── before ──────────────────┼──── after ────► last_on
                                                   │
    a booked visit inside is kept, else the free time that suits best is proposed;
    whichever it is becomes the anchor of the session after it (rolling)

A booked visit that comes too early is proposed to move into its window. One that comes
too late stays, because the client has chosen it; a session that is not booked yet is
put before it where there is room. One that lies in a pause stands in nobody's way: it is
proposed to move to the first session that has none. One elsewhere never moves: the others
are laid around it. Nothing here reads a clock, a setting or a row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Literal

from bookings.wall_clock import DAY
from treatment_plans.schedule.calendar import ClinicCalendar
from treatment_plans.schedule.due import OUR_WINDOWS, Facts, Windows, rested_since
from treatment_plans.schedule.phases import gap_before, nominal_gap, position
from treatment_plans.schedule.reviewing import NEVER, LastReview, is_past_review
from treatment_plans.schedule.wishes import ANY, Wishes

MOST = 24  # sessions in one proposal
MOST_OPEN_ENDED = 6  # sessions proposed of a phase without an end
OTHERS = 4  # other times offered for one session
REACH = 7 * DAY  # how far outside its window a session may be put when nothing else is free

Step = Literal["keep", "move", "book", "conflict"]
End = Literal["complete", "as_needed", "horizon", "enough", "review"]


@dataclass(frozen=True, slots=True)
class Free:
    """A start that can be booked, as the clinic's calendar and wall show it."""

    starts_at: datetime
    on: date
    at: time


@dataclass(frozen=True, slots=True)
class Booked:
    """A visit of the plan that stands; a fixed one is where the client wants it.

    One elsewhere is not where or with whom the free times are, so none of them is for it.
    """

    key: int
    on: date
    at: time | None = None
    is_fixed: bool = False
    is_elsewhere: bool = False

    @property
    def stands(self) -> bool:
        """Whether it is not for us to move."""
        return self.is_fixed or self.is_elsewhere


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are right for one session, counted from the one before it.

    `earliest_on` is the first that is possible at all, right or not. `due_on` may have
    passed; `target_on` is the open day from there or from today on.
    """

    session: int
    phase: int
    gap: int
    due_on: date
    target_on: date
    first_on: date
    last_on: date
    earliest_on: date

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Proposed:
    """One session to come: what is booked, what is proposed and what else could be had."""

    days: Days
    step: Step
    free: Free | None = None
    booked: Booked | None = None
    others: tuple[Free, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the visit that is booked lies on one of the right days."""
        return self.booked is not None and self.booked.on in self.days

    @property
    def at(self) -> time | None:
        """The time of day, where there is one."""
        return self.free.at if self.free else self.booked.at if self.booked else None

    @property
    def anchor(self) -> date:
        """The day from which the session after this one is counted.

        Where nothing is free on the right days, the closest that can be had.
        """
        if self.step == "conflict":
            return self.others[0].on if self.others else self.days.target_on
        if self.free is not None:
            return self.free.on
        return self.booked.on if self.booked else self.days.target_on


@dataclass(frozen=True, slots=True)
class Layout:
    """All sessions that could be laid out, and why it ends where it does.

    `left_over` are visits booked beyond what the plan still asks for; `is_broken` tells
    whether any lies in a pause.
    """

    sessions: tuple[Proposed, ...]
    ends: End
    left_over: tuple[Booked, ...] = ()
    is_broken: bool = False

    @property
    def changes(self) -> tuple[Proposed, ...]:
        """What somebody would have to agree to."""
        return tuple(one for one in self.sessions if one.step != "keep")

    @property
    def stays(self) -> bool:
        """Whether every session is booked where it would be proposed, or where it was put."""
        return not self.changes

    @property
    def is_upset(self) -> bool:
        """Whether a booked visit no longer stands on a right day, or the next is missing.

        Where the client has just put a visit is not held against the plan, nor is one elsewhere.
        """
        return self.is_broken or any(
            not (one.fits or (one.booked and one.booked.stands))
            for index, one in enumerate(self.sessions)
            if one.booked or index == 0
        )

    def before_review(self, facts: Facts, last: LastReview = NEVER) -> Layout:
        """Without what would be new after the session in which a review takes place."""
        kept: list[Proposed] = []
        for number, one in enumerate(self.sessions):
            days = [earlier.anchor for earlier in kept]
            if one.step != "keep" and is_past_review(facts, days, one.anchor, last):
                later = [other for other in self.sessions[number:] if other.step == "keep"]
                return replace(self, sessions=(*kept, *later), ends="review")
            kept.append(one)
        return self

    @property
    def is_booked(self) -> bool:
        """Whether every session that was laid out has its visit."""
        return all(one.booked for one in self.sessions)


def lay_out(
    facts: Facts,
    calendar: ClinicCalendar,
    windows: Windows = OUR_WINDOWS,
    *,
    today: date,
    last_day: date,
    free: Iterable[Free] = (),
    booked: Iterable[Booked] = (),
    wishes: Wishes = ANY,
    wanted: Collection[datetime] = (),
) -> Layout:
    """Propose a day for every session still to come, in order, as far as can be seen.

    `last_day` is the last that can be booked; what is `wanted` was chosen already, and is
    proposed wherever it can still be had.
    """
    surface = _Surface(facts, calendar, windows, today, wishes, _by_day(free), frozenset(wanted))
    waiting, resting = surface.apart(booked)
    is_broken, tries = bool(resting), len(resting)  # sessions more, for those in a pause
    laid: list[Proposed] = []
    anchor = max(facts.completed_on, default=None)
    while True:
        done = facts.done + len(laid)
        place = position(facts.phases, done)
        end = _end(facts, place, laid, is_booked=bool(waiting or (resting and tries > 0)))
        if end is not None or place is None:
            return Layout(tuple(laid), end or "complete", (*waiting, *resting), is_broken)
        days = surface.days(place, anchor, session=done + 1)
        if days.target_on > last_day and not waiting:
            return Layout(tuple(laid), "horizon", tuple(resting), is_broken)
        end = _end(facts, place, laid, is_booked=False)
        has_spare = end is None and _left(facts, done) > len(waiting)
        usual = laid[-1].at if laid else None
        if not waiting:
            tries -= 1
        one = surface.choose(days, waiting[:2], usual, has_spare=has_spare)
        if one.booked is not None:
            waiting.pop(0)
        elif one.free is not None and resting:
            one = replace(one, step="move", booked=resting.pop(0))
        laid.append(one)
        anchor = one.anchor


def _end(
    facts: Facts,
    place: tuple[int, int] | None,
    laid: Sequence[Proposed],
    *,
    is_booked: bool,
) -> End | None:
    """Why nothing more is laid out, if so; visits that are booked are always looked at."""
    if place is None:
        return "complete"
    phase = facts.phases[place[0]]
    if phase.rate_kind == "as_needed":
        return "as_needed"
    if is_booked:
        return None
    here = sum(one.days.phase == place[0] for one in laid)
    is_enough = len(laid) >= MOST or (phase.session_count is None and here >= MOST_OPEN_ENDED)
    return "enough" if is_enough else None


def _left(facts: Facts, done: int) -> int:
    """How many sessions the plan still asks for; without an end, more than anybody books."""
    return MOST * MOST if facts.total is None else facts.total - done


def _by_day(free: Iterable[Free]) -> dict[date, list[Free]]:
    days: dict[date, list[Free]] = {}
    for one in sorted(free, key=lambda one: one.starts_at):
        days.setdefault(one.on, []).append(one)
    return days


@dataclass(frozen=True, slots=True)
class _Surface:
    """What the sessions are laid on: the plan's rules, the calendar and the free times."""

    facts: Facts
    calendar: ClinicCalendar
    windows: Windows
    today: date
    wishes: Wishes
    free: dict[date, list[Free]] = field(default_factory=dict)
    wanted: frozenset[datetime] = frozenset()

    def days(self, place: tuple[int, int], anchor: date | None, *, session: int) -> Days:
        """The right days for a session.

        Session 1 is never before the plan's start, and what is late already is due today.
        """
        phase = self.facts.phases[place[0]]
        found = None if anchor is None else gap_before(phase, place[1], anchor)
        due, gap = found or (self.facts.start_on, nominal_gap(phase))
        before, after = self.windows.tolerance(gap)
        rested, target = self._rested(max(due, self.today))
        rested_on = rested_since(self.facts, anchor, self.today) or due
        earliest = max(self.today, self.facts.start_on if anchor is None else anchor + DAY)
        first = rested if rested > max(due, self.today) else due - before * DAY
        return Days(
            session=session,
            phase=place[0],
            gap=gap,
            due_on=max(due, rested_on),
            target_on=target,
            first_on=max(first, earliest),
            last_on=target + after * DAY,
            earliest_on=earliest,
        )

    def _rested(self, day: date) -> tuple[date, date]:
        """The day itself or the one after its pause, and the first open day from there on."""
        while True:
            while (pause := self.facts.pause_on(day)) is not None:
                day = pause.ends_on + DAY
            target = self.calendar.next_open(day)
            if self.facts.pause_on(target) is None:
                return day, target
            day = target

    def apart(self, booked: Iterable[Booked]) -> tuple[list[Booked], list[Booked]]:
        """The visits that stand, and those to come that lie in a pause; both by day."""
        ordered = sorted(booked, key=lambda one: one.on)
        resting = [one for one in ordered if self._rests(one)]
        return [one for one in ordered if one not in resting], resting

    def _rests(self, one: Booked) -> bool:
        may_move = one.on > self.today and not one.stands
        return may_move and self.facts.pause_on(one.on) is not None

    def choose(
        self, days: Days, waiting: Sequence[Booked], usual: time | None, *, has_spare: bool
    ) -> Proposed:
        """Keep, move or book: the one proposal for a session; no visit moves past the next."""
        booked, following = [*waiting, None, None][:2]
        if booked is not None and self._stays(days, booked, has_spare=has_spare):
            return Proposed(days, "keep", booked=booked)
        is_early = booked is not None and booked.on < days.first_on
        inside = self._inside(days, usual, until=following.on if following else date.max)
        if not inside and booked is not None:
            return Proposed(days, "keep", booked=booked)
        if not inside:
            return Proposed(days, "conflict", others=self._near(days))
        return Proposed(
            days,
            "move" if is_early else "book",
            free=inside[0],
            booked=booked if is_early else None,
            others=_one_a_day(inside),
        )

    def _stays(self, days: Days, booked: Booked, *, has_spare: bool) -> bool:
        if booked.is_fixed or booked.on <= self.today or booked.on in days:
            return True
        if booked.is_elsewhere and booked.on < days.first_on:
            return True
        return booked.on > days.last_on and not has_spare

    def _inside(self, days: Days, usual: time | None, *, until: date) -> list[Free]:
        """The free times of the right days, before `until`, whatever suits best first."""
        found = [
            one
            for offset in range((days.last_on - days.first_on).days + 1)
            for one in self._free_on(days.first_on + offset * DAY)
            if one.on < until
        ]
        return sorted(found, key=lambda one: self._rank(one, days.target_on, usual))

    def _near(self, days: Days) -> tuple[Free, ...]:
        """Free times just outside the right days: one a day, the closest day first.

        Not on top of the session before: where sessions are close, at most a day earlier.
        """
        reach = REACH if days.gap > REACH.days else DAY
        floor = max(days.earliest_on, days.first_on - reach)
        near = [day for day in self.free if floor <= day <= days.last_on + REACH]
        near.sort(key=lambda day: (not self._is_wanted(day), abs(day - days.target_on), day))
        best = [min(found, key=lambda one: self._rank(one, one.on, None))
                for day in near if (found := self._free_on(day))]  # fmt: skip
        return tuple(best[:OTHERS])

    def _free_on(self, day: date) -> list[Free]:
        return [] if self.facts.pause_on(day) else self.free.get(day, [])

    def _is_wanted(self, day: date) -> bool:
        return any(one.starts_at in self.wanted for one in self.free[day])

    def _rank(self, one: Free, target: date, usual: time | None) -> tuple[object, ...]:
        """What was chosen; days and times that suit, the closest day, the usual time of day."""
        off = 0 if usual is None else abs(_minutes(one.at) - _minutes(usual))
        return (
            one.starts_at not in self.wanted,
            not self.wishes.suits_day(one.on),
            not self.wishes.suits_time(one.at),
            abs(one.on - target),
            off,
            one.starts_at,
        )


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _one_a_day(ranked: Sequence[Free]) -> tuple[Free, ...]:
    """Other times than the first: the best of every other day, then what is left."""
    first = ranked[0]
    best: dict[date, Free] = {}
    for one in ranked[1:]:
        if one.on != first.on:
            best.setdefault(one.on, one)
    rest = [one for one in ranked[1:] if one not in best.values()]
    return tuple([*best.values(), *rest][:OTHERS])
