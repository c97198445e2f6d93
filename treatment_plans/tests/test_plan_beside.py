"""Whoever writes or starts a plan is told of another one that is active; nothing is blocked."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.tests.factories import make_client
from treatment_plans import plans
from treatment_plans.models import TreatmentPlan
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse
from treatment_plans.tests.test_plan_form import answers, edit, new, post

pytestmark = pytest.mark.django_db
SAID = "Another plan is active"


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def page_of(world: PlanWorld, path: str, user: Any = None) -> str:
    answer = browse(user or world.user).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def start(plan: TreatmentPlan) -> str:
    return f"/desk/plans/{plan.public_id}/step/start/"


def test_the_form_and_the_start_page_name_the_active_plan(world: PlanWorld) -> None:
    draft = world.make_plan(is_active=False)
    link = f'<a href="/desk/plans/{world.plan.public_id}/">{world.plan}</a>'
    for path in (new(world), f"/desk/plans/{draft.public_id}/edit/", start(draft)):
        page = page_of(world, path)
        assert page.count(SAID) == 1
        assert f"{SAID}: {link}, {world.person.name}" in page
    assert SAID not in page_of(world, f"/desk/plans/{draft.public_id}/step/end/")
    assert post(world, new(world), {**answers(world), "start": "1"})[0] == 302
    assert browse(world.user).post(start(draft)).status_code == 302
    assert TreatmentPlan.objects.active().count() == 3


def test_nothing_is_said_where_none_runs(world: PlanWorld) -> None:
    assert SAID not in page_of(world, edit(world))
    assert SAID not in page_of(world, f"/desk/plans/{world.plan.public_id}/step/end/")
    draft = world.make_plan(is_active=False)
    world.make_plan(client=make_client())
    plans.rest(world.plan, by=world.user, now=world.now, reason="Away")
    for path in (new(world), start(draft)):
        assert SAID not in page_of(world, path)
    plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Done")
    assert SAID not in page_of(world, new(world))


def test_it_costs_one_question_however_many_run(world: PlanWorld) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            page_of(world, new(world))
        return len(seen)

    asked()
    one = asked()
    world.make_plan(start_on=world.today + DAY)
    assert asked() == one
