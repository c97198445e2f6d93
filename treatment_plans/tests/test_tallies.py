"""Counting finished plans: medians, bands, and groups too small to show."""

from __future__ import annotations

from typing import Any

import pytest

from treatment_plans.tallies import (
    LEAST,
    Group,
    PlanResult,
    by_condition,
    by_technique,
    drop_outs,
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


def test_groups_of_fewer_than_five_are_hidden_and_counted() -> None:
    rows = [result(condition="Neck pain")] * LEAST + [result(condition="Headache")] * (LEAST - 1)
    table = by_condition(rows)
    assert [(group.name, group.plans) for group in table.groups] == [("Neck pain", LEAST)]
    assert table.hidden == 1


def test_figures_with_fewer_than_five_behind_them_are_hidden() -> None:
    rows = [result(until_change=3)] * 4 + [result(is_measured=False)] * 4
    (group,) = by_condition(rows).groups
    assert group.figures == [8, None, None, None, 8, 0, 0, 0]


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
