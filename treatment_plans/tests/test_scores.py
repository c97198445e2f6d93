"""Asking for scores, writing them down, and what the database keeps."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, transaction

from bookings.tests.factories import NOW, make_client, make_staff, make_user
from practitioners.models import BodyRegion
from treatment_plans import progress, scores
from treatment_plans.errors import BadScore
from treatment_plans.models import (
    OutcomeMeasure,
    OutcomeScore,
    RomMeasurement,
    TreatmentPlan,
)
from treatment_plans.outcomes import judged_changes, suggestion
from treatment_plans.tests.factories import make_assessment, make_measures
from treatment_plans.tests.outcome_world import BASE, REVIEW, OutcomeWorld

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None) -> OutcomeWorld:
    return OutcomeWorld()


def test_a_plan_asks_its_measures_part_by_part_and_activity_by_activity(
    world: OutcomeWorld,
) -> None:
    asked = scores.questions_of(world.plan, "baseline")
    assert [one.key for one in asked] == [
        "nprs-worst", "nprs-average", "nprs-now", "psfs-1", "psfs-2", "psfs-3", "ndi",
    ]  # fmt: skip
    assert [one.key for one in scores.questions_of(world.plan, "session")] == ["nprs-now"]
    of_client = scores.questions_of(world.plan, "review", of="client")
    assert [one.key for one in of_client] == [
        "nprs-worst", "nprs-average", "nprs-now", "psfs-1", "psfs-2", "psfs-3", "groc",
    ]  # fmt: skip


def test_the_case_of_client_a_comes_out_of_the_rows(world: OutcomeWorld) -> None:
    world.case_of_client_a()
    found = {one.key: one for one in progress.series_of(world.plan)}
    said = {
        key: (str(one.first.value), str(one.last.value), one.change.reading)
        for key, one in found.items()
        if one.change
    }
    assert said["nprs 0 worst"] == ("7.00", "4.00", "better")
    assert said["psfs"] == ("4.0", "6.7", "better")
    assert said["ndi"] == ("17.00", "10.00", "better")
    assert found["groc"].scale.band(found["groc"].last.value) == "moderate change for the better"
    changes = judged_changes(progress.series_of(world.plan))
    assert [change.gain for change in changes] == [D(3), D("2.7"), D(7)]
    assert suggestion(changes, reviews=1).advice[0] == "taper"


def test_pain_and_motion_of_assessments_join_the_same_series(world: OutcomeWorld) -> None:
    world.assessment.pain_worst, world.assessment.pain_now = 7, 4
    world.assessment.save()
    RomMeasurement.objects.create(
        assessment=world.assessment, joint="cervical-spine", movement="rotation", side="right", degrees=48
    )  # fmt: skip
    again = make_assessment(world.client, world.person, assessed_on=REVIEW, pain_worst=6)
    RomMeasurement.objects.create(
        assessment=again, joint="cervical-spine", movement="rotation", side="right", degrees=51
    )
    world.enter("review", REVIEW, nprs_worst=4)
    found = {one.key: one for one in progress.series_of(world.plan)}
    worst = found["nprs 0 worst"]
    assert [(point.on, int(point.value)) for point in worst.points] == [(BASE, 7), (REVIEW, 4)]
    turn = found["rom cervical-spine rotation right active"]
    assert (turn.name, turn.change.reading) == ("Cervical spine, rotation, right", "unclear")


def test_gathering_the_series_costs_the_same_whatever_was_scored(
    world: OutcomeWorld, django_assert_num_queries: Any
) -> None:
    world.enter("baseline", BASE, nprs_worst=7, ndi=17, psfs_1=4)
    world.enter("review", REVIEW, nprs_worst=4, ndi=10, psfs_1=7)
    make_assessment(world.client, world.person, assessed_on=REVIEW, pain_now=2)
    plan = TreatmentPlan.objects.select_related("assessment", "location").get(pk=world.plan.pk)
    with django_assert_num_queries(4):
        progress.series_of(plan)


def test_the_same_answer_again_changes_nothing(world: OutcomeWorld) -> None:
    assert len(world.enter("baseline", BASE, ndi=17)) == 1
    assert world.enter("baseline", BASE, ndi=17) == []
    assert OutcomeScore.objects.count() == 1


def test_another_answer_of_the_same_day_replaces_the_first(world: OutcomeWorld) -> None:
    world.enter("baseline", BASE, ndi=17)
    world.enter("baseline", BASE, ndi=16)
    old, new = OutcomeScore.objects.order_by("pk")
    assert (old.is_entered_in_error, old.error_reason) == (True, scores.REPLACED)
    assert (new.value, new.is_entered_in_error) == (D(16), False)
    assert [point.value for point in progress.series_of(world.plan)[0].points] == [16]


@pytest.mark.parametrize(("key", "value"), [("ndi", 51), ("ndi", -1), ("ndi", "4.5"), ("nprs_now", 11)])  # fmt: skip
def test_a_value_off_its_scale_writes_nothing(world: OutcomeWorld, key: str, value: Any) -> None:
    with pytest.raises(BadScore, match="Enter 0 to"):
        world.enter("baseline", BASE, nprs_worst=7, **{key: value})
    assert not OutcomeScore.objects.exists()


def test_the_database_refuses_a_value_off_its_scale(world: OutcomeWorld) -> None:
    about = {
        "plan": world.plan, "occasion": "baseline", "taken_on": BASE,
        "entered_by": "practitioner", "entered_at": NOW,
    }  # fmt: skip
    make_measures("who-5")
    well_being = OutcomeMeasure.objects.get(slug="who-5")
    for value in (104, -4, 50):
        with pytest.raises(IntegrityError, match="on the scale"), transaction.atomic():
            OutcomeScore.objects.create(measure=well_being, value=value, **about)
    OutcomeScore.objects.create(measure=well_being, value=48, **about)


def test_a_score_is_neither_changed_nor_deleted(world: OutcomeWorld) -> None:
    score = world.enter("baseline", BASE, ndi=17)[0]
    with pytest.raises(InternalError), transaction.atomic():
        OutcomeScore.objects.filter(pk=score.pk).update(value=3)
    with pytest.raises(InternalError), transaction.atomic():
        OutcomeScore.objects.filter(pk=score.pk).update(taken_on=REVIEW)
    with pytest.raises(InternalError), transaction.atomic():
        score.delete()
    score.mark_in_error(by=world.by, now=NOW, reason="Another person's form")
    score.refresh_from_db()
    assert (score.value, score.is_entered_in_error) == (D(17), True)
    assert progress.series_of(world.plan) == []


def test_one_score_per_occasion_and_day(world: OutcomeWorld) -> None:
    score = world.enter("baseline", BASE, ndi=17)[0]
    score.pk = None
    score.public_id = "6f6f8f2e-6f6b-4f0c-8f39-6f8f3f3f3f3f"
    with pytest.raises(IntegrityError, match="one_score_per_occasion"), transaction.atomic():
        score.save(force_insert=True)


def test_an_activity_keeps_its_words_once_it_is_scored(world: OutcomeWorld) -> None:
    first = world.plan.activities.first()
    first.wording = "Turn my head to drive"
    first.save()
    world.enter("baseline", BASE, psfs_1=4)
    first.wording = "Something easier"
    with pytest.raises(IntegrityError, match="keeps its words"), transaction.atomic():
        first.save()


def test_a_score_remembers_the_scale_it_is_of(world: OutcomeWorld) -> None:
    assert world.enter("baseline", BASE, ndi=17)[0].scale_note == "0 to 50 points"


def test_who_sees_scores(world: OutcomeWorld) -> None:
    world.enter("baseline", BASE, ndi=17)
    booking_only = make_user()
    make_client(booking_only)
    seen = OutcomeScore.objects.visible_to
    own = OutcomeScore.objects.own_of
    assert seen(world.by).count() == 1
    assert seen(make_staff("Clinical lead")).count() == 1
    for user in (make_staff("Front desk"), make_staff("Admin"), world.user, booking_only):
        assert seen(user).count() == 0
    assert own(world.user).count() == 1
    for user in (booking_only, world.by, make_staff("Clinical lead")):
        assert own(user).count() == 0


def test_a_measure_is_suggested_by_the_area_treated(world: OutcomeWorld) -> None:
    neck, back = (
        BodyRegion.objects.create(slug=slug, name=slug, is_paired=False, view="back", group="trunk")
        for slug in ("cervical-spine", "lumbar-spine")
    )
    make_measures("odi", "rmdq")
    OutcomeMeasure.objects.get(slug="ndi").body_regions.add(neck)
    for slug in ("rmdq", "odi"):
        OutcomeMeasure.objects.get(slug=slug).body_regions.add(back)
    suggested = OutcomeMeasure.objects.suggested_for
    assert not suggested(world.plan).exists()
    world.plan.regions.set([neck])
    assert [one.slug for one in suggested(world.plan)] == ["ndi"]
    world.plan.regions.set([back])
    assert [one.slug for one in suggested(world.plan)] == ["odi", "rmdq"]
    OutcomeMeasure.objects.filter(slug="odi").update(is_offered=False)
    assert [one.slug for one in suggested(world.plan)] == ["rmdq"]
