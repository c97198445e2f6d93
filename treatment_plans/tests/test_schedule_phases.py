"""Phases: what is refused, how they read, and the gaps between their sessions."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

from treatment_plans.schedule import Phase, Windows, check_phases, describe, gap_before, ideal_dates
from treatment_plans.schedule.phases import add_months, nominal_gap, position

MONDAY = date(2026, 9, 7)


def codes(*phases: Phase) -> list[tuple[str, int]]:
    return [(problem.code, problem.index) for problem in check_phases(phases)]


def test_a_usual_plan_has_no_problem() -> None:
    assert codes(Phase("per_week", 2, 6), Phase("per_week", 1, 4), Phase("every_n_weeks", 4)) == []
    assert codes(Phase("per_week", 5, 200, 5), Phase("every_n_months", 24, 1, 240)) == []
    assert codes(Phase("every_n_weeks", 52, 1), Phase("as_needed")) == []


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        ([], [("no_phases", 0)]),
        ([Phase("per_week", 1, 1)] * 11, [("too_many_phases", 10)]),
        ([Phase("per_week", 1), Phase("per_week", 2, 6)], [("open_ended_not_last", 0)]),
        ([Phase("as_needed", 1, 3), Phase("per_week", 1, 3)], [("as_needed_not_last", 0)]),
        ([Phase("as_needed"), Phase("per_week", 1, 3)], [("as_needed_not_last", 0)]),
        ([Phase("per_week", 0, 3)], [("rate_out_of_range", 0)]),
        ([Phase("per_week", 6, 3)], [("rate_out_of_range", 0)]),
        ([Phase("per_week", -1, 3)], [("rate_out_of_range", 0)]),
        ([Phase("every_n_weeks", 0)], [("rate_out_of_range", 0)]),
        ([Phase("every_n_weeks", 53)], [("rate_out_of_range", 0)]),
        ([Phase("every_n_months", 25)], [("rate_out_of_range", 0)]),
        ([Phase("every_n_weeks", 10_000)], [("rate_out_of_range", 0)]),
        ([Phase("per_week", 1, 0)], [("sessions_out_of_range", 0)]),
        ([Phase("per_week", 1, 201)], [("sessions_out_of_range", 0)]),
        ([Phase("per_week", 1, 1, 4)], [("minutes_out_of_range", 0)]),
        ([Phase("per_week", 1, 1, 241)], [("minutes_out_of_range", 0)]),
        (
            [Phase("per_week", 1, 3), Phase("per_week", 9, 0, 1)],
            [("rate_out_of_range", 1), ("sessions_out_of_range", 1), ("minutes_out_of_range", 1)],
        ),
    ],
)
def test_it_names_every_problem_and_its_phase(
    phases: list[Phase], expected: list[tuple[str, int]]
) -> None:
    assert codes(*phases) == expected


def test_a_rate_from_nowhere_is_a_problem() -> None:
    daily: Any = "daily"
    assert codes(Phase(daily, 1, 3)) == [("unknown_rate", 0)]


def test_every_problem_has_a_sentence() -> None:
    found = check_phases([Phase("as_needed"), Phase("per_week", 9, 0, 1)])
    assert len(found) == 4
    assert all(problem.sentence.endswith(".") for problem in found)


@pytest.mark.parametrize(
    ("phases", "sentence"),
    [
        (
            [Phase("per_week", 2, 6), Phase("per_week", 1, 4), Phase("every_n_weeks", 4)],
            "2 times a week for 6 sessions, then once a week for 4 sessions, "
            "then every 4 weeks, 60 minutes each",
        ),
        (
            [Phase("per_week", 2, 1, 60), Phase("every_n_weeks", 2, None, 45)],
            "2 times a week for 1 session (60 minutes), then every 2 weeks (45 minutes)",
        ),
        ([Phase("every_n_weeks", 1, 3)], "every week for 3 sessions, 60 minutes each"),
        ([Phase("every_n_months", 1)], "every month, 60 minutes each"),
        ([Phase("every_n_months", 2)], "every 2 months, 60 minutes each"),
        ([Phase("as_needed")], "as needed, 60 minutes each"),
    ],
)
def test_a_frequency_reads_one_way_only(phases: list[Phase], sentence: str) -> None:
    assert describe(phases) == sentence
    assert "bi" not in describe(phases)


@pytest.mark.parametrize(
    ("rate", "gaps"),
    [
        (1, [7, 7, 7, 7, 7, 7]),
        (2, [3, 4, 3, 4, 3, 4]),
        (3, [2, 2, 3, 2, 2, 3]),
        (4, [2, 2, 2, 1, 2, 2]),
        (5, [1, 1, 1, 1, 3, 1]),
    ],
)
def test_gaps_inside_a_phase_repeat_by_the_week(rate: int, gaps: list[int]) -> None:
    dates = list(islice(ideal_dates(MONDAY, [Phase("per_week", rate)]), 7))
    assert [(b - a).days for a, b in pairwise(dates)] == gaps


@pytest.mark.parametrize(
    ("rate", "weekdays"), [(2, {1, 4}), (3, {1, 3, 5}), (4, {1, 3, 5, 7}), (5, {1, 2, 3, 4, 5})]
)
def test_a_pattern_keeps_its_weekdays(rate: int, weekdays: set[int]) -> None:
    dates = islice(ideal_dates(MONDAY, [Phase("per_week", rate)]), 40)
    assert {day.isoweekday() for day in dates} == weekdays


@pytest.mark.parametrize(
    ("phase", "days"),
    [
        (Phase("per_week", 1), 7),
        (Phase("per_week", 2), 4),
        (Phase("per_week", 3), 3),
        (Phase("per_week", 4), 2),
        (Phase("per_week", 5), 2),
        (Phase("every_n_weeks", 1), 7),
        (Phase("every_n_weeks", 4), 28),
        (Phase("every_n_months", 1), 30),
    ],
)
def test_the_first_session_of_a_phase_takes_its_nominal_gap(phase: Phase, days: int) -> None:
    assert nominal_gap(phase) == days
    assert gap_before(phase, 1, MONDAY) == (MONDAY + timedelta(days=days), days)


def test_as_needed_has_no_gap() -> None:
    assert gap_before(Phase("as_needed"), 2, MONDAY) is None


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 2, 28), 24, date(2028, 2, 28)),
        (date(2026, 11, 15), 13, date(2027, 12, 15)),
    ],
)
def test_months_end_where_the_month_ends(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_month_end_is_forgotten_after_a_shorter_month() -> None:
    dates = islice(ideal_dates(date(2026, 12, 31), [Phase("every_n_months", 1)]), 4)
    assert list(dates) == [
        date(2026, 12, 31),
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 28),
    ]


@pytest.mark.parametrize(
    ("done", "expected"), [(0, (0, 1)), (5, (0, 6)), (6, (1, 1)), (9, (1, 4)), (10, None)]
)
def test_completed_sessions_end_a_phase(done: int, expected: tuple[int, int] | None) -> None:
    assert position((Phase("per_week", 2, 6), Phase("per_week", 1, 4)), done) == expected


@pytest.mark.parametrize(
    ("gap", "of", "tolerance"),
    [
        (1, (1, 1, 14), (0, 1)),
        (2, (1, 1, 14), (0, 1)),
        (3, (1, 1, 14), (1, 1)),
        (4, (1, 1, 14), (1, 1)),
        (5, (2, 3, 14), (1, 3)),
        (7, (2, 3, 14), (2, 3)),
        (13, (2, 3, 26), (2, 3)),
        (14, (7, 7, 28), (4, 7)),
        (28, (7, 7, 56), (7, 7)),
        (30, (7, 7, 60), (7, 7)),
    ],
)
def test_windows_by_length_of_the_gap(
    gap: int, of: tuple[int, int, int], tolerance: tuple[int, int]
) -> None:
    assert Windows().of(gap) == of
    assert Windows().tolerance(gap) == tolerance


def test_the_lapse_comes_after_the_grace_however_a_clinic_sets_them() -> None:
    assert Windows(short_grace=5, min_lapsed=1).of(3) == (1, 5, 6)


def test_the_rules_run_without_django() -> None:
    script = "import sys, treatment_plans.schedule; print('django' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert found.stdout.strip() == "False"
