"""Choosing what a plan measures: what is suggested, kept, refused, and for whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from bookings.tests.factories import NOW, make_staff, make_user
from practitioners.models import BodyRegion
from treatment_plans import plans
from treatment_plans.models import OutcomeMeasure, PlanMeasure, PsfsActivity, RecordAccess
from treatment_plans.tests.factories import make_measures
from treatment_plans.tests.outcome_world import BASE, OutcomeWorld

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> OutcomeWorld:
    return OutcomeWorld()


def path(world: OutcomeWorld) -> str:
    return f"/desk/plans/{world.plan.public_id}/measures/"


def as_user(user: Any) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def asked(world: OutcomeWorld) -> dict[str, list[str]]:
    rows = PlanMeasure.objects.filter(plan=world.plan).select_related("measure")
    return {row.measure.slug: row.occasions for row in rows}


def test_occasions_and_activities_are_chosen(world: OutcomeWorld) -> None:
    make_measures("stress-nrs")
    stress = OutcomeMeasure.objects.get(slug="stress-nrs")
    answer = as_user(world.by).post(
        path(world),
        {
            "on_nprs": ["baseline", "review"], "on_psfs": ["review"], "more": stress.pk,
            "activity_1": "Turn head to drive", "activity_2": "", "activity_4": "Lift my child",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    assert asked(world) == {
        "nprs": ["baseline", "review"],
        "psfs": ["review"],
        "stress-nrs": ["baseline", "session", "review", "discharge"],
    }
    rows = PsfsActivity.objects.filter(plan=world.plan).values_list("number", "wording")
    assert list(rows) == [(1, "Turn head to drive"), (4, "Lift my child")]


def test_an_activity_that_was_rated_keeps_its_words_and_its_place(world: OutcomeWorld) -> None:
    world.enter("baseline", BASE, psfs_1=4)
    page = as_user(world.by).get(path(world)).content.decode()
    assert page.count("disabled") == 1
    answer = as_user(world.by).post(
        path(world), {"on_psfs": ["review"], "activity_1": "Easier", "activity_2": "Sit at a desk"}
    )
    assert answer.status_code == 302
    rows = PsfsActivity.objects.filter(plan=world.plan).values_list("number", "wording")
    assert list(rows) == [(1, "Turn head to drive"), (2, "Sit at a desk")]


def test_a_plan_without_measures_is_offered_pain_function_change_and_its_area(
    world: OutcomeWorld,
) -> None:
    world.plan.measures.all().delete()
    make_measures("odi")
    back = BodyRegion.objects.create(
        slug="lumbar-spine", name="Low spine", is_paired=False, view="back", group="low-back"
    )
    OutcomeMeasure.objects.get(slug="odi").body_regions.add(back)
    world.plan.regions.set([back])
    answer = as_user(world.by).get(path(world))
    ticked = {
        measure.slug: field.value()
        for measure, field in answer.context["form"].rows
        if field.value()
    }
    assert ticked == {
        "nprs": ["baseline", "session", "review", "discharge"],
        "psfs": ["baseline", "review", "discharge"],
        "groc": ["review", "discharge"],
        "odi": ["baseline", "review", "discharge"],
    }
    assert "Why only the total?" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"on_psfs": ["review"]}, "Write at least one activity in the client&#x27;s own words."),
        ({"on_nprs": ["sometimes"]}, "Select a valid choice."),
        ({"more": "999999"}, "Select a valid choice."),
        ({"on_nprs": ["review"], "activity_1": "x" * 121}, "at most 120 characters (it has 121)"),
        ({"on_nprs": ["review"], "activity_1": "two\nlines"}, "Please use one line."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_kept(
    world: OutcomeWorld, typed: dict[str, Any], sentence: str
) -> None:
    before = asked(world)
    answer = as_user(world.by).post(path(world), {"activity_3": "Carry shopping", **typed} if "on_psfs" not in typed else typed)  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "Error:" in page
    assert "on_psfs" in typed or "Carry shopping" in page
    assert asked(world) == before


def test_a_plan_that_has_ended_asks_nothing_new(world: OutcomeWorld) -> None:
    plans.end(world.plan, "discharged", by=world.by, now=NOW, reason="Moved")
    answer = as_user(world.by).post(path(world), {"on_nprs": ["review"]})
    assert answer.status_code == 422
    assert "This plan has ended" in answer.content.decode()


def test_looking_is_written_down_and_changes_nothing(world: OutcomeWorld) -> None:
    before = asked(world)
    as_user(world.by).get(path(world))
    assert asked(world) == before
    assert RecordAccess.objects.filter(what="measures", user=world.by).count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_treats_may_choose(world: OutcomeWorld, method: str) -> None:
    colleague = make_user()
    world.another(user=colleague)
    expected = {
        colleague: 404, make_staff("Front desk"): 403, make_staff("Admin"): 403,
        make_staff("Clinical lead"): 403, world.user: 403, make_user(): 403,
    }  # fmt: skip
    found = {user: getattr(as_user(user), method)(path(world)).status_code for user in expected}
    assert found == expected
