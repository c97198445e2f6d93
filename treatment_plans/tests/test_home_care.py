"""Home care is picked from the clinic's library, and stays in a plan as it was picked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from bookings.tests.factories import make_staff
from treatment_plans.models import HomeCareItem, TreatmentPlan
from treatment_plans.tests.factories import make_home_care
from treatment_plans.tests.plan_world import PlanWorld, browse
from treatment_plans.tests.test_plan_form import answers, edit, new, post, written

pytestmark = pytest.mark.django_db
ADMIN = "/admin/treatment_plans/homecareitem/"
SAID = "Doorway stretch: Stand in a doorway and lean forward. 3 times 30 seconds, twice a day"


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


@pytest.fixture
def item() -> HomeCareItem:
    return make_home_care(name="Doorway stretch")


def admin() -> Browser:
    browser = Browser()
    browser.force_login(make_staff("Admin"))
    return browser


def test_a_clinic_without_a_library_is_asked_for_nothing(world: PlanWorld) -> None:
    make_home_care(is_offered=False)
    page = browse(world.user).get(new(world)).content.decode()
    assert "home_care_item" not in page
    assert "Add to home care" not in page


def test_what_is_picked_is_added_and_nothing_is_saved_yet(
    world: PlanWorld, item: HomeCareItem
) -> None:
    picked = {"home_care_item": str(item.pk), "add_home_care": "1"}
    data = answers(world, home_care="Walk every day", service="", **picked)
    status, page = post(world, new(world), data)
    assert (status, f"Walk every day\n{SAID}</textarea>" in page) == (200, True)
    assert "Sleep through the night" in page
    assert "invalid-feedback" not in page
    library = page.split('name="home_care_item"')[1].split("</select>")[0]
    assert f'<option value="{item.pk}">' in library
    assert '<option value="" selected>' in library
    assert TreatmentPlan.objects.count() == 1


def test_it_is_not_added_twice(world: PlanWorld, item: HomeCareItem) -> None:
    picked = {"home_care_item": str(item.pk), "add_home_care": "1"}
    _, page = post(world, new(world), answers(world, home_care=SAID, **picked))
    assert page.count("Stand in a doorway") == 1


def test_what_is_picked_but_not_added_is_in_the_plan_all_the_same(
    world: PlanWorld, item: HomeCareItem
) -> None:
    data = answers(world, home_care="Walk every day\n", home_care_item=str(item.pk))
    assert post(world, new(world), data)[0] == 302
    assert written(world).home_care == f"Walk every day\n{SAID}"


def test_a_plan_keeps_what_was_picked(world: PlanWorld, item: HomeCareItem) -> None:
    post(world, new(world), answers(world, home_care_item=str(item.pk)))
    item.delete()
    plan = written(world)
    assert plan.home_care == SAID
    newest = plan.versions.last()
    assert newest is not None
    assert newest.content["home_care"] == SAID


def test_a_change_of_home_care_is_a_version_with_a_reason(
    world: PlanWorld, item: HomeCareItem
) -> None:
    data = answers(
        world, home_care_item=str(item.pk), expected_version=str(world.plan.version),
        start_on=f"{world.plan.start_on:%d/%m/%Y}", reason="Shoulder is stiff",
    )  # fmt: skip
    assert post(world, edit(world), data)[0] == 302
    assert (
        "Doorway stretch"
        in browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    )


@pytest.mark.parametrize("picked", ["hidden", "0", "-1", "nothing", "1\x00"])
def test_what_is_not_offered_is_not_added(
    world: PlanWorld, item: HomeCareItem, picked: str
) -> None:
    hidden = make_home_care(is_offered=False)
    key = str(hidden.pk) if picked == "hidden" else picked
    status, page = post(world, new(world), answers(world, home_care_item=key, home_care="Walk"))
    assert status == 422
    assert "Choose from the list as it is now." in page or "Null characters" in page
    assert ">\nWalk</textarea>" in page
    assert TreatmentPlan.objects.count() == 1


def test_too_much_of_it_is_said_at_its_place(world: PlanWorld, item: HomeCareItem) -> None:
    data = answers(world, home_care="x" * 1950, home_care_item=str(item.pk))
    status, page = post(world, new(world), data)
    assert status == 422
    assert 'href="#id_home_care"' in page
    assert "x" * 1950 in page


def entry(**changed: Any) -> dict[str, Any]:
    given = {
        "name": "Chin tucks",
        "how": "Draw the chin in.",
        "dose": "10 times",
        "is_offered": "on",
    }
    return {**given, **changed}


def test_an_admin_keeps_the_library(item: HomeCareItem) -> None:
    browser = admin()
    assert browser.post(f"{ADMIN}add/", entry()).status_code == 302
    added = HomeCareItem.objects.get(name="Chin tucks")
    assert added.said == "Chin tucks: Draw the chin in. 10 times"
    assert browser.post(f"{ADMIN}{added.pk}/change/", entry(is_offered="")).status_code == 302
    assert list(HomeCareItem.objects.offered()) == [item]


def test_two_of_one_name_are_refused_in_words(item: HomeCareItem) -> None:
    answer = admin().post(f"{ADMIN}add/", entry(name="doorway STRETCH"))
    assert answer.status_code == 422
    assert "There is home care of that name already." in answer.content.decode()
