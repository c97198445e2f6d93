"""How long a try is put off, and when the relay is left alone. Pure arithmetic."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.messages.backoff import wait_after
from bookings.messages.breaker import Breaker

WAITS = [1, 5, 15, 60, 180, 360, 720]


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 180), (6, 360), (7, 720)]
)
def test_each_try_waits_longer_than_the_one_before(tries: int, minutes: int) -> None:
    assert wait_after(tries, WAITS, chance=0.5) == timedelta(minutes=minutes)


def test_after_eight_tries_it_is_enough() -> None:
    assert wait_after(8, WAITS, chance=0.5) is None


@given(st.integers(1, 7), st.floats(0, 1))
def test_chance_moves_a_wait_by_a_fifth_at_most(tries: int, chance: float) -> None:
    found = wait_after(tries, WAITS, chance=chance)
    assert found is not None
    assert 0.799 <= found / timedelta(minutes=WAITS[tries - 1]) <= 1.201


def test_a_healthy_relay_takes_all_that_is_offered() -> None:
    assert Breaker().may_take(20, at=0) == 20


def test_the_relay_is_left_alone_as_long_as_the_clinic_says() -> None:
    breaker = Breaker()
    for _ in range(2):
        breaker.failed(is_timeout=True, at=100, pause=5)
    assert [breaker.may_take(20, at=at) for at in (104.9, 105)] == [0, 1]


def test_one_timeout_is_bad_luck_and_two_open_the_breaker() -> None:
    breaker = Breaker()
    breaker.failed(is_timeout=True, at=100)
    assert breaker.may_take(20, at=100) == 20
    breaker.failed(is_timeout=True, at=101)
    assert breaker.may_take(20, at=101) == 0


def test_twenty_soft_failures_in_a_row_open_it() -> None:
    breaker = Breaker()
    for _ in range(19):
        breaker.failed(is_timeout=False, at=100)
    assert breaker.may_take(20, at=100) == 20
    breaker.failed(is_timeout=False, at=100)
    assert breaker.may_take(20, at=159) == 0


def test_a_success_in_between_begins_the_count_again() -> None:
    breaker = Breaker()
    breaker.failed(is_timeout=True, at=100)
    breaker.went_well()
    breaker.failed(is_timeout=True, at=100)
    assert breaker.may_take(20, at=100) == 20


def test_after_a_minute_one_probe_goes_out_and_its_answer_decides() -> None:
    breaker = Breaker(timeouts=1)
    breaker.failed(is_timeout=True, at=100)
    assert breaker.may_take(20, at=160) == 1
    breaker.failed(is_timeout=False, at=161)
    assert breaker.may_take(20, at=220) == 0
    assert breaker.may_take(20, at=221) == 1
    breaker.went_well()
    assert breaker.may_take(20, at=222) == 20
