"""Starting a plan from one template and then from another."""

from __future__ import annotations

from typing import Any

import pytest

from practitioners.tests.factories import make_condition
from treatment_plans.models import PlanTemplate
from treatment_plans.tests.factories import make_template
from treatment_plans.tests.plan_world import PlanWorld, browse
from treatment_plans.tests.test_plan_form import answers, new, post, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


@pytest.fixture
def first() -> PlanTemplate:
    return make_template(precautions="Together with exercise.", pressure="light")


@pytest.fixture
def second() -> PlanTemplate:
    return make_template(precautions="Never on bruises.", pressure="firm")


def use(world: PlanWorld, template: PlanTemplate, data: dict[str, Any]) -> dict[str, Any]:
    """The form as the page shows it once a template was used, ready to be sent again."""
    sent = {**data, "template": template.slug, "use_template": "1"}
    form = browse(world.user).post(new(world), sent).context["form"]
    names = ("condition", "pressure", "precautions", "template_filled")
    shown = {name: form[name].value() or "" for name in names}
    return {**data, **shown, "precautions": shown["precautions"].replace("\n", "\r\n")}


def told(data: dict[str, Any]) -> tuple[str, str, list[str]]:
    return data["condition"], data["pressure"], data["precautions"].splitlines()


def test_another_template_replaces_what_the_first_has_filled_in(
    world: PlanWorld, first: PlanTemplate, second: PlanTemplate
) -> None:
    data = use(world, first, answers(world))
    assert told(data) == (str(first.condition_id), "light", ["Together with exercise."])
    data = use(world, second, data)
    assert told(data) == (str(second.condition_id), "firm", ["Never on bruises."])
    assert told(use(world, first, data))[2] == ["Together with exercise."]
    post(world, new(world), data)
    assert written(world).condition == second.condition


def test_what_somebody_typed_stays(
    world: PlanWorld, first: PlanTemplate, second: PlanTemplate
) -> None:
    data = use(world, first, answers(world, precautions="Blood thinners.", pressure="moderate"))
    assert told(data)[1:] == ("moderate", ["Blood thinners.", "Together with exercise."])
    own = make_condition()
    data = use(world, second, {**data, "condition": str(own.pk)})
    assert told(data) == (str(own.pk), "moderate", ["Blood thinners.", "Never on bruises."])


def test_what_was_changed_since_stays_beside_the_next(
    world: PlanWorld, first: PlanTemplate, second: PlanTemplate
) -> None:
    data = use(world, first, answers(world))
    data["precautions"] = "Together with exercise. And heat."
    data = use(world, second, data)
    assert told(data)[2] == ["Together with exercise. And heat.", "Never on bruises."]


@pytest.mark.parametrize("forged", ["nothing:condition", ":", "a\x00b", "::condition:"])
def test_a_template_that_is_not_there_takes_nothing_away(
    world: PlanWorld, first: PlanTemplate, forged: str
) -> None:
    own = str(make_condition().pk)
    data = answers(world, condition=own, template_filled=forged)
    assert told(use(world, first, data))[0] == own
