"""Reviews at the desk: what they show, how they end, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.tests.factories import NOW, make_client, make_staff, make_user
from treatment_plans import findings, referring, reviews
from treatment_plans.models import RecordAccess, Review
from treatment_plans.tests.outcome_world import REVIEW, OutcomeWorld
from treatment_plans.tests.test_reviews import World
from treatment_plans.visits import follow_appointment

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def review(world: World) -> Review:
    return world.open()


def browser_of(user: Any) -> Browser:
    browser = Browser()
    if user is not None:
        browser.force_login(user)
    return browser


def path(review: Review) -> str:
    return f"/desk/reviews/{review.public_id}/"


def answer(**changed: Any) -> dict[str, Any]:
    return {"decision": "continue", "reasoning": "Pain is down", **changed}


def test_a_review_shows_the_dose_and_ends_in_a_decision(world: World, review: Review) -> None:
    browser = browser_of(world.user)
    page = browser.get(path(review)).content.decode()
    assert "6 done" in page
    reply = browser.post(path(review), answer(shared_summary="Pain went from 7 to 4."))
    assert (reply.status_code, reply["Location"]) == (302, path(review))
    review.refresh_from_db()
    assert (review.decision, review.shared_summary) == ("continue", "Pain went from 7 to 4.")
    assert review.findings["completed"] == 6
    page = browser.get(path(review)).content.decode()
    assert "Pain went from 7 to 4." in page
    assert "Decide this review" not in page


def test_a_rating_of_the_change_itself_is_shown_as_it_is_now() -> None:
    seen = OutcomeWorld()
    seen.case_of_client_a()
    seen.enter("review", REVIEW + timedelta(days=20), groc=-2)
    found = findings.of(reviews.open_review(seen.plan, now=NOW), now=NOW)
    (change,) = [one for one in found.measured if one.name.startswith("Global Rating")]
    assert (change.before, change.after) == ("", "-2")
    assert change.words == "Says the change itself: small change for the worse"
    assert "NDI" in referring.draft(seen.plan.reviews.get(), found)
    assert "-2 now (points)" in referring.draft(seen.plan.reviews.get(), found)
    assert " at the start, -2 now" not in referring.draft(seen.plan.reviews.get(), found)


def test_a_discharge_says_how_many_sessions_stay_booked(world: World, review: Review) -> None:
    soon = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    world.visit(soon, status="booked")
    reply = browser_of(world.user).post(path(review), answer(decision="discharge"), follow=True)
    assert "is decided: discharge. 1 session stays booked." in reply.content.decode()


def test_missed_sessions_are_told_and_the_charts_one_press_away(world: World) -> None:
    world.visit(NOW - timedelta(days=3), status="no_show")
    browser, review = browser_of(world.user), world.open()
    page = browser.get(path(review)).content.decode()
    assert "Missed: 1 no-show." in page
    assert f"/desk/plans/{world.plan.public_id}/progress/" in page
    assert f"/desk/plans/{world.plan.public_id}/scores/" in page
    assert f'href="{path(review)}"' in browser.get("/desk/caseload/").content.decode()
    browser.post(path(review), answer())
    review.refresh_from_db()
    assert review.findings.pop("missed") == "1 no-show"
    assert findings.of(review, now=NOW).missed == ""  # decided before it was kept


def test_a_change_leads_to_the_plan_s_form(world: World, review: Review) -> None:
    reply = browser_of(world.user).post(path(review), answer(decision="change"))
    assert reply["Location"] == f"/desk/plans/{world.plan.public_id}/edit/"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"decision": ""}, "Choose how the plan goes on"),
        ({"decision": "nothing"}, "Select a valid choice"),
        ({"holds": "on"}, "Only a plan that you refer waits for the doctor"),
        ({"reasoning": ""}, "Say what the decision rests on"),
        ({"reasoning": "x" * 4001}, "at most 4000 characters (it has 4001)"),
        ({"shared_summary": "a\x00b"}, "Null characters are not allowed"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    world: World, review: Review, changed: dict[str, str], sentence: str
) -> None:
    reply = browser_of(world.user).post(path(review), answer(shared_summary="Kept", **{}) | changed)
    page = reply.content.decode()
    assert reply.status_code == 422
    assert sentence in page
    assert changed.get("shared_summary", "Kept").replace("\x00", "") in page or "Kept" in page
    review.refresh_from_db()
    assert review.is_open


def test_a_review_that_a_colleague_has_decided_says_so(world: World, review: Review) -> None:
    reviews.decide(review, "continue", by=world.user, now=NOW, reasoning="First")
    reply = browser_of(world.user).post(path(review), answer(reasoning="Second thoughts"))
    assert reply.status_code == 422
    assert "decided already" in reply.content.decode()


def test_booking_past_it_is_allowed_with_a_reason(world: World, review: Review) -> None:
    browser = browser_of(world.user)
    reply = browser.post(f"{path(review)}allow/", {"reason": ""})
    assert reply.status_code == 422
    assert "Say why sessions may be booked before the review" in reply.content.decode()
    reply = browser.post(f"{path(review)}allow/", {"reason": "Away for a month"})
    assert reply["Location"] == path(review)
    assert "Away for a month" in browser.get(path(review)).content.decode()


def test_a_review_can_begin_before_it_is_due(world: World) -> None:
    world.done(2)
    where = f"/desk/plans/{world.plan.public_id}/review/"
    browser = browser_of(world.user)
    plan = f"/desk/plans/{world.plan.public_id}/"
    assert "Review now" in browser.get(plan).content.decode()
    first = browser.post(where)
    assert "Review now" not in browser.get(plan).content.decode()
    assert browser.post(where)["Location"] == first["Location"]
    assert world.plan.reviews.count() == 1
    assert browser.get(where).status_code == 405


def test_the_list_names_those_that_wait(world: World, review: Review) -> None:
    page = browser_of(world.user).get("/desk/reviews/").content.decode()
    assert world.patient.name in page
    reviews.decide(review, "continue", by=world.user, now=NOW, reasoning="Fine")
    page = browser_of(world.user).get("/desk/reviews/").content.decode()
    assert "No review waits for a decision." in page


def test_the_list_costs_the_same_for_many(world: World, review: Review) -> None:
    browser = browser_of(world.user)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/desk/reviews/").status_code == 200
        return len(queries)

    cost()
    before = cost()
    for number in range(4):
        plan = world.make(client=make_client(name=f"Client {number} Fictional"))
        reviews.open_review(plan, now=NOW)
    assert cost() == before


def test_opening_a_review_is_written_down(world: World, review: Review) -> None:
    browser_of(world.user).get(path(review))
    assert list(RecordAccess.objects.values_list("what", "user")) == [("review", world.user.pk)]


# list · review · decide · allow · begin
@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("treating", [200, 200, 422, 422, 302]),
        ("colleague", [200, 404, 404, 404, 404]),
        ("lead", [200, 200, 422, 422, 302]),
        ("front desk", [403, 403, 403, 403, 403]),
        ("admin", [403, 403, 403, 403, 403]),
        ("own client", [403, 403, 403, 403, 403]),
        ("other client", [403, 403, 403, 403, 403]),
        ("anonymous", [302, 302, 302, 302, 302]),
    ],
)
def test_who_may_do_what(world: World, review: Review, who: str, expected: list[int]) -> None:
    colleague, own, other = make_user(), make_user(), make_user()
    world.another(user=colleague)
    world.patient.access.create(user=own, relation="self", scope="record")
    make_client(other)
    users = {
        "treating": world.user,
        "colleague": colleague,
        "lead": make_staff("Clinical lead"),
        "front desk": make_staff("Front desk"),
        "admin": make_staff("Admin"),
        "own client": own,
        "other client": other,
        "anonymous": None,
    }
    browser = browser_of(users[who])
    begin = f"/desk/plans/{world.plan.public_id}/review/"
    assert [
        browser.get("/desk/reviews/").status_code,
        browser.get(path(review)).status_code,
        browser.post(path(review)).status_code,
        browser.post(f"{path(review)}allow/").status_code,
        browser.post(begin).status_code,
    ] == expected
    review.refresh_from_db()
    assert review.is_open


def test_a_colleague_s_list_is_empty_and_the_lead_s_has_all(world: World, review: Review) -> None:
    colleague = make_user()
    world.another(user=colleague)
    pages = [
        browser_of(user).get("/desk/reviews/").content.decode()
        for user in (colleague, make_staff("Clinical lead"))
    ]
    assert [world.patient.name in page for page in pages] == [False, True]


def test_a_later_phase_is_offered_only_where_there_is_one(world: World, review: Review) -> None:
    browser = browser_of(world.user)
    assert 'value="taper"' in browser.get(path(review)).content.decode()
    world.plan.phases.last().delete()  # type: ignore[union-attr]
    page = browser.get(path(review))
    assert 'value="taper"' not in page.content.decode()
    assert "next phase" not in page.context["found"].advice
    late = browser.post(path(review), answer(decision="taper"))  # the page was open before
    assert late.status_code == 422
    assert "There is no later phase" in late.content.decode()


def test_the_review_of_a_plan_that_is_done_offers_what_can_follow(world: World) -> None:
    world.plan = world.make(phases=(("per_week", 2, 6),), client=make_client())
    world.patient = world.plan.client
    for number in range(6):
        follow_appointment("completed", world.visit(NOW + (number - 9) * DAY), now=NOW)
    review, browser = world.plan.reviews.get(), browser_of(world.user)
    assert world.patient.name in browser.get("/desk/reviews/").content.decode()
    page = browser.get(path(review))
    words = page.content.decode()
    offered = ["discharge", "change", "refer"]
    assert [one for one, _ in page.context["form"].fields["decision"].choices] == offered
    assert "Booking until then" not in words
    assert "go on as planned" not in words
    assert "You may want to" not in words
    late = browser.post(path(review), answer())  # the page was open before
    assert late.status_code == 422
    assert "The plan has had all its sessions." in late.content.decode()
    reply = browser.post(path(review), answer(decision="change"))
    assert reply["Location"] == f"/desk/clients/{world.patient.public_id}/plan/"
