"""Progress: what practitioners and clients see, who else does not, and what is written down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.models import ClientAccess
from bookings.tests.factories import NOW, make_client, make_staff, make_user
from treatment_plans.models import Goal, OutcomeMeasure, RecordAccess
from treatment_plans.progress import series_of
from treatment_plans.tests.factories import make_plan
from treatment_plans.tests.outcome_world import BASE, REVIEW, OutcomeWorld
from treatment_plans.tests.test_plan_measures import as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> OutcomeWorld:
    made = OutcomeWorld()
    made.case_of_client_a()
    return made


def desk(world: OutcomeWorld, more: str = "") -> str:
    return f"/desk/plans/{world.plan.public_id}/progress/{more}"


def own(world: OutcomeWorld, more: str = "") -> str:
    return f"/my/plans/{world.plan.public_id}/progress/{more}"


def test_the_practitioner_sees_every_change_against_what_counts(world: OutcomeWorld) -> None:
    answer = as_user(world.by).get(desk(world))
    page = answer.content.decode()
    assert [panel.title for panel in answer.context["panels"]] == [
        "Pain", "Activities, on average", "Turn head to drive", "Computer 90 min",
        "Sleep on my right side", "Change overall", "Neck Disability Index (NDI)",
    ]  # fmt: skip
    assert "3 points lower: better by at least what usually counts" in page
    assert "2.7 points higher: better by at least what usually counts" in page
    assert "7 points lower: better by at least what usually counts" in page
    assert "moderate change for the better" in page
    assert "Farrar 2001" in page


def test_the_client_finds_the_sentence_beside_the_plan_once_there_is_something_to_say() -> None:
    world = OutcomeWorld()
    world.enter("baseline", BASE, nprs_worst=7, nprs_average=5, nprs_now=4)
    assert "Worst pain" not in as_user(world.user).get("/my/").content.decode()
    world.enter("review", REVIEW, nprs_worst=4)
    page = as_user(world.user).get("/my/").content.decode()
    assert "Worst pain in 24 hours went from 7 to 4" in page
    assert own(world) in page


def test_the_client_reads_a_sentence_first_and_never_a_verdict(world: OutcomeWorld) -> None:
    Goal.objects.create(
        plan=world.plan, sentence="Drive to work without turning my whole body", measure="Pain",
        baseline=7, target=3,
    )  # fmt: skip
    answer = as_user(world.user).get(own(world))
    page = answer.content.decode()
    heading = "Worst pain in 24 hours went from 7 to 4 in one session"
    assert page.index(heading) < page.index("<svg") < page.index("See the numbers")
    assert page.index("See the numbers") < page.index("What comes next")
    assert "Your goal: <span" in page
    assert [panel.title for panel in answer.context["goals"]] == ["Pain"]
    assert answer.context["goals"][0].target == 3
    for verdict in ("better by", "improved", "recover", "worse by", "meaningful"):
        assert verdict not in page


def test_the_target_stands_in_the_chart_of_the_measure_whatever_the_words(
    world: OutcomeWorld,
) -> None:
    for slug, words in (("ndi", "Everyday life"), ("nprs", "Evenings without pain")):
        Goal.objects.create(
            plan=world.plan, sentence=words, measure=words, target=5,
            outcome=OutcomeMeasure.objects.get(slug=slug),
        )  # fmt: skip
    answer = as_user(world.user).get(own(world))
    shown = {panel.title: (panel.goal, panel.target) for panel in answer.context["goals"]}
    assert shown == {
        "Pain": ("Evenings without pain", 5),
        "Neck Disability Index (NDI)": ("Everyday life", 5),
    }
    panels = as_user(world.by).get(desk(world)).context["panels"]
    assert {one.title for one in panels if one.target == 5} == set(shown)


def test_a_chart_has_a_title_a_description_and_its_numbers(world: OutcomeWorld) -> None:
    page = as_user(world.user).get(own(world)).content.decode()
    assert page.count('role="img"') == page.count("<title id=") == page.count("<desc id=")
    assert page.count('class="chart chart-wide"') == page.count('class="chart chart-narrow"') > 0
    assert "style=" not in page
    assert page.count('<details class="chart-numbers">') == page.count('class="chart chart-wide"')


def test_missed_visits_and_plan_changes_are_on_the_axis(world: OutcomeWorld) -> None:
    world.come(BASE + timedelta(days=3), status="no_show")
    page = as_user(world.by).get(desk(world)).content.decode()
    one = page[page.index('id="chart-nprs-0-worst"') :].split("</svg>")[0]
    assert one.count("chart-session") == 1
    assert one.count("chart-missed") == 1


def test_before_the_first_score_the_page_says_what_will_come(world: OutcomeWorld) -> None:
    for score in world.plan.scores.all():
        score.mark_in_error(by=world.by, now=score.entered_at, reason="x")
    for user, place in ((world.by, desk(world)), (world.user, own(world))):
        page = as_user(user).get(place).content.decode()
        assert "Nothing to chart yet. The first score appears after the first session." in page


@pytest.mark.parametrize("more", ["", "print/"])
def test_who_may_look(world: OutcomeWorld, more: str) -> None:
    colleague, stranger, booker = make_user(), make_user(), make_user()
    world.another(user=colleague)
    make_client(stranger)
    ClientAccess.objects.create(
        user=booker, client=world.client, relation="partner", scope="booking"
    )
    # at the desk · as their own
    expected = {
        world.by: (200, 404),
        world.user: (404, 200),
        colleague: (404, 404),
        make_staff("Clinical lead"): (200, 404),
        make_staff("Front desk"): (404, 404),
        make_staff("Admin"): (404, 404),
        stranger: (404, 404),
        booker: (404, 404),
    }
    found = {
        user: tuple(as_user(user).get(place).status_code for place in (desk(world, more), own(world, more)))
        for user in expected
    }  # fmt: skip
    assert found == expected
    assert Browser().get(desk(world, more)).status_code == 302
    assert Browser().get(own(world, more)).status_code == 302


def test_a_draft_is_not_shown_to_the_client(world: OutcomeWorld) -> None:
    world.plan.status = "draft"
    world.plan.save()
    assert as_user(world.user).get(own(world)).status_code == 404


def test_every_look_is_written_down(world: OutcomeWorld) -> None:
    as_user(world.by).get(desk(world))
    as_user(world.by).get(desk(world, "print/"))
    as_user(world.user).get(own(world))
    rows = RecordAccess.objects.order_by("pk").values_list("user", "what")
    assert list(rows) == [
        (world.by.pk, "progress"), (world.by.pk, "progress"), (world.user.pk, "own progress"),
    ]  # fmt: skip


@pytest.mark.parametrize("who", ["by", "user"])
def test_the_page_costs_the_same_whatever_was_scored(world: OutcomeWorld, who: str) -> None:
    def count() -> int:
        browser = as_user(getattr(world, who))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            browser.get(desk(world) if who == "by" else own(world))
        return len(asked)

    count()
    few = count()
    for days in range(7, 42, 7):
        world.come(REVIEW + timedelta(days=days))
        world.enter("session", REVIEW + timedelta(days=days), nprs_now=3)
    assert count() == few
    assert few <= 24


def test_nothing_of_another_plan_is_drawn(world: OutcomeWorld) -> None:
    other: Any = OutcomeWorld()
    other.enter("baseline", date(2026, 9, 7), ndi=49)
    page = as_user(world.by).get(desk(world)).content.decode()
    assert ">49<" not in page
    assert as_user(world.by).get(desk(other)).status_code == 404


def test_the_way_to_progress_opens_a_single_plan_and_lists_several(world: OutcomeWorld) -> None:
    browser = as_user(world.user)
    assert browser.get("/my/progress/")["Location"] == own(world)
    for status in ("active", "draft"):
        make_plan(
            world.client, world.person, world.service, world.place, by=world.by, now=NOW,
            is_active=status == "active",
        )  # fmt: skip
    answer = browser.get("/my/progress/")
    assert len(answer.context["plans"]) == 2
    assert own(world) in answer.content.decode()
    page = as_user(make_user()).get("/my/progress/").content.decode()
    assert "No plan yet." in page
    assert "/my/progress/" in browser.get("/my/").content.decode()


def test_a_score_on_the_day_of_the_baseline_stands_beside_it(world: OutcomeWorld) -> None:
    world.assessment.pain_now = 7
    world.assessment.save()
    world.enter("session", BASE, nprs_now=4)
    world.enter("review", BASE, psfs_1=9)
    lines = {one.name: one for one in series_of(world.plan)}
    now = next(one for name, one in lines.items() if name.endswith("now"))
    assert [(int(point.value), point.occasion) for point in now.points] == [
        (7, "baseline"), (4, "session"),
    ]  # fmt: skip
    mean = lines["Activities, on average"]
    assert [point.value for point in mean.points][:2] == [4, 9]
    page = as_user(world.by).get(f"/desk/plans/{world.plan.public_id}/progress/").content.decode()
    assert page.count(BASE.strftime("%-d %b %Y</th>")) >= 2
