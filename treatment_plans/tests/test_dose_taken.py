"""How much of a plan was taken: what the clinic cancelled, what it rests for and what is over do not count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from treatment_plans import findings, plans, reviews
from treatment_plans.models import TreatmentPlan
from treatment_plans.plan_facts import facts_from, taken_of, visits_of
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse
from treatment_plans.visits import link

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)
BY_CLINIC = {"status": "cancelled", "cancelled_by": "clinic"}
BY_CLIENT = {"status": "cancelled", "cancelled_by": "client"}


@pytest.fixture
def world() -> PlanWorld:
    """A weekly plan whose fourth ideal date was yesterday."""
    return PlanWorld(start_on=timezone.now().date() - 3 * WEEK - DAY)


def attend(world: PlanWorld, weeks_ago: int, **fields: Any) -> None:
    visit = world.visit(world.now - weeks_ago * WEEK - DAY, **{"status": "completed", **fields})
    link(world.plan, visit, now=world.now)


def taken(world: PlanWorld, days: int = 0) -> tuple[int, int, int]:
    """Done, expected and excused by a day so many days from now, read anew."""
    plan = TreatmentPlan.objects.get(pk=world.plan.pk)
    rows = visits_of([plan])[plan.pk]
    found = taken_of(plan, facts_from(plan, rows), rows, today=world.today + days * DAY)
    return found.completed, found.expected, found.excused


def test_every_ideal_date_up_to_today_is_expected(world: PlanWorld) -> None:
    attend(world, 3)
    attend(world, 1)
    assert taken(world) == (2, 4, 0)


def test_what_the_clinic_cancelled_is_not_held_against_the_client(world: PlanWorld) -> None:
    attend(world, 3)
    attend(world, 2, **BY_CLINIC)
    attend(world, 1, **BY_CLIENT)
    attend(world, 0, status="no_show")
    assert taken(world) == (1, 3, 1)
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert "1 done, 3 expected by today" in page
    assert "1 that the clinic cancelled not counted" in page
    found = findings.of(reviews.open_review(world.plan, now=world.now), now=world.now)
    assert (found.completed, found.expected, found.band) == (1, 3, "low")


def test_a_session_to_come_that_the_clinic_cancelled_excuses_nothing_yet(world: PlanWorld) -> None:
    attend(world, 3)
    attend(world, -1, **BY_CLINIC)
    assert taken(world) == (1, 4, 0)
    assert taken(world, days=8) == (1, 4, 1)


def test_what_was_cancelled_for_a_pause_counts_once(world: PlanWorld) -> None:
    attend(world, 3)
    attend(world, 2, **BY_CLINIC)
    attend(world, 1, **BY_CLINIC)
    plans.pause(
        world.plan, starts_on=world.today - 16 * DAY, ends_on=world.today - 6 * DAY,
        by=world.user, now=world.now, reason="Holiday",
    )  # fmt: skip
    assert taken(world) == (1, 2, 0)


def test_nothing_is_expected_in_a_rest_without_an_end(world: PlanWorld) -> None:
    attend(world, 3)
    plans.rest(world.plan, by=world.user, now=world.now - 10 * DAY, reason="Away for work")
    assert taken(world) == (1, 2, 0)
    plans.activate(world.plan, by=world.user, now=world.now - 2 * DAY, reason="Back")
    assert taken(world) == (1, 3, 0)


def test_a_plan_that_ended_at_rest_expects_nothing_of_its_rest(world: PlanWorld) -> None:
    attend(world, 3)
    plans.rest(world.plan, by=world.user, now=world.now - 10 * DAY, reason="Away for work")
    plan = plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Moved")
    assert plan.pauses.get().reason == "Away for work"
    assert plan.paused_on is None
    assert taken(world, days=60) == (1, 2, 0)


def test_nothing_more_is_expected_of_a_plan_that_is_over(world: PlanWorld) -> None:
    attend(world, 3)
    plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Moved")
    assert taken(world, days=60) == (1, 4, 0)
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert "1 done, 4 expected" in page


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_nothing_is_expected_of_a_plan_that_was_never_started(is_cancelled: bool) -> None:
    start_on = timezone.now().date() - 3 * WEEK - DAY
    world = PlanWorld(start_on=start_on, is_active=False)
    attend(world, 3)
    if is_cancelled:
        plans.end(world.plan, "cancelled", by=world.user, now=world.now, reason="A mistake")
    assert taken(world) == (1, 0, 0)
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert "On schedule" not in page
    assert "expected by today" not in page
