"""Laying sessions on the calendar: what is proposed, what is kept, and why it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_plans.schedule import (
    Booked,
    ClinicCalendar,
    Facts,
    Free,
    LastReview,
    Layout,
    Pause,
    Phase,
    Wishes,
    lay_out,
)
from treatment_plans.schedule.proposing import MOST, MOST_OPEN_ENDED
from treatment_plans.tests.test_schedule_properties import phase_lists, slow

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
CLINIC = ClinicCalendar.build(LONDON, closures=[(date(2026, 12, 25), date(2026, 12, 28), True)])
MONDAY = date(2026, 9, 7)
TEN = time(10)
WEEKLY = (Phase("per_week", 1, 8),)
TWICE = (Phase("per_week", 2, 6), Phase("per_week", 1, 4))


def start(day: date, at: time = TEN) -> Free:
    return Free(datetime.combine(day, at, tzinfo=LONDON), day, at)


def every_day(first: date = MONDAY, days: int = 120, at: Iterable[time] = (TEN,)) -> list[Free]:
    """A free start at these times on every day on which the clinic is open."""
    all_days = [first + offset * DAY for offset in range(days)]
    return [start(day, one) for day in all_days if CLINIC.is_open(day) for one in at]


def facts(phases: Any = WEEKLY, *done: date, **more: Any) -> Facts:
    return Facts("active", MONDAY, phases, completed_on=done, **more)


def propose(plan: Facts, free: list[Free], *, today: date = MONDAY, **more: Any) -> Layout:
    return lay_out(plan, CLINIC, today=today, free=free, **{"last_day": today + 120 * DAY, **more})


def dates(layout: Layout) -> list[date]:
    return [one.anchor for one in layout.sessions]


def steps(layout: Layout) -> list[str]:
    return [one.step for one in layout.sessions]


def sept(*days: int) -> list[date]:
    return [date(2026, 9, day) for day in days]


def test_two_a_week_becomes_mondays_and_thursdays_then_thursdays() -> None:
    layout = propose(facts(TWICE), every_day())
    assert dates(layout) == [
        *sept(7, 10, 14, 17, 21, 24),
        *[date(2026, 10, day) for day in (1, 8, 15, 22)],
    ]
    assert (set(steps(layout)), layout.ends) == ({"book"}, "complete")
    assert [one.days.session for one in layout.sessions] == list(range(1, 11))


def test_the_next_session_is_counted_from_the_one_proposed_before_it() -> None:
    free = [one for one in every_day() if one.on != date(2026, 9, 14)]  # a Monday is full
    assert dates(propose(facts(), free))[:4] == sept(7, 15, 22, 29)


def test_of_the_right_days_the_one_that_suits_is_proposed() -> None:
    wishes = Wishes(frozenset({3}), ((17, 24),))
    free = every_day(at=(TEN, time(17, 30)))
    layout = propose(facts(WEEKLY, MONDAY), free, today=date(2026, 9, 8), wishes=wishes)
    assert dates(layout)[:3] == sept(16, 23, 30)
    assert {one.at for one in layout.sessions} == {time(17, 30)}


def test_a_wish_never_makes_a_wrong_day_right() -> None:
    layout = propose(
        facts(WEEKLY, MONDAY), every_day(), today=date(2026, 9, 8), wishes=Wishes(frozenset({5}))
    )
    # Friday 18 is four days late; the grace of a weekly plan is three.
    assert dates(layout)[0] == date(2026, 9, 14)


def test_without_a_wish_the_time_of_day_stays() -> None:
    free = [start(date(2026, 9, 7), time(15)), *every_day(date(2026, 9, 8), at=(TEN, time(15, 30)))]
    assert {one.at for one in propose(facts(), free).sessions[1:]} == {time(15, 30)}


def test_when_nothing_is_free_on_the_right_days_others_are_offered_and_none_is_chosen() -> None:
    full = set(sept(12, 14, 15, 16, 17))
    layout = propose(
        facts(WEEKLY, MONDAY), [one for one in every_day() if one.on not in full],
        today=date(2026, 9, 8),
    )  # fmt: skip
    first = layout.sessions[0]
    assert (first.step, first.free) == ("conflict", None)
    assert [one.on for one in first.others] == sept(11, 18, 19, 21)
    assert dates(layout)[1] == date(2026, 9, 18)  # seven days after the closest that can be had


def test_a_session_of_several_a_week_is_not_offered_on_top_of_the_one_before() -> None:
    plan = facts((Phase("per_week", 5, 10),), MONDAY)
    layout = propose(plan, [start(day) for day in sept(7, 12)], today=MONDAY)
    assert [one.on for one in layout.sessions[0].others] == sept(12)


@pytest.mark.parametrize(
    ("today", "first"),
    [(date(2026, 9, 10), date(2026, 9, 14)), (date(2026, 9, 23), date(2026, 9, 23))],
)
def test_what_is_late_already_is_proposed_as_soon_as_can_be(today: date, first: date) -> None:
    layout = propose(facts(WEEKLY, MONDAY), every_day(), today=today)
    assert dates(layout)[0] == first
    assert layout.sessions[0].days.due_on == date(2026, 9, 14)


def test_a_pause_that_is_over_moves_the_day_on_which_it_was_due() -> None:
    plan = facts(WEEKLY, MONDAY, pauses=(Pause(date(2026, 9, 10), date(2026, 9, 20)),))
    layout = propose(plan, every_day(), today=date(2026, 9, 25))
    assert layout.sessions[0].days.due_on == date(2026, 9, 21)


def test_a_closure_moves_the_right_days_on() -> None:
    plan = facts(WEEKLY, date(2026, 12, 18))
    layout = propose(plan, every_day(date(2026, 12, 19)), today=date(2026, 12, 19))
    days = layout.sessions[0].days
    assert (days.target_on, days.first_on, days.last_on) == (
        date(2026, 12, 29), date(2026, 12, 23), date(2027, 1, 1),
    )  # fmt: skip
    assert dates(layout)[0] == date(2026, 12, 29)


def test_nothing_is_proposed_inside_a_pause() -> None:
    plan = facts(WEEKLY, MONDAY, pauses=(Pause(date(2026, 9, 13), date(2026, 10, 4)),))
    layout = propose(plan, every_day(), today=date(2026, 9, 9))
    days = layout.sessions[0].days
    assert (days.first_on, days.target_on) == (date(2026, 10, 5), date(2026, 10, 5))
    assert dates(layout)[:2] == [date(2026, 10, 5), date(2026, 10, 12)]


def test_a_pause_that_runs_is_waited_for_even_when_the_session_is_late() -> None:
    plan = facts(WEEKLY, MONDAY, pauses=(Pause(date(2026, 9, 15), date(2026, 9, 20)),))
    layout = propose(plan, every_day(), today=date(2026, 9, 18))
    assert dates(layout)[0] == date(2026, 9, 21)


def test_session_one_is_never_before_the_start() -> None:
    layout = propose(Facts("draft", date(2026, 9, 16), WEEKLY), every_day())
    assert dates(layout)[0] == date(2026, 9, 16)
    assert layout.sessions[0].days.first_on == date(2026, 9, 16)


@pytest.mark.parametrize(
    ("phases", "more", "count", "ends"),
    [
        (WEEKLY, {"last_day": date(2026, 9, 30)}, 4, "horizon"),
        ((Phase("per_week", 1, 30),), {"last_day": date(2027, 9, 1)}, MOST, "enough"),
        ((Phase("every_n_weeks", 2),), {"last_day": date(2027, 9, 1)}, MOST_OPEN_ENDED, "enough"),
        ((Phase("per_week", 1, 2), Phase("as_needed")), {}, 2, "as_needed"),
        ((Phase("as_needed"),), {}, 0, "as_needed"),
    ],
)
def test_it_says_why_it_ends(phases: Any, more: dict[str, Any], count: int, ends: str) -> None:
    layout = propose(facts(phases), every_day(days=360), **more)
    assert (len(layout.sessions), layout.ends) == (count, ends)


@pytest.mark.parametrize(
    ("done", "last", "count", "ends"),
    [
        ((), LastReview(), 5, "review"),  # weekly: after four weeks, in the fifth session
        ((MONDAY,), LastReview(), 4, "review"),
        (tuple(MONDAY + week * 7 * DAY for week in range(5)), LastReview(), 0, "review"),
        (
            tuple(MONDAY + week * 7 * DAY for week in range(5)),
            LastReview(MONDAY + 28 * DAY, 5),
            3,
            "complete",
        ),
    ],
)
def test_for_a_client_it_ends_with_the_session_that_has_the_review(
    done: tuple[date, ...], last: LastReview, count: int, ends: str
) -> None:
    plan = facts(WEEKLY, *done)
    today = max(done, default=MONDAY - DAY) + DAY
    layout = propose(plan, every_day(today), today=today).before_review(plan, last)
    assert (len(layout.sessions), layout.ends) == (count, ends)


def test_visits_booked_past_a_review_stay_in_sight() -> None:
    plan = facts(WEEKLY, *[MONDAY + week * 7 * DAY for week in range(5)])
    today = MONDAY + 29 * DAY
    have = booked(MONDAY + 35 * DAY, MONDAY + 49 * DAY)
    layout = propose(plan, every_day(today), today=today, booked=have).before_review(plan)
    assert steps(layout) == ["keep", "keep"]
    assert (layout.ends, layout.left_over) == ("review", ())


def booked(*days: date, fixed: date | None = None) -> list[Booked]:
    return [Booked(number, day, TEN, day == fixed) for number, day in enumerate(days)]


def test_visits_on_the_right_days_are_kept_and_only_what_is_missing_is_proposed() -> None:
    have = booked(*sept(14, 22), date(2026, 9, 29))
    layout = propose(facts(WEEKLY, MONDAY), every_day(), today=date(2026, 9, 8), booked=have)
    assert steps(layout) == ["keep"] * 3 + ["book"] * 4
    assert not layout.is_upset


def test_a_session_that_is_missing_is_put_before_those_that_come_later() -> None:
    """Weekly times eight, all booked; the second is cancelled."""
    have = booked(*[MONDAY + week * 7 * DAY for week in (2, 3, 4, 5, 6, 7)])
    layout = propose(facts(WEEKLY, MONDAY), every_day(), today=date(2026, 9, 12), booked=have)
    assert steps(layout) == ["book", *["keep"] * 6]
    assert dates(layout)[0] == date(2026, 9, 14)
    assert layout.is_upset


def test_a_missed_session_of_a_full_plan_is_made_up_for_at_once_and_the_rest_stays() -> None:
    have = booked(*[MONDAY + week * 7 * DAY for week in (2, 3, 4, 5, 6, 7)])
    layout = propose(facts(WEEKLY, MONDAY), every_day(), today=date(2026, 9, 15), booked=have)
    assert dates(layout)[:2] == sept(15, 21)
    assert steps(layout) == ["book", *["keep"] * 6]


def test_visits_too_close_behind_one_that_moved_are_proposed_to_move_on() -> None:
    """The visit of the 14th went to Sunday the 20th; those of 21 and 28 follow too closely."""
    have = booked(*sept(19, 21, 28), fixed=date(2026, 9, 19))
    plan = facts((Phase("per_week", 1, 4),), MONDAY)
    layout = propose(plan, every_day(), today=date(2026, 9, 12), booked=have)
    assert steps(layout) == ["keep", "move", "move"]
    assert dates(layout) == [date(2026, 9, 19), date(2026, 9, 26), date(2026, 10, 3)]
    assert layout.is_upset
    assert [one.booked.on for one in layout.changes if one.booked] == sept(21, 28)


def test_a_visit_that_moved_a_little_upsets_nothing() -> None:
    have = booked(*sept(15, 21, 28), fixed=date(2026, 9, 15))
    plan = facts((Phase("per_week", 1, 4),), MONDAY)
    layout = propose(plan, every_day(), today=date(2026, 9, 12), booked=have)
    assert (steps(layout), layout.is_upset) == (["keep"] * 3, False)


def test_a_visit_that_comes_late_stays_when_no_session_is_left_to_put_before_it() -> None:
    plan = facts((Phase("per_week", 1, 3),), MONDAY)
    layout = propose(plan, every_day(), today=date(2026, 9, 8), booked=booked(*sept(21, 28)))
    assert (steps(layout), layout.is_upset) == (["keep", "keep"], True)


def test_a_visit_stays_when_nothing_better_is_free() -> None:
    have = booked(*sept(19, 21), fixed=date(2026, 9, 19))
    plan = facts((Phase("per_week", 1, 3),), MONDAY)
    layout = propose(plan, [], today=date(2026, 9, 12), booked=have)
    assert (steps(layout), layout.is_upset) == (["keep", "keep"], True)


def test_visits_beyond_the_plan_are_named() -> None:
    plan = facts((Phase("per_week", 1, 2),), MONDAY)
    layout = propose(plan, [], today=date(2026, 9, 8), booked=booked(*sept(14, 21)))
    assert ([one.on for one in layout.left_over], layout.ends) == (sept(21), "complete")


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A plan somewhere in its course, with a calendar full of holes and some visits booked."""
    phases = draw(phase_lists())
    done = sorted(draw(st.sets(st.integers(0, 40), max_size=6)))
    today = MONDAY + (done[-1] if done else 0) * DAY + draw(st.integers(0, 30)) * DAY
    free = draw(st.sets(st.tuples(st.integers(0, 150), st.integers(8, 18)), max_size=120))
    have = draw(st.sets(st.integers(1, 90), max_size=6))
    pauses = draw(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30)), max_size=2))
    return {
        "plan": facts(
            phases, *[MONDAY + day * DAY for day in done],
            pauses=tuple(
                Pause(MONDAY + day * DAY, MONDAY + (day + length) * DAY) for day, length in pauses
            ),
        ),
        "today": today,
        "free": [
            start(today + day * DAY, time(hour))
            for day, hour in free
            if CLINIC.is_open(today + day * DAY)
        ],
        "booked": [
            replace(one, is_elsewhere=draw(st.booleans()))
            for one in booked(*sorted(today + day * DAY for day in have))
        ],
        "wishes": Wishes(
            frozenset(draw(st.sets(st.integers(1, 7), max_size=3))),
            draw(st.sampled_from([(), ((8, 12),), ((17, 24),)])),
        ),
    }  # fmt: skip


@slow
@given(worlds())
def test_what_holds_for_every_proposal(world: dict[str, Any]) -> None:
    plan = world.pop("plan")
    layout = propose(plan, **world)
    new = [one for one in layout.sessions if one.step in ("book", "move")]
    elsewhere = {one.on for one in world["booked"] if one.is_elsewhere}
    for one in new:
        assert one.booked is None or not one.booked.is_elsewhere
        assert one.free.on not in elsewhere  # type: ignore[union-attr]
        assert one.free in world["free"]
        assert one.free.on in one.days  # type: ignore[union-attr]
        assert plan.pause_on(one.free.on) is None  # type: ignore[union-attr]
    for one in layout.sessions:
        assert (one.step == "keep") == (one.booked is not None and one.free is None)
        assert (one.step == "move") == (one.booked is not None and one.free is not None)
        assert all(other.on > max(plan.completed_on, default=date.min) for other in one.others)
    numbers = [one.days.session for one in layout.sessions]
    assert numbers == list(range(plan.done + 1, plan.done + 1 + len(numbers)))
    found = [*(one.booked for one in layout.sessions if one.booked), *layout.left_over]
    may_rest = [one for one in found if one.on > world["today"] and not one.is_elsewhere]
    resting = [one for one in may_rest if plan.pause_on(one.on)]
    assert sorted(found, key=lambda one: one.key) == world["booked"]  # every visit once
    assert [one for one in found if one not in resting] == [
        one for one in world["booked"] if one not in resting
    ]  # and in order, but for those in a pause
    assert len({one.free for one in new}) == len(new)
    for one, following in pairwise(layout.sessions):
        if following.step != "keep":
            assert following.anchor > one.anchor


@slow
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_in_which_times_are_given_changes_nothing(
    world: dict[str, Any], chance: Any
) -> None:
    plan = world.pop("plan")
    mixed = {**world, "free": chance.sample(world["free"], len(world["free"]))}
    mixed["booked"] = chance.sample(world["booked"], len(world["booked"]))
    assert propose(plan, **world) == propose(plan, **mixed)


@slow
@given(worlds())
def test_accepting_a_proposal_leaves_nothing_to_propose_on_those_days(
    world: dict[str, Any],
) -> None:
    """What was proposed, booked as proposed, is kept when it is looked at again."""
    plan = world.pop("plan")
    layout = propose(plan, **world)
    upto = next(
        (number for number, one in enumerate(layout.sessions) if one.step == "conflict"),
        len(layout.sessions),
    )
    have = [
        Booked(number, one.anchor, is_elsewhere=one.booked is not None and one.booked.is_elsewhere)
        for number, one in enumerate(layout.sessions[:upto])
    ]
    again = propose(plan, **{**world, "booked": have, "free": []})
    assert [one.anchor for one in again.sessions if one.booked] == [one.on for one in have]
    assert {one.step for one in again.sessions if one.booked} <= {"keep"}
