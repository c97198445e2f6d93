"""The same dates of a plan open on two pages: the second says what is booked by now."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from bookings.times import Words
from treatment_plans import plans
from treatment_plans.models import PlanPhase
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse
from treatment_plans.tests.test_plan_dates import as_proposed, desk, own, standing

pytestmark = pytest.mark.django_db
NOTHING = "None of these sessions was booked or moved."


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld(start_on=(timezone.now() + 3 * DAY).date())


def again(data: dict[str, Any]) -> dict[str, Any]:
    """The same choice from another page."""
    return {**data, "form_token": str(uuid.uuid4())}


def when(world: PlanWorld, value: str) -> str:
    at = datetime.fromtimestamp(int(value), tz=world.now.tzinfo)
    return Words(world.place.zone, world.clinic.time_style).short(at, today=world.today)


@pytest.mark.parametrize("is_desk", [True, False])
def test_the_second_page_says_that_they_are_booked_already(world: PlanWorld, is_desk: bool) -> None:
    path, user = (desk(world), world.user) if is_desk else (own(world), world.login)
    data = as_proposed(world, for_staff=is_desk)
    assert browse(user).post(path, data).status_code == 302
    before = standing(world)
    answer = browse(user).post(path, again(data))
    page = answer.content.decode()
    assert (answer.status_code, standing(world)) == (409, before)
    assert f"{when(world, data['book-1'])} is booked for this plan already. {NOTHING}" in page
    assert "just been taken" not in page
    assert page.count("date-kept") == len(before)
    assert page.count("<legend>Session") == 0


def test_what_is_not_booked_yet_stays_as_it_was_chosen(world: PlanWorld) -> None:
    data = as_proposed(world)
    first = {**data, **{f"book-{number}": "none" for number in range(3, 7)}}
    assert browse(world.user).post(desk(world), first).status_code == 302
    data |= {"book-4": str(int(data["book-4"]) + 3600), "book-6": "none"}
    page = browse(world.user).post(desk(world), again(data)).content.decode()
    assert "is booked for this plan already" in page
    kept = re.findall(r'name="(book-[0-9])" id="[^"]+" value="([0-9a-z]+)" checked', page)
    assert dict(kept) == {f"book-{number}": data[f"book-{number}"] for number in range(3, 7)}
    assert browse(world.user).post(desk(world), again(dict(kept))).status_code == 302
    assert len(standing(world)) == 5


def test_a_time_that_somebody_else_has_taken_is_still_said_to_be_taken(world: PlanWorld) -> None:
    data = as_proposed(world)
    at = datetime.fromtimestamp(int(data["book-1"]), tz=world.now.tzinfo)
    world.visit(at)  # the client's own, and of no plan
    page = browse(world.user).post(desk(world), data).content.decode()
    assert "is booked for this plan already" not in page
    assert NOTHING in page


def test_agreeing_on_a_second_page_says_it_too(world: PlanWorld) -> None:
    plan = plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=1, session_count=2)],
        goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="Fewer",
    )  # fmt: skip
    path = f"/my/plans/{plan.public_id}/"
    data = {**as_proposed(world, for_staff=False), "version": str(plan.version), "book": "1"}
    assert browse(world.login).post(path, data).status_code == 302
    page = browse(world.login).post(path, again(data)).content.decode()
    assert f"{when(world, data['book-1'])} is booked for this plan already. {NOTHING}" in page
    assert len(standing(world)) == 2
