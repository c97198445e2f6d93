"""Due dates, targets and states: closed days, pauses, activation, adherence, reviews."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from treatment_plans.schedule import (
    Adherence,
    ClinicCalendar,
    Cycle,
    Facts,
    Pause,
    Phase,
    Windows,
    adherence,
    current_cycle,
    expected_to_date,
    ideal_dates,
    is_complete,
    status_on,
)
from treatment_plans.tests.test_worked_examples import CLINIC, LONDON, MONTHLY, STEPPED, WEEKLY

SUNDAYS_TOO = ClinicCalendar.build(LONDON, open_weekdays=range(1, 8))
DAILY = (Phase("per_week", 5, 20),)


def sep(day: int) -> date:
    return date(2026, 9, day)


def plan(phases: tuple[Phase, ...], *completed: date, **more: object) -> Facts:
    start_on = min(completed, default=sep(7))
    facts = {"status": "active", "start_on": start_on, "completed_on": completed, **more}
    return Facts(phases=phases, **facts)  # type: ignore[arg-type]


def running(facts: Facts, *, today: date, calendar: ClinicCalendar = CLINIC) -> Cycle:
    found = current_cycle(facts, calendar, Windows(), today=today)
    assert found is not None
    return found


# --- the calendar ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "is_open", "is_send_day"),
    [
        (date(2026, 12, 23), True, True),
        (date(2026, 12, 24), False, True),  # a closure does not stop sending
        (date(2026, 12, 25), False, False),
        (date(2026, 12, 26), False, True),
        (date(2026, 12, 27), False, False),  # Sunday
        (date(2026, 12, 28), False, False),  # substitute day
        (date(2026, 12, 31), False, True),
        (date(2027, 1, 1), False, False),
        (date(2027, 1, 2), False, True),
        (date(2027, 1, 3), False, False),
        (date(2027, 1, 4), True, True),
    ],
)
def test_open_days_and_send_days_over_the_winter_closure(
    day: date, is_open: bool, is_send_day: bool
) -> None:
    assert (CLINIC.is_open(day), CLINIC.is_send_day(day)) == (is_open, is_send_day)


def test_a_location_without_hours_leaves_the_date_where_it_is() -> None:
    nowhere = ClinicCalendar.build(LONDON, open_weekdays=())
    assert nowhere.next_open(sep(14)) == sep(14)


@pytest.mark.parametrize(
    ("last", "due", "target", "due_soon", "overdue", "lapsed"),
    [
        # 25 Dec is in the closure: target Mon 4 Jan, told on Sat 2 Jan
        (date(2026, 12, 18), date(2026, 12, 25), date(2027, 1, 4), date(2027, 1, 2), date(2027, 1, 8), date(2027, 1, 19)),
        # due on a Sunday, target on Monday
        (date(2026, 9, 6), date(2026, 9, 13), date(2026, 9, 14), date(2026, 9, 12), date(2026, 9, 18), date(2026, 9, 29)),
        # target - lead is a Sunday: earlier
        (date(2026, 9, 8), date(2026, 9, 15), date(2026, 9, 15), date(2026, 9, 12), date(2026, 9, 19), date(2026, 9, 30)),
        # target + grace + 1 is a Sunday: later
        (date(2026, 9, 9), date(2026, 9, 16), date(2026, 9, 16), date(2026, 9, 14), date(2026, 9, 21), date(2026, 10, 1)),
        # over Easter: due on Good Friday, target on Saturday, overdue after the Monday
        (date(2027, 3, 19), date(2027, 3, 26), date(2027, 3, 27), date(2027, 3, 25), date(2027, 3, 31), date(2027, 4, 12)),
    ],
)  # fmt: skip
def test_dates_of_a_weekly_cycle(
    last: date, due: date, target: date, due_soon: date, overdue: date, lapsed: date
) -> None:
    found = running(plan(WEEKLY, last), today=last)
    assert (found.due_on, found.target_on) == (due, target)
    assert (found.due_soon_on, found.overdue_on, found.lapsed_on) == (due_soon, overdue, lapsed)


# --- the anchor ------------------------------------------------------------------


def test_before_session_one_the_start_is_due_with_the_nominal_gap() -> None:
    found = running(plan((Phase("per_week", 2, 6),), start_on=sep(21)), today=sep(10))
    assert (found.session, found.anchor, found.due_on, found.gap) == (1, None, sep(21), 4)


def test_an_early_session_moves_the_anchor() -> None:
    assert running(plan(WEEKLY, sep(7), sep(11)), today=sep(12)).due_on == sep(18)


def test_a_late_session_moves_the_anchor() -> None:
    assert running(plan(WEEKLY, sep(7), sep(24)), today=sep(25)).due_on == date(2026, 10, 1)


def test_the_last_session_is_the_anchor_in_whatever_order_they_come() -> None:
    assert running(plan(WEEKLY, sep(11), sep(7)), today=sep(12)).due_on == sep(18)


def test_a_new_phase_begins_with_its_own_gap() -> None:
    ten = [sep(7) + timedelta(days=3 * count) for count in range(10)]
    found = running(plan(STEPPED, *ten), today=ten[-1])
    assert (found.session, found.phase, found.gap) == (11, 2, 28)
    assert found.due_on == ten[-1] + timedelta(days=28)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (date(2026, 10, 31), date(2026, 11, 30)),
        (date(2027, 1, 30), date(2027, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
    ],
)
def test_a_month_later_is_the_last_day_of_a_shorter_month(last: date, due: date) -> None:
    assert running(plan(MONTHLY, last), today=last).due_on == due


def test_a_plan_whose_sessions_are_all_done_has_no_cycle() -> None:
    facts = plan((Phase("per_week", 1, 2),), sep(7), sep(14))
    assert is_complete(facts)
    assert current_cycle(facts, CLINIC, Windows(), today=sep(15)) is None


def test_a_plan_that_has_come_to_as_needed_has_no_cycle_but_is_not_complete() -> None:
    facts = plan((Phase("per_week", 1, 1), Phase("as_needed")), sep(7))
    assert not is_complete(facts)
    assert current_cycle(facts, CLINIC, Windows(), today=sep(15)) is None


@pytest.mark.parametrize(
    ("done", "is_review"), [(0, False), (1, False), (6, True), (7, False), (12, True)]
)
def test_the_date_after_every_sixth_session_is_a_review(done: int, is_review: bool) -> None:
    days = [sep(7) + timedelta(days=7 * count) for count in range(done)]
    facts = plan((Phase("per_week", 1),), *days)
    assert running(facts, today=date(2027, 3, 1)).is_review is is_review


# --- when the first message goes ---------------------------------------------------


def test_due_soon_never_falls_on_or_before_the_last_session() -> None:
    friday, thursday = sep(11), sep(10)
    assert running(plan(DAILY, thursday), today=thursday).due_soon_on == friday


def test_due_soon_waits_for_the_next_send_day_after_the_last_session() -> None:
    saturday = sep(12)
    found = running(plan(DAILY, saturday), today=saturday, calendar=SUNDAYS_TOO)
    assert (found.target_on, found.due_soon_on) == (sep(13), sep(14))
    assert status_on(found, sep(12)) == "upcoming"
    assert status_on(found, sep(13)) == "due"


def test_due_soon_is_never_before_activation() -> None:
    facts = plan(WEEKLY, start_on=sep(14), activated_on=sep(13))
    assert running(facts, today=sep(13)).due_soon_on == sep(14)
    earlier = plan(WEEKLY, start_on=sep(14), activated_on=sep(1))
    assert running(earlier, today=sep(1)).due_soon_on == sep(12)


def test_a_plan_activated_long_after_its_start_writes_from_that_day_on() -> None:
    facts = plan(WEEKLY, start_on=sep(1), activated_on=sep(30))
    found = running(facts, today=sep(30))
    assert (found.overdue_on, found.lapsed_on) == (sep(30), sep(30))
    assert status_on(found, sep(30)) == "lapsed"


# --- pauses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pauses", "today", "due"),
    [
        ([(15, 30)], sep(19), sep(21)),  # still resting: the raw date
        ([(15, 20)], sep(21), sep(21)),  # back on the very day
        ([(15, 24)], sep(25), sep(25)),  # the day after the pause
        ([(15, 24)], sep(24), sep(21)),  # its last day is still a pause
        ([(8, 14)], sep(25), sep(21)),  # ended on the day of the last session
        ([(1, 5)], sep(25), sep(21)),  # ended long before it
        ([(22, 24)], sep(23), sep(21)),  # began after the due date
        ([(22, 24)], sep(25), sep(25)),
        ([(15, 22), (24, 26)], sep(28), sep(27)),  # the later of two
    ],
)
def test_a_pause_that_has_ended_moves_the_due_date(
    pauses: list[tuple[int, int]], today: date, due: date
) -> None:
    rests = tuple(Pause(sep(first), sep(last)) for first, last in pauses)
    facts = plan(WEEKLY, sep(7), sep(14), pauses=rests)
    assert running(facts, today=today).due_on == due


def test_a_pause_moves_the_first_session_too() -> None:
    facts = plan(WEEKLY, start_on=sep(14), pauses=(Pause(sep(10), sep(20)),))
    found = running(facts, today=sep(21))
    assert (found.due_on, found.due_soon_on) == (sep(21), sep(21))


# --- states ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "status"),
    [
        (8, "upcoming"),
        (11, "upcoming"),
        (12, "due_soon"),
        (13, "due_soon"),
        (14, "due"),
        (17, "due"),
        (18, "overdue"),
        (28, "overdue"),
        (29, "lapsed"),
    ],
)
def test_states_of_a_weekly_plan_due_on_14_september(day: int, status: str) -> None:
    facts = plan(WEEKLY, sep(7))
    assert status_on(running(facts, today=sep(day)), sep(day)) == status


# --- adherence and reviews -----------------------------------------------------------


def test_ideal_dates_of_two_phases() -> None:
    dates = list(ideal_dates(sep(7), (Phase("per_week", 2, 6), Phase("per_week", 1, 4))))
    assert dates == [
        *map(sep, (7, 10, 14, 17, 21, 24)),
        *(date(2026, 10, day) for day in (1, 8, 15, 22)),
    ]


def test_ideal_dates_stop_at_as_needed() -> None:
    assert list(ideal_dates(sep(7), (Phase("per_week", 1, 2), Phase("as_needed")))) == [
        sep(7),
        sep(14),
    ]
    assert list(ideal_dates(sep(7), (Phase("as_needed"),))) == []


def test_dates_inside_a_pause_are_not_expected() -> None:
    facts = plan(WEEKLY, start_on=sep(7), pauses=(Pause(sep(14), sep(21)),))
    assert expected_to_date(facts, today=sep(28)) == 2


def test_an_open_ended_plan_expects_no_end_of_sessions() -> None:
    facts = plan((Phase("per_week", 5),), start_on=date(2010, 1, 4))
    assert expected_to_date(facts, today=date(2026, 1, 5)) == 4176


@pytest.mark.parametrize(
    ("completed", "expected", "share", "band"),
    [
        (0, 0, None, ""),
        (0, 4, 0.0, "low"),
        (49, 100, 0.49, "low"),
        (1, 2, 0.5, "partial"),
        (74, 100, 0.74, "partial"),
        (3, 4, 0.75, "adherent"),
        (5, 4, 1.0, "adherent"),
    ],
)
def test_bands_of_adherence(completed: int, expected: int, share: float | None, band: str) -> None:
    found = Adherence(completed, expected)
    assert (found.share, found.band) == (share, band)


def test_sessions_after_the_day_are_not_counted() -> None:
    facts = plan(WEEKLY, sep(7), sep(14), sep(21))
    assert adherence(facts, today=sep(15)) == Adherence(completed=2, expected=2)


def test_dates_do_not_depend_on_the_zone_of_the_location() -> None:
    far = ClinicCalendar.build(ZoneInfo("Pacific/Auckland"))
    near = ClinicCalendar.build(LONDON)
    facts = plan(WEEKLY, sep(7))
    assert running(facts, today=sep(8), calendar=far) == running(facts, today=sep(8), calendar=near)
