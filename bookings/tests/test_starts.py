"""Runs of starts, counted out."""

from __future__ import annotations

import pytest

from bookings.starts import Slot, Starts, slots_of

TEN, HOUR = 36_000, 3600  # seconds


@pytest.fixture
def morning() -> Starts:
    """Every half hour from ten to twelve, and once more at nine."""
    return Starts(1, 2, 3, HOUR, HOUR // 2, [TEN, TEN - HOUR], [TEN + 2 * HOUR, TEN - HOUR + 60])


def test_every_start_of_every_run_comes_in_order(morning: Starts) -> None:
    assert [(at - TEN) // 60 for at in morning.at] == [-60, 0, 30, 60, 90, 120]


def test_a_run_ends_with_the_last_start_that_is_not_too_late() -> None:
    assert Starts(1, 2, 3, HOUR, 600, [TEN], [TEN + 1799]).at == [TEN, TEN + 600, TEN + 1200]
    assert Starts(1, 2, 3, HOUR, 600, [TEN], [TEN]).at == [TEN]


def test_the_soonest_are_the_first_of_all_runs(morning: Starts) -> None:
    assert list(morning.soonest(1)) == [TEN - HOUR]
    assert list(morning.soonest(3)) == morning.at[:3]
    assert list(morning.soonest(100)) == morning.at


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (TEN, True),
        (TEN + 2 * HOUR, True),
        (TEN + 600, False),  # not on the grid
        (TEN - HOUR // 2, False),  # between the runs
        (TEN + 2 * HOUR + 1800, False),
    ],
)
def test_only_what_is_counted_out_can_be_had(morning: Starts, at: int, expected: bool) -> None:
    assert morning.holds(at) is expected
    assert (at in morning.at) is expected


def test_slots_come_soonest_first_and_at_one_moment_in_the_order_of_the_rows() -> None:
    late = Starts(1, 2, 3, HOUR, 600, [TEN], [TEN])
    both = Starts(4, 2, 3, 2 * HOUR, 600, [TEN - 600], [TEN])
    slots = slots_of((at, row) for row in (late, both) for at in row.at)
    assert [(slot.practitioner_id, slot.starts_at.timestamp()) for slot in slots] == [
        (4, TEN - 600), (1, TEN), (4, TEN),
    ]  # fmt: skip
    assert all(isinstance(slot, Slot) for slot in slots)
    assert [(slot.ends_at - slot.starts_at).seconds for slot in slots] == [2 * HOUR, HOUR, 2 * HOUR]
