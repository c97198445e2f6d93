"""Counting finished plans: medians, bands, and groups too small to show."""

from __future__ import annotations

from typing import Any

import pytest

from treatment_plans.tallies import (
    FEW,
    Group,
    PlanResult,
    by_condition,
    by_technique,
    drop_outs,
    together,
    total,
)


def result(**fields: Any) -> PlanResult:
    given = {
        "condition": "Neck pain", "techniques": ("Swedish",), "completed": 6, "expected": 6,
        "band": "adherent", "is_measured": True, "until_change": None, "is_dropped": False,
    }  # fmt: skip
    return PlanResult(**{**given, **fields})


def test_a_group_is_counted() -> None:
    rows = [
        *(result(until_change=sessions) for sessions in (3, 4, 4, 6, 9)),
        result(band="partial"),
        result(band="low", is_dropped=True, is_measured=False),
        result(band=""),
    ]
    assert total(rows) == Group(
        name="All plans", plans=8, measured=7, changed=5, median_sessions=4,
        adherent=5, partial=1, low=1, dropped=1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sizes", "shown", "hidden"),
    [
        ([9, 5], [9, 5], 0),
        ([9, 5, 4], [9], 2),  # the 4 would be what is left of 18
        ([9, 5, 3, 2], [9, 5], 2),
        ([9, 5, 2, 2], [9], 3),  # two of four: 2 and 2 would be likely
        ([11, 8, 7, 5, 1, 1], [11, 8, 7], 3),
        ([5, 4], [], 2),
        ([3, 3], [], 2),
        ([4], [], 1),
        ([], [], 0),
    ],
)
def test_no_small_group_is_shown_or_can_be_worked_out(
    sizes: list[int], shown: list[int], hidden: int
) -> None:
    rows = [result(condition=f"No. {at}") for at, size in enumerate(sizes) for _ in range(size)]
    table = by_condition(rows)
    assert ([group.plans for group in table.groups], table.hidden) == (shown, hidden)


def test_figures_with_fewer_than_five_behind_them_are_hidden() -> None:
    rows = [result(until_change=3)] * 4 + [result(is_measured=False)] * 4
    (group,) = by_condition(rows).groups
    assert group.figures == [8, None, None, None, 8, 0, 0, 0]


def test_a_figure_below_five_is_only_said_to_be() -> None:
    rows = [result(until_change=3)] * 4 + [result(is_dropped=True)] * 2 + [result()] * 3
    (group,) = by_condition(rows).groups
    assert group.figures == [9, 9, FEW, None, 9, 0, 0, FEW]


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([5, 6, 0], [5, 6, 0]),
        ([7, 5, 2], [7, None, FEW]),
        ([7, 2, 1], [7, FEW, FEW]),
        ([7, 0, 2], [None, 0, FEW]),
        ([0, 0, 2], [0, 0, FEW]),
        ([], []),
    ],
)
def test_a_small_count_does_not_come_out_by_subtraction(counts: list[int], told: list[Any]) -> None:
    assert together(counts) == told


def test_all_plans_are_told_where_no_hidden_figure_comes_out() -> None:
    rows = [
        *[result(condition="Neck pain", until_change=3)] * 6,
        *[result(condition="Headache", until_change=3)] * 2,
        *[result(condition="Headache")] * 4,
        *[result(condition="Back pain", band="partial")] * 6,
    ]
    table, whole = by_condition(rows), total(rows)
    assert [group.figures[2] for group in table.groups] == [0, FEW, 6]
    # Meaningful change: 6 of 8 are shown, so the 8 would give the 2 away. The rest adds up.
    assert table.total(whole) == [18, 18, None, 3, 12, 6, 0, 0]


def test_all_plans_are_told_where_much_is_hidden() -> None:
    rows = [result(condition=f"No. {at}") for at in range(4) for _ in range(4)]
    table = by_condition(rows)
    assert (table.groups, table.hidden) == ((), 4)
    assert table.total(total(rows))[:2] == [16, 16]


def test_a_plan_counts_with_each_of_its_techniques() -> None:
    rows = [result(techniques=("Cupping", "Swedish"))] * 5 + [result(techniques=())] * 6
    assert [(group.name, group.plans) for group in by_technique(rows).groups] == [
        ("No technique chosen", 6),
        ("Cupping", 5),
        ("Swedish", 5),
    ]


@pytest.mark.parametrize(
    ("completed", "expected"),
    [
        ([0, 1, 2], [1, 1, 1, 0, 0]),
        ([3, 5, 6, 40], [0, 0, 0, 2, 2]),
    ],
)
def test_where_plans_break_off(completed: list[int], expected: list[int]) -> None:
    rows = [result(completed=done, is_dropped=True) for done in completed]
    found = drop_outs([*rows, result(completed=1)])
    assert [count for _, count in found] == expected
