"""A running plan is not ended by writing fewer sessions than are done: an end is said."""

from __future__ import annotations

from typing import Any

import pytest

from treatment_plans import plans
from treatment_plans.errors import TooFewSessions
from treatment_plans.models import PlanPhase, TreatmentPlan
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, phase
from treatment_plans.tests.test_plan_form import answers, edit
from treatment_plans.visits import link

pytestmark = pytest.mark.django_db
OPEN_END, AS_NEEDED = phase("1", "", length_kind="open"), phase("", "", rate_kind="as_needed")


@pytest.fixture
def world() -> PlanWorld:
    """A plan of six sessions of which three are done and one is booked."""
    world = PlanWorld()
    for days in (9, 6, 3):
        link(world.plan, world.visit(world.now - days * DAY, status="completed"), now=world.now)
    link(world.plan, world.visit(world.now + DAY), now=world.now)
    return world


def send(world: PlanWorld, *phases: dict[str, str]) -> Any:
    plan = TreatmentPlan.objects.get(pk=world.plan.pk)
    data = answers(world, *phases, reason="Less", expected_version=str(plan.version))
    return browse(world.user).post(edit(world), {**data, "home_care": "Walk every day"})


@pytest.mark.parametrize("phases", [(phase("1", "2"),), (phase("2", "1"), phase("1", "2"))])
def test_as_few_sessions_as_are_done_are_refused_at_the_last_phase(
    world: PlanWorld, phases: tuple[dict[str, str], ...]
) -> None:
    before = world.plan.versions.count()
    answer = send(world, *phases)
    page, last = answer.content.decode(), len(phases) - 1
    assert answer.status_code == 422
    assert "3 sessions are done already, so this plan would end at once." in page
    assert f'href="#id_phases-{last}-length"' in page
    for typed in ("Walk every day", "Sleep through the night", 'value="Less"'):
        assert typed in page
    plan = TreatmentPlan.objects.get(pk=world.plan.pk)
    assert (plan.status, plan.home_care, plan.versions.count()) == ("active", "", before)
    assert [one.session_count for one in plan.phases.all()] == [6]


@pytest.mark.parametrize("last", [phase("1", "3"), OPEN_END, AS_NEEDED])
def test_one_more_and_an_open_end_are_enough(world: PlanWorld, last: dict[str, str]) -> None:
    assert send(world, phase("2", "1"), last).status_code == 302
    assert TreatmentPlan.objects.get(pk=world.plan.pk).status == "active"


@pytest.mark.parametrize("rests", [False, True])
def test_no_page_gets_past_it(world: PlanWorld, rests: bool) -> None:
    plan = plans.with_all(world.plan.pk)
    if rests:
        plans.rest(plan, by=world.user, now=world.now, reason="Away")
    with pytest.raises(TooFewSessions, match="Plan more than 3, or end it with “End it”"):
        plans.save(
            plan, phases=[PlanPhase(rate_kind="per_week", session_count=3)], goals=[],
            techniques=[], regions=[], by=world.user, now=world.now, reason="Less",
        )  # fmt: skip


def test_one_session_is_said_as_one() -> None:
    assert str(TooFewSessions(1)).startswith("1 session is done already")
