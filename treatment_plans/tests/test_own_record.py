"""Taking the record home: what one's own pages show, and no word that they do not."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import ClientAccess
from bookings.tests.factories import make_client
from treatment_plans import plans, reviews, scores
from treatment_plans.aftercare import advise
from treatment_plans.models import PlanPhase, RecordAccess
from treatment_plans.tests.factories import ask
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse

pytestmark = pytest.mark.django_db
URL = "/my/data/my-data.json"


@pytest.fixture
def world() -> PlanWorld:
    """A plan with everything: a score and a wrong one, a review, advice, words among colleagues."""
    world = PlanWorld()
    plan = world.plan
    plan.home_care, plan.precautions = "Walk every day", "Secret precaution"
    plans.save(
        plan, phases=[PlanPhase(rate_kind="per_week", rate_value=1, session_count=6)], goals=[],
        techniques=[], regions=[], by=world.user, now=world.now, reason="Secret reason",
    )  # fmt: skip
    ask(plan, "nprs")
    for value, occasion in ((7, "baseline"), (6, "session")):
        (question, *_) = [one for one in scores.questions_of(plan, occasion) if one.part == "now"]
        (score,) = scores.record(
            plan, [(question, Decimal(value))], occasion=occasion, taken_on=world.today,
            entered_by="client", user=world.login, now=world.now,
        )  # fmt: skip
    score.mark_in_error(by=world.user, now=world.now, reason="Secret slip")
    review = reviews.open_review(plan, now=world.now)
    reviews.decide(
        review, "continue", by=world.user, now=world.now, reasoning="Secret reasoning",
        shared_summary="It goes well.",
    )  # fmt: skip
    advise(world.treated, "Warm your neck.", by=world.user, now=world.now)
    return world


def own(world: PlanWorld) -> tuple[dict[str, Any], str]:
    """The one person of the file, and the whole of it."""
    text = browse(world.login).get(URL).content.decode()
    (person,) = json.loads(text)["people"]
    return person, text


def test_plans_scores_reviews_and_advice_are_in_it(world: PlanWorld) -> None:
    person, _ = own(world)
    (plan,) = person["plans"]
    assert (plan["state"], plan["with"]) == ("Active", world.person.name)
    assert plan["in_plain_words"]["often"].startswith("Once a week for 6 sessions")
    assert plan["in_plain_words"]["home_care"] == "Walk every day"
    assert plan["agreed_at"]
    (score,) = plan["scores"]
    assert (score["value"], score["occasion"]) == ("7", "Before the first session")
    assert [one["summary"] for one in plan["reviews"]] == ["It goes well."]
    (advice,) = person["advice"]
    assert (advice["text"], advice["from"]) == ("Warm your neck.", world.person.name)
    assert advice["after_session_on"] == world.treated.local_day.isoformat()


def test_what_those_who_treat_write_for_each_other_is_not(world: PlanWorld) -> None:
    _, text = own(world)
    assert "Secret" not in text


def test_a_draft_is_nobody_s_but_the_practitioner_s() -> None:
    world = PlanWorld(is_active=False)
    person, _ = own(world)
    assert "plans" not in person


def test_taking_it_home_is_written_down_once_for_each_record(world: PlanWorld) -> None:
    before = RecordAccess.objects.count()
    own(world)
    row = RecordAccess.objects.latest("pk")
    assert RecordAccess.objects.count() == before + 1
    assert (row.client, row.user, row.what) == (world.client, world.login, "own data")


def test_who_only_books_for_somebody_gets_nothing_of_the_record(world: PlanWorld) -> None:
    helper = make_client(name="Pat Helper")
    login = world.colleague_user
    for client, scope in ((helper, "record"), (world.client, "booking")):
        ClientAccess.objects.create(user=login, client=client, relation="other", scope=scope)
    text = browse(login).get(URL).content.decode()
    for word in ("Walk every day", "It goes well.", "Warm your neck.", "plans"):
        assert word not in text


def test_its_queries_do_not_grow(world: PlanWorld) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            browse(world.login).get(URL)
        return len(queries)

    few = count()
    for number in range(4):
        child = make_client(name=f"Child {number}")
        ClientAccess.objects.create(
            user=world.login, client=child, relation="guardian", scope="record"
        )
        plan = world.make_plan(client=child)
        reviews.open_review(plan, now=world.now + DAY)
    assert count() == few
