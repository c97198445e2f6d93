"""An earlier visit that was session 1 of a new plan."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.tests.factories import make_appointment
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse
from treatment_plans.tests.test_plan_form import answers, new, post, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def test_an_earlier_visit_can_be_session_one_and_the_plan_starts_on_its_day(
    world: PlanWorld,
) -> None:
    earlier = world.visit(world.now - 9 * DAY, status="completed")
    page = browse(world.user).get(new(world)).content.decode()
    assert str(earlier.public_id) in page
    assert str(world.treated.public_id) in page
    data = {**answers(world), "first_visit": str(earlier.public_id), "start": "1"}
    assert post(world, new(world), data)[0] == 302
    plan = written(world)
    assert plan.start_on == earlier.local_day
    assert plan.visits.get().appointment == earlier
    said = browse(world.user)
    assert (
        "The plan is saved" in said.post(new(world), answers(world), follow=True).content.decode()
    )
    assert plan.due_on == earlier.local_day + timedelta(days=7)


def test_only_own_visits_of_the_last_weeks_that_belong_to_no_plan_are_offered(
    world: PlanWorld,
) -> None:
    long_ago = world.visit(world.now - 90 * DAY, status="completed")
    missed = world.visit(world.now - 8 * DAY, status="no_show")
    stranger = PlanWorld().treated
    hers = make_appointment(
        world.colleague, world.service, world.place, world.treated.starts_at + DAY,
        client=world.client, status="completed",
    )  # fmt: skip
    form = browse(world.user).get(new(world)).context["form"]
    offered = dict(form.fields["first_visit"].choices)
    assert not {str(one.public_id) for one in (long_ago, missed, stranger, hers)} & set(offered)
    data = {**answers(world), "first_visit": str(stranger.public_id)}
    assert post(world, new(world), data)[0] == 422
