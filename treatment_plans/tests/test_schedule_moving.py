"""Laying sessions on the calendar around what was chosen already, and out of pauses."""

from __future__ import annotations

from datetime import date, time

from treatment_plans.schedule import Booked, Pause, Phase
from treatment_plans.tests.test_schedule_proposing import (
    DAY,
    MONDAY,
    TEN,
    WEEKLY,
    dates,
    every_day,
    facts,
    propose,
    sept,
    start,
    steps,
)


def test_visits_in_a_pause_move_behind_those_after_it() -> None:
    plan = facts((Phase("per_week", 1, 6),), pauses=(Pause(*sept(8, 27)),))
    have = [Booked(number, day) for number, day in enumerate(sept(7, 14, 21, 28))]
    layout = propose(plan, every_day(), booked=have)
    assert steps(layout) == ["keep", "keep", "move", "move", "book", "book"]
    assert [one.booked.key if one.booked else None for one in layout.sessions][:4] == [0, 3, 1, 2]
    assert dates(layout)[:4] == [*sept(7, 28), date(2026, 10, 5), date(2026, 10, 12)]
    assert (layout.is_upset, layout.left_over) == (True, ())


def test_of_a_plan_without_an_end_every_visit_in_a_pause_finds_a_day() -> None:
    plan = facts((Phase("per_week", 1, None),), pauses=(Pause(*sept(8, 27)),))
    booked = [*sept(14, 21, 28), *[date(2026, 9, 28) + week * 7 * DAY for week in range(1, 8)]]
    have = [Booked(number, day) for number, day in enumerate(booked)]
    layout = propose(plan, every_day(), today=date(2026, 9, 8), booked=have)
    moved = [one.booked.key for one in layout.sessions if one.step == "move" and one.booked]
    assert (moved, layout.left_over) == ([0, 1], ())


def test_where_nothing_is_free_a_visit_in_a_pause_is_left_over() -> None:
    plan = facts(WEEKLY, MONDAY, pauses=(Pause(*sept(8, 27)),))
    layout = propose(plan, [], today=date(2026, 9, 8), booked=[Booked(1, date(2026, 9, 14))])
    assert ([one.key for one in layout.left_over], layout.is_upset) == ([1], True)


def test_what_was_chosen_is_proposed_as_long_as_it_can_be_had() -> None:
    free = every_day(at=(TEN, time(15)))
    wanted = [start(date(2026, 9, 16), time(15)), start(date(2026, 9, 25), time(15))]
    chosen = [one.starts_at for one in wanted]
    layout = propose(facts(WEEKLY, MONDAY), free, today=date(2026, 9, 8), wanted=chosen)
    assert [one.free for one in layout.sessions[:2]] == wanted
    assert dates(layout)[2] == date(2026, 10, 2)  # seven days after what was chosen
    gone = [one for one in free if one.starts_at != chosen[0]]
    layout = propose(facts(WEEKLY, MONDAY), gone, today=date(2026, 9, 8), wanted=chosen)
    assert dates(layout)[0] == date(2026, 9, 14)


def test_what_was_chosen_elsewhere_is_counted_from_too() -> None:
    full = set(sept(12, 14, 15, 16, 17))
    free = [one for one in every_day() if one.on not in full]
    chosen = [start(date(2026, 9, 21)).starts_at]
    layout = propose(facts(WEEKLY, MONDAY), free, today=date(2026, 9, 8), wanted=chosen)
    assert dates(layout)[:2] == sept(21, 28)


def test_a_visit_elsewhere_stays_and_the_others_are_laid_around_it() -> None:
    """The second comes too early, and only a time of ours can be had for it: it is kept."""
    plan = facts((Phase("per_week", 1, 4),))
    have = [Booked(0, sept(7)[0]), Booked(1, sept(9)[0], is_elsewhere=True), Booked(2, sept(12)[0])]
    layout = propose(plan, every_day(), booked=have)
    assert steps(layout) == ["keep", "keep", "move", "book"]
    assert dates(layout) == sept(7, 9, 16, 23)


def test_one_that_comes_late_elsewhere_has_the_missing_sessions_before_it() -> None:
    have = [Booked(0, sept(21)[0], is_elsewhere=True)]
    layout = propose(facts((Phase("per_week", 1, 4),)), every_day(), booked=have)
    assert (steps(layout), dates(layout)) == (["book", "book", "keep", "book"], sept(7, 14, 21, 28))


def test_one_elsewhere_is_neither_moved_out_of_a_pause_nor_held_against_the_plan() -> None:
    plan = facts((Phase("per_week", 1, 2),), MONDAY, pauses=(Pause(*sept(8, 20)),))
    have = [Booked(0, sept(14)[0], is_elsewhere=True)]
    layout = propose(plan, every_day(), today=sept(8)[0], booked=have)
    assert (steps(layout), layout.is_upset, layout.left_over) == (["keep"], False, ())
