"""What somebody else has done to a plan since a page read it is not undone by that page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from treatment_plans import plans, reviews, visits
from treatment_plans.errors import WrongState
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def end(world: PlanWorld) -> None:
    plans.end(
        plans.with_all(world.plan.pk), "discharged", by=world.user, now=world.now, reason="Well"
    )


def test_a_plan_that_has_ended_meanwhile_takes_no_visit_in(world: PlanWorld) -> None:
    loose = world.visit(world.now - 2 * DAY, status="completed")
    end(world)
    assert world.plan.status == "active"  # as the page has read it
    with pytest.raises(WrongState):
        visits.take_in(world.plan, loose.public_id, now=world.now)
    world.plan.refresh_from_db()
    assert (world.plan.status, world.plan.visits.count()) == ("discharged", 0)


def test_a_plan_that_has_ended_meanwhile_lets_no_visit_go(world: PlanWorld) -> None:
    mine = world.visit(world.now - 2 * DAY, status="completed")
    visits.take_in(world.plan, mine.public_id, now=world.now)
    end(world)
    with pytest.raises(WrongState):
        visits.let_go(world.plan, mine.public_id, now=world.now)
    world.plan.refresh_from_db()
    assert (world.plan.status, world.plan.visits.count()) == ("discharged", 1)


def test_the_page_of_an_ended_plan_offers_neither(world: PlanWorld) -> None:
    mine = world.visit(world.now - 2 * DAY, status="completed")
    visits.take_in(world.plan, mine.public_id, now=world.now)
    world.visit(world.now - 3 * DAY, status="completed")
    path = f"/desk/plans/{world.plan.public_id}/"
    before = browse(world.user).get(path).content.decode()
    assert ("Not of this plan" in before, "Belongs to this plan" in before) == (True, True)
    end(world)
    after = browse(world.user).get(path).content.decode()
    assert ("Not of this plan" in after, "Belongs to this plan" in after) == (False, False)


def test_deciding_a_review_locks_the_plan_first_as_ending_it_does(world: PlanWorld) -> None:
    def locked() -> list[str]:
        tables = ("treatment_plans_treatmentplan", "treatment_plans_review")
        sent = [one["sql"] for one in queries if "FOR " in one["sql"] and "UPDATE" in one["sql"]]
        froms = [sql.partition(" FROM ")[2].split()[0].strip('"') for sql in sent]
        return list(dict.fromkeys(name for name in froms if name in tables))

    review = reviews.open_review(world.plan, now=world.now)
    with CaptureQueriesContext(connection) as queries:
        reviews.decide(review, "continue", by=world.user, now=world.now, reasoning="Fine")
    assert locked() == ["treatment_plans_treatmentplan", "treatment_plans_review"]
    reviews.open_review(plans.with_all(world.plan.pk), now=world.now)
    with CaptureQueriesContext(connection) as queries:
        reviews.end_plan(world.plan, "discharged", by=world.user, now=world.now, reason="Well")
    assert locked() == ["treatment_plans_treatmentplan", "treatment_plans_review"]
