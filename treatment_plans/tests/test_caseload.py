"""The caseload and the client's plan card: how plans stand, at a fixed cost, for whom they are meant."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.tests.factories import make_client, make_staff
from bookings.times import say_day
from treatment_plans import caseload, plans, portal
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, statuses
from treatment_plans.visits import link

pytestmark = pytest.mark.django_db
PAGE = "/desk/caseload/"
MONDAY = date(2026, 9, 7)


@pytest.mark.parametrize(
    ("days", "status"),
    [(-9, "upcoming"), (-2, "due_soon"), (0, "due"), (5, "overdue"), (30, "lapsed")],
)
def test_how_a_plan_stands_follows_from_its_target(days: int, status: str) -> None:
    world = PlanWorld()
    world.plan.start_on, world.plan.activated_on = MONDAY, MONDAY - 14 * DAY
    world.plan.save()
    at = datetime.combine(MONDAY + days * DAY, time(12), tzinfo=world.place.zone)
    (case,) = caseload.cases(world.user, now=at, person=world.person)
    assert (case.target_on, case.status) == (MONDAY, status)


@pytest.mark.parametrize("days", [-9, 0, 1, 6, 30])
def test_client_and_specialist_read_the_same_day(days: int) -> None:
    """The day on which the clinic is open, also when it is over: no rule moves it on to today."""
    world = PlanWorld()
    sunday = MONDAY - DAY
    world.place.opening_hours.filter(weekday=7).delete()
    world.plan.start_on, world.plan.activated_on = sunday, sunday - 14 * DAY
    world.plan.save()
    at = datetime.combine(MONDAY + days * DAY, time(12), tzinfo=world.place.zone)
    (case,) = caseload.cases(world.user, now=at, person=world.person)
    (card,) = portal.cards(world.login, now=at)
    assert case.target_on == card.target_on
    assert case.target_on is not None
    assert card.is_past == (case.target_on < at.date())


def test_a_client_reads_that_a_session_was_due() -> None:
    world = PlanWorld(start_on=timezone.now().date() - 40 * DAY)
    page = browse(world.login).get("/my/").content.decode()
    (case,) = caseload.cases(world.user, now=world.now, person=world.person)
    assert "The next one was due around" in page
    assert say_day(case.target_on, today=world.today) in page  # type: ignore[arg-type]


@pytest.mark.parametrize(("days", "words"), [(1, "Due soon"), (30, "Upcoming")])
def test_the_plan_says_in_the_same_words_how_it_stands(days: int, words: str) -> None:
    world = PlanWorld(now=timezone.now() - 3 * DAY)  # on a Sunday nothing begins to be due soon
    world.plan.start_on = world.today + days * DAY
    world.plan.save()
    (case,) = caseload.cases(world.user, now=world.now, person=world.person)
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert case.words == words
    assert f'<span class="state state-{case.status}">{case.words}</span>' in page


def test_the_most_urgent_comes_first_and_what_has_ended_is_not_there() -> None:
    world = PlanWorld()
    late = world.make_plan(client=make_client(), start_on=world.today - 30 * DAY)
    over = world.make_plan(client=make_client())
    plans.end(over, "discharged", by=world.user, now=world.now, reason="Over")
    for plan in (late, over):
        world.visit(world.now - 50 * DAY - plan.pk * DAY, client=plan.client, status="completed")
    found = caseload.cases(world.user, now=world.now, person=world.person)
    assert [case.plan for case in found] == [late, world.plan]
    assert [case.needs_somebody for case in found] == [True, False]


def test_who_may_see_it() -> None:
    world = PlanWorld()
    assert statuses(world, PAGE) == {
        "treating": 200, "colleague": 200, "front desk": 403, "admin": 403, "lead": 200,
        "own": 403, "books for them": 403, "other client": 403, "anonymous": 302,
    }  # fmt: skip
    name = world.client.name
    assert name in browse(world.user).get(PAGE).content.decode()
    assert name not in browse(world.colleague_user).get(PAGE).content.decode()
    assert name in browse(make_staff("Clinical lead")).get(PAGE).content.decode()


@pytest.mark.parametrize("state", ["", *caseload.FILTERS, *caseload.BY_PROGRESS, "nonsense"])
def test_every_filter_answers(state: str) -> None:
    world = PlanWorld()
    query: dict[str, Any] = {"state": state, "page": "abc", "q": "x" * 300, "practitioner": "none"}
    assert browse(world.user).get(PAGE, query).status_code == 200


def queries(browser: Any, path: str) -> int:
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200
    return len(seen)


def test_it_costs_the_same_for_many() -> None:
    world = PlanWorld()
    desk, own = browse(world.user), browse(world.login)
    few = queries(desk, PAGE), queries(own, "/my/")
    for number in range(8):
        client = make_client()
        world.visit(world.now - (60 + number) * DAY, client=client, status="completed")
        world.make_plan(client=client)
    for _ in range(3):
        world.make_plan()
    assert (queries(desk, PAGE), queries(own, "/my/")) == few


def test_the_client_finds_their_plan_on_their_page() -> None:
    world = PlanWorld(is_agreed=False)
    page = browse(world.login).get("/my/").content.decode()
    assert "Session 1 of 6" in page
    assert "Read and agree" in page
    assert "Book the next session" in page
    helper = make_staff("Front desk")
    world.client.access.create(user=helper, relation="other", scope="booking")
    assert "Session 1 of 6" not in browse(helper).get("/my/").content.decode()


def test_once_all_is_booked_a_client_is_shown_the_dates() -> None:
    world = PlanWorld()
    days = [world.today + (1 + number) * DAY for number in range(6)]
    shown = []
    for day in days:
        visit = world.visit(datetime.combine(day, time(10), tzinfo=world.place.zone))
        link(world.plan, visit, now=world.now)
        (card,) = portal.cards(world.login, now=world.now)
        shown.append(card.dates.can_choose)
    assert shown == [True] * 5 + [False]
    page = browse(world.login).get("/my/").content.decode()
    assert "Dates of the plan" in page
    assert "Every session is booked." in page
    assert "Book further sessions" not in page
