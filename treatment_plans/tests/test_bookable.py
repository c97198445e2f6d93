"""A way to the dates only where there is something to choose; else why there is not."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from bookings.times import say_day
from practitioners.tests.factories import make_clinic
from treatment_plans import plans
from treatment_plans.bookable import bookable
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse
from treatment_plans.visits import link

pytestmark = pytest.mark.django_db


def book(world: PlanWorld, many: int, *, every: int = 7) -> Any:
    """Book so many sessions of the plan, the first tomorrow; returns the last."""
    for number in range(many):
        on = world.today + (1 + every * number) * DAY
        visit = world.visit(datetime.combine(on, time(10), tzinfo=world.place.zone))
        link(world.plan, visit, now=world.now)
    return visit


def found(world: PlanWorld) -> Any:
    return bookable(plans.with_all(world.plan.pk), now=world.now)


def test_with_nothing_booked_there_are_dates_to_choose() -> None:
    assert found(PlanWorld()).can_choose


def test_what_waits_for_the_review_is_said_with_its_day() -> None:
    world = PlanWorld(phases=(("per_week", 1, 10),), review_after_sessions=3)
    last = book(world, 4)
    said = found(world)
    day = say_day(last.starts_at.astimezone(world.place.zone).date(), today=world.today)
    assert said.can_choose is False
    assert said.why_not == f"The other 6 are planned at your review on {day}."
    pages = [browse(world.login).get(f"/my/{part}").content.decode()
             for part in ("", f"plans/{world.plan.public_id}/")]  # fmt: skip
    for page in pages:
        assert said.why_not in page
        assert ("Choose dates" in page, "Book further sessions" in page) == (False, False)
    page = browse(world.login).get(f"/my/plans/{world.plan.public_id}/dates/").content.decode()
    assert "Every session that can be booked now is booked." in page


def test_what_is_too_far_ahead_is_said_with_the_last_day() -> None:
    make_clinic(travel_minutes=0)
    world = PlanWorld(phases=(("per_week", 1, 3),))
    make_clinic(travel_minutes=0, horizon_days=10)
    book(world, 2)
    assert found(world).why_not.startswith("The other one is booked later: times can be booked")


def test_as_needed_leads_to_a_session_as_one_likes() -> None:
    world = PlanWorld(phases=(("per_week", 1, 1), ("as_needed", 1, None)))
    book(world, 1)
    page = browse(world.login).get("/my/").content.decode()
    assert (found(world).as_needed, "as needed: book one whenever you like." in page) == (
        True,
        True,
    )
    assert "Book further sessions" not in page


def test_on_hold_the_plan_says_to_call() -> None:
    world = PlanWorld()
    plans.hold(world.plan, by=world.user, now=world.now, reason="SECRET")
    page = browse(world.login).get(f"/my/plans/{world.plan.public_id}/").content.decode()
    assert "Please call us before you book your next session" in page
    assert ("Choose dates" in page, "SECRET" in page) == (False, False)
