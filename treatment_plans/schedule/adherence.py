"""How much of a plan's dose has been taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from treatment_plans.schedule.due import Facts
from treatment_plans.schedule.phases import Phase, gap_before


@dataclass(frozen=True, slots=True)
class Adherence:
    """How much of the recommended dose has been taken by a day."""

    completed: int
    expected: int
    excused: int = 0

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


def expected_to_date(facts: Facts, *, today: date) -> int:
    """How many ideal dates have come by today, leaving out those on which the plan rests."""
    come = takewhile(lambda day: day <= today, ideal_dates(facts.start_on, facts.phases))
    return sum(not facts.rests_on(day) for day in come)


def adherence(facts: Facts, *, today: date, excused: int = 0) -> Adherence:
    """Completed against ideal dates up to today, leaving out those inside a pause.

    `excused` are the sessions that the clinic has cancelled: nobody holds them against
    the client, so as many fewer are expected.
    """
    return Adherence(
        completed=sum(day <= today for day in facts.completed_on),
        expected=max(0, expected_to_date(facts, today=today) - excused),
        excused=excused,
    )


def course_of(start_on: date, phases: Sequence[Phase]) -> tuple[int, int] | None:
    """How many sessions, and in how many weeks if none is late; None without an end."""
    if any(phase.session_count is None for phase in phases):
        return None
    days = list(ideal_dates(start_on, phases))
    return (len(days), -(-((days[-1] - days[0]).days + 1) // 7)) if days else None
