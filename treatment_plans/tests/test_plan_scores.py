"""Entering scores at the desk, and taking back a wrong one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.utils import timezone

from bookings.tests.factories import make_staff, make_user
from treatment_plans.models import OutcomeScore, RecordAccess
from treatment_plans.tests.outcome_world import BASE, OutcomeWorld
from treatment_plans.tests.test_plan_measures import as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> OutcomeWorld:
    return OutcomeWorld()


def path(world: OutcomeWorld, occasion: str = "baseline") -> str:
    return f"/desk/plans/{world.plan.public_id}/scores/?occasion={occasion}"


def on(day: date) -> dict[str, str]:
    return {"taken_on_0": str(day.day), "taken_on_1": str(day.month), "taken_on_2": str(day.year)}


def test_scores_of_a_day_are_entered(world: OutcomeWorld) -> None:
    answer = as_user(world.by).post(
        path(world),
        {"nprs-worst": "7", "psfs-1": "4", "ndi": "17", "note": "English, 1991", **on(BASE)},
    )
    assert answer.status_code == 302
    rows = OutcomeScore.objects.in_order()
    said = [(s.measure.slug, s.part, s.value, s.occasion, s.appointment) for s in rows]
    assert said == [
        ("nprs", "worst", D(7), "baseline", world.visit),
        ("psfs", "", D(4), "baseline", world.visit),
        ("ndi", "", D(17), "baseline", world.visit),
    ]
    ndi = rows.get(measure__slug="ndi")
    assert (ndi.user, ndi.entered_by) == (world.by, "practitioner")
    assert ndi.scale_note == "0 to 50 points; English, 1991"


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"ndi": "51"}, "ndi", "Enter 0 to 50 in whole numbers."),
        ({"ndi": "-1"}, "ndi", "Enter 0 to 50 in whole numbers."),
        ({"ndi": "17.5"}, "ndi", "Enter 0 to 50 in whole numbers."),
        ({"ndi": "seventeen"}, "ndi", "Enter 0 to 50 in whole numbers."),
        ({"ndi": "9" * 25}, "ndi", "Enter 0 to 50 in whole numbers."),
        ({"ndi": "１７"}, "ndi", "Enter 0 to 50 in whole numbers."),
        ({"nprs-worst": "11"}, "nprs-worst", "Enter 0 to 10 in whole numbers."),
        ({"nprs-worst": "\0"}, "nprs-worst", "Enter 0 to 10 in whole numbers."),
        (
            {"nprs-worst": "4", "nprs-now": "5"},
            "nprs-worst",
            "Worst pain cannot be less than pain now.",
        ),
        (
            {"nprs-worst": "4", "nprs-average": "5"},
            "nprs-worst",
            "Worst pain cannot be less than average pain.",
        ),
        ({}, "", "Answer at least one question."),
    ],
)
def test_a_value_off_its_scale_is_named_at_its_place(
    world: OutcomeWorld, typed: dict[str, str], field: str, sentence: str
) -> None:
    answer = as_user(world.by).post(path(world), {"note": "kept", **typed, **on(BASE)})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert list(form.errors.get(field or "__all__", [])) == [sentence]
    page = answer.content.decode()
    assert sentence in page
    assert "kept" in page
    assert not OutcomeScore.objects.exists()


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        (date(2099, 1, 1), "Day cannot be in the future"),
        (date(2026, 9, 6), "Day must be 7 September 2026 or later: the plan begins then"),
        (date(1901, 1, 1), "Day must be 7 September 2026 or later: the plan begins then"),
    ],
)
def test_a_day_that_cannot_be_is_refused(world: OutcomeWorld, day: date, sentence: str) -> None:
    answer = as_user(world.by).post(path(world), {"ndi": "17", **on(day)})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not OutcomeScore.objects.exists()


def test_the_occasion_offered_is_the_likeliest(world: OutcomeWorld) -> None:
    today = timezone.now().date()
    bare = f"/desk/plans/{world.plan.public_id}/scores/"
    answer = as_user(world.by).get(bare)
    assert answer.context["occasion"] == ("review" if (today - BASE).days > 28 else "session")
    assert as_user(world.by).get(f"{bare}?occasion=nonsense").context["occasion"] != "nonsense"


def test_an_occasion_on_which_nothing_is_asked_says_so(world: OutcomeWorld) -> None:
    world.plan.measures.all().delete()
    page = as_user(world.by).get(path(world, "session")).content.decode()
    assert "This plan asks nothing on this occasion." in page
    assert "Choose measures" in page


def test_another_value_for_the_same_day_says_what_becomes_of_the_first(
    world: OutcomeWorld,
) -> None:
    def told(occasion: str, **typed: str) -> str:
        answer = as_user(world.by).post(path(world, occasion), {**typed, **on(BASE)}, follow=True)
        return " ".join(str(one) for one in answer.context["messages"])

    replaced = "What was entered before for the same day counts as entered in error."
    assert told("baseline", ndi="17") == "The scores are saved."
    assert told("baseline", ndi="17") == "The scores are saved."
    assert told("review", ndi="16") == "The scores are saved."
    assert told("baseline", ndi="15", **{"psfs-1": "4"}) == f"The scores are saved. {replaced}"
    assert told("baseline", **{"psfs-2": "4"}) == "The scores are saved."
    assert OutcomeScore.objects.counted().filter(measure__slug="ndi").count() == 2


def test_a_wrong_score_is_marked_with_the_reason_and_counts_no_more(world: OutcomeWorld) -> None:
    score = world.enter("baseline", BASE, ndi=17)[0]
    wrong = f"/desk/scores/{score.public_id}/error/"
    assert as_user(world.by).post(wrong, {"reason": ""}).status_code == 422
    assert as_user(world.by).post(wrong, {"reason": "Another person's"}).status_code == 302
    score.refresh_from_db()
    assert (score.is_entered_in_error, score.error_by) == (True, world.by)
    assert as_user(world.by).post(wrong, {"reason": "Again"}).status_code == 404
    page = as_user(world.by).get(f"/desk/plans/{world.plan.public_id}/progress/").content.decode()
    assert "Another person" in page
    assert "Nothing to chart yet." in page


def test_looking_is_written_down_and_changes_nothing(world: OutcomeWorld) -> None:
    as_user(world.by).get(path(world))
    assert RecordAccess.objects.filter(what="scores", user=world.by).count() == 1
    assert not OutcomeScore.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_treats_may_enter(world: OutcomeWorld, method: str) -> None:
    colleague = make_user()
    world.another(user=colleague)
    score = world.enter("baseline", BASE, ndi=17)[0]
    expected = {
        colleague: 404, make_staff("Front desk"): 403, make_staff("Admin"): 403,
        make_staff("Clinical lead"): 403, world.user: 403, make_user(): 403,
    }  # fmt: skip
    for place in (path(world), f"/desk/scores/{score.public_id}/error/"):
        found = {
            user: getattr(as_user(user), method)(place, {"reason": "x", "ndi": "3", **on(BASE)}).status_code
            for user in expected
        }  # fmt: skip
        assert found == expected
    score.refresh_from_db()
    assert not score.is_entered_in_error
    assert OutcomeScore.objects.count() == 1
