"""A recommended frequency is an ordered list of phases, never one number."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

RateKind = Literal["per_week", "every_n_weeks", "every_n_months", "as_needed"]

# Days before session 2, 3, ... of a phase with so many sessions a week, repeating:
# they keep Monday/Thursday and Monday/Wednesday/Friday patterns. Product rule.
WEEK_PATTERNS = {1: (7,), 2: (3, 4), 3: (2, 2, 3), 4: (2, 2, 2, 1), 5: (1, 1, 1, 1, 3)}
NOMINAL_GAPS = {1: 7, 2: 4, 3: 3, 4: 2, 5: 2}
MONTH_GAP_DAYS = 30  # how long a month counts when a window is chosen
MOST_PHASES = 10
MOST_SESSIONS = 200
MOST_WEEKS = 52
MOST_MONTHS = 24
TIMES = {1: "once", 2: "2 times", 3: "3 times", 4: "4 times", 5: "5 times"}


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch with one frequency. Its count of sessions ends it, not the calendar."""

    rate_kind: RateKind
    rate_value: int = 1
    session_count: int | None = None
    session_minutes: int = 60
    label: str = ""


@dataclass(frozen=True, slots=True)
class PhaseProblem:
    """What is wrong with the phase at `index`, with a sentence for the page."""

    code: str
    sentence: str
    index: int


def check_phases(phases: Sequence[Phase]) -> list[PhaseProblem]:
    """Name everything that keeps a list of phases from being a frequency."""
    if not phases:
        return [PhaseProblem("no_phases", "Add at least one phase.", 0)]
    problems = []
    if len(phases) > MOST_PHASES:
        sentence = f"A plan has at most {MOST_PHASES} phases."
        problems.append(PhaseProblem("too_many_phases", sentence, MOST_PHASES))
    for index, phase in enumerate(phases):
        is_last = index == len(phases) - 1
        problems += [
            PhaseProblem(code, sentence, index) for code, sentence in _faults(phase, is_last)
        ]
    return problems


def _faults(phase: Phase, is_last: bool) -> list[tuple[str, str]]:
    faults = []
    most = {"per_week": 5, "every_n_weeks": MOST_WEEKS, "every_n_months": MOST_MONTHS}
    limit = most.get(phase.rate_kind)
    if phase.rate_kind not in get_args(RateKind):
        faults.append(("unknown_rate", "Choose how often from the list."))
    if limit is not None and not 1 <= phase.rate_value <= limit:
        faults.append(("rate_out_of_range", f"Enter a number between 1 and {limit}."))
    if phase.rate_kind == "as_needed" and not is_last:
        faults.append(("as_needed_not_last", "Only the last phase can be as needed."))
    elif phase.session_count is None and not is_last:
        faults.append(("open_ended_not_last", "Only the last phase can be without an end."))
    if phase.session_count is not None and not 1 <= phase.session_count <= MOST_SESSIONS:
        faults.append(("sessions_out_of_range", f"A phase has 1 to {MOST_SESSIONS} sessions."))
    if not 5 <= phase.session_minutes <= 240:
        faults.append(("minutes_out_of_range", "A session takes 5 to 240 minutes."))
    return faults


def position(phases: Sequence[Phase], done: int) -> tuple[int, int] | None:
    """Index of the phase of the next session and its number in it; None when complete."""
    for index, phase in enumerate(phases):
        if phase.session_count is None or done < phase.session_count:
            return index, done + 1
        done -= phase.session_count
    return None


def gap_before(phase: Phase, session: int, anchor: date) -> tuple[date, int] | None:
    """Due date and gap in days for session k of a phase after the anchor session.

    The first session of a phase takes its nominal gap. As-needed phases have no
    due date: None.
    """
    if phase.rate_kind == "as_needed":
        return None
    if phase.rate_kind == "every_n_months":
        return add_months(anchor, phase.rate_value), MONTH_GAP_DAYS * phase.rate_value
    if phase.rate_kind == "every_n_weeks":
        days = 7 * phase.rate_value
    elif session == 1:
        days = NOMINAL_GAPS[phase.rate_value]
    else:
        pattern = WEEK_PATTERNS[phase.rate_value]
        days = pattern[(session - 2) % len(pattern)]
    return anchor + timedelta(days=days), days


def nominal_gap(phase: Phase) -> int:
    """The usual days between sessions of a phase; 0 for as-needed ones."""
    if phase.rate_kind == "as_needed":
        return 0
    if phase.rate_kind == "every_n_months":
        return MONTH_GAP_DAYS * phase.rate_value
    return (
        7 * phase.rate_value
        if phase.rate_kind == "every_n_weeks"
        else NOMINAL_GAPS[phase.rate_value]
    )


def add_months(day: date, months: int) -> date:
    """Add calendar months; a day that does not exist becomes the month's last."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def describe(phases: Sequence[Phase]) -> str:
    """Say a frequency in a sentence that nobody can read two ways."""
    minutes = {phase.session_minutes for phase in phases}
    parts = [_words(phase, with_minutes=len(minutes) > 1) for phase in phases]
    sentence = ", then ".join(parts)
    if len(minutes) == 1:
        sentence += f", {minutes.pop()} minutes each"
    return sentence


def _words(phase: Phase, *, with_minutes: bool) -> str:
    if phase.rate_kind == "as_needed":
        often = "as needed"
    elif phase.rate_kind == "per_week":
        often = f"{TIMES[phase.rate_value]} a week"
    else:
        unit = "week" if phase.rate_kind == "every_n_weeks" else "month"
        many = phase.rate_value > 1
        often = f"every {phase.rate_value} {unit}s" if many else f"every {unit}"
    if phase.session_count:
        often += f" for {phase.session_count} session{'s' if phase.session_count > 1 else ''}"
    return f"{often} ({phase.session_minutes} minutes)" if with_minutes else often
