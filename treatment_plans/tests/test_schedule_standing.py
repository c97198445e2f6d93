"""How a plan stands and what is due, whoever may be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from treatment_plans.schedule import History, standing
from treatment_plans.tests.test_schedule_reminders import CLINIC, PLAN, SATURDAY, day


@pytest.mark.parametrize(
    ("plan", "history", "expected"),
    [
        ({}, {}, ("14 Sep 2026", "due_soon")),
        ({}, {"has_opted_out": True}, ("14 Sep 2026", "due_soon")),
        ({}, {"has_consented_channel": False}, ("14 Sep 2026", "due_soon")),
        ({}, {"has_clinical_hold": True}, ("14 Sep 2026", "due_soon")),
        ({"status": "paused"}, {}, ("14 Sep 2026", "paused")),
        ({"status": "completed"}, {}, (None, "completed")),
        ({"status": "draft"}, {}, (None, "")),
        ({"status": "discharged"}, {}, (None, "")),
        ({}, {"is_deceased": True}, (None, "")),
    ],
)
def test_how_a_plan_stands_does_not_depend_on_who_may_be_told(
    plan: dict[str, str], history: dict[str, bool], expected: tuple[str | None, str]
) -> None:
    found = standing(replace(PLAN, **plan), History(**history), CLINIC, now=SATURDAY)  # type: ignore[arg-type]
    assert (found.due_on, found.status) == (day(expected[0]) if expected[0] else None, expected[1])
