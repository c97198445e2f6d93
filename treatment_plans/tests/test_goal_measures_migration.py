"""Goals of before, whose words named a measure, point at it afterwards; no word is lost."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from treatment_plans.models import Goal
from treatment_plans.tests.outcome_world import OutcomeWorld

pytestmark = pytest.mark.django_db
migration = import_module("treatment_plans.migrations.0008_goals_told_apart_by_measure")


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("Pain", "nprs"), ("worst pain, 0 to 10", "nprs"), ("NPRS", "nprs"), (" ndi ", "ndi"),
        ("Neck Disability Index (NDI)", "ndi"), ("Steps a day", None), ("", None),
    ],
)  # fmt: skip
def test_words_that_name_a_measure(words: str, slug: str | None) -> None:
    goal = Goal.objects.create(plan=OutcomeWorld().plan, sentence="Sleep", measure=words)
    migration.point_at_measures(apps, None)
    goal.refresh_from_db()
    assert (goal.outcome.slug if goal.outcome else None, goal.measure) == (slug, words)
