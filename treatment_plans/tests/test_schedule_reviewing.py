"""When a review falls due, and which sessions lie past it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_plans.schedule import Facts, LastReview, Phase, is_past_review, review_due_on

START = date(2026, 9, 7)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FIVE_A_WEEK = (Phase("per_week", 5, 30),)


def plan(done: int, *, phases: tuple[Phase, ...] = FIVE_A_WEEK, **more: int) -> Facts:
    """A plan with one session a day from the start."""
    days = tuple(START + count * DAY for count in range(done))
    return Facts("active", START, phases, completed_on=days, **more)


@pytest.mark.parametrize(
    ("done", "last", "expected"),
    [
        (2, LastReview(), date(2026, 10, 5)),  # four weeks from the start
        (6, LastReview(), date(2026, 9, 12)),  # the sixth session comes first
        (9, LastReview(date(2026, 9, 13), 6), date(2026, 10, 11)),  # three since: by weeks
        (12, LastReview(date(2026, 9, 13), 6), date(2026, 9, 18)),  # the twelfth
        (
            9,
            LastReview(date(2026, 10, 5), 3),
            date(2026, 9, 15),
        ),  # six since one that came by weeks
    ],
)
def test_a_review_is_due_by_sessions_or_weeks(done: int, last: LastReview, expected: date) -> None:
    assert review_due_on(plan(done), last) == expected


def test_a_plan_without_an_end_is_looked_at_every_half_year() -> None:
    endless = (Phase("per_week", 1, 4), Phase("every_n_weeks", 4, None))
    facts = plan(1, phases=endless, review_after_weeks=52)
    assert review_due_on(facts) == START + 26 * WEEK
    assert review_due_on(plan(1, review_after_weeks=52)) == START + 52 * WEEK


@pytest.mark.parametrize(
    ("done", "booked", "wanted", "is_past"),
    [
        (6, 0, 10, False),  # the seventh session is the one with the review
        (6, 1, 10, True),  # it is booked already
        (5, 1, 10, False),  # five done and the sixth booked: the next is the seventh
        (5, 2, 10, True),
        (0, 7, 10, True),  # all of them booked at once: the eighth is one too many
        (0, 6, 10, False),
        (6, 1, 5, False),  # before the booked one: that one then moves behind it
        (3, 0, 40, False),  # after four weeks the first session has the review
    ],
)
def test_one_session_after_a_full_count_is_bookable(
    done: int, booked: int, wanted: int, is_past: bool
) -> None:
    coming = [START + (done + count) * DAY for count in range(booked)]
    assert is_past_review(plan(done), coming, START + wanted * DAY) is is_past


def test_after_the_weeks_one_session_is_bookable_until_the_review() -> None:
    by_weeks = START + 4 * WEEK
    assert not is_past_review(plan(2), [by_weeks - DAY], by_weeks + WEEK)
    assert is_past_review(plan(2), [by_weeks], by_weeks + WEEK)


def test_a_decided_review_opens_the_next_stretch() -> None:
    coming = [START + 6 * DAY]
    decided = LastReview(START + 6 * DAY, 6)
    assert is_past_review(plan(6), coming, START + 9 * DAY)
    assert not is_past_review(plan(6), coming, START + 9 * DAY, decided)


@given(done=st.integers(0, 14), booked=st.integers(0, 10), after=st.integers(1, 12))
def test_never_more_than_one_past_a_full_count(done: int, booked: int, after: int) -> None:
    """By sessions alone, whoever books one by one ends with a full count and one more."""
    facts = plan(done, review_after_sessions=after, review_after_weeks=52)
    coming: list[date] = []
    for _ in range(booked):
        wanted = START + (done + len(coming)) * DAY
        if not is_past_review(facts, coming, wanted):
            coming.append(wanted)
    assert len(coming) == min(booked, max(0, after + 1 - done))
