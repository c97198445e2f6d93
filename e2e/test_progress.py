"""Scores, charts and the questions before a visit in a browser: accessible, by keyboard, by phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import Clinic
from e2e.test_pages import SIZES, check, violations

pytestmark = pytest.mark.browser


def plan_of_jamie(clinic: Clinic) -> str:
    ((plan,),) = clinic.sql(
        "SELECT plan.public_id FROM treatment_plans_treatmentplan plan JOIN bookings_client client"
        " ON client.id = plan.client_id WHERE client.email = 'jamie@example.com'"
        " ORDER BY plan.id LIMIT 1"
    )
    return str(plan)


def wrong_with(paths: list[str], page: Page, clinic: Clinic) -> dict[str, list[str]]:
    """What is wrong with pages, themes and widths alternating."""
    found = {}
    for number, path in enumerate(paths):
        theme, width = SIZES[number % len(SIZES)]
        found[f"{path} ({theme}, {width})"] = check(page, clinic, path, theme, width)
    return {path: problems for path, problems in found.items() if problems}


def test_progress_at_the_desk_is_accessible(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "dana@example.com")
    plan = f"/desk/plans/{plan_of_jamie(clinic)}/"
    ((score,),) = clinic.sql(
        "SELECT public_id FROM treatment_plans_outcomescore ORDER BY id LIMIT 1"
    )
    paths = [
        f"{plan}progress/", f"{plan}progress/", f"{plan}progress/print/", f"{plan}measures/",
        f"{plan}scores/?occasion=review", f"{plan}scores/?occasion=session",
        f"/desk/scores/{score}/error/",
    ]  # fmt: skip
    assert wrong_with(paths, page, clinic) == {}


def test_own_progress_is_accessible_and_fits_its_screen(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "jamie@example.com")
    own = f"/my/plans/{plan_of_jamie(clinic)}/progress/"
    assert wrong_with([own, own, f"{own}print/"], page, clinic) == {}
    for width, drawn, hidden in ((390, "narrow", "wide"), (1280, "wide", "narrow")):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(clinic.address + own)
        assert page.locator(f".chart-{drawn}").first.is_visible()
        assert not page.locator(f".chart-{hidden}").first.is_visible()
    page.get_by_text("See the numbers").first.click()
    assert page.locator("table.data").first.is_visible()


ASKED = """
from treatment_plans.links import measures_link
from treatment_plans.models import PlanVisit
visit = PlanVisit.objects.select_related("appointment").get(plan__client__name="Ada Fictional")
print(measures_link(visit.appointment, "baseline"))
"""


def test_questions_before_a_session_are_accessible_and_answered_by_keyboard(
    page: Page, clinic: Clinic
) -> None:
    """What the link of the mail shows: open, partly refused, and answered but for one."""
    link = clinic.run("shell", "-v", "0", "-c", ASKED).strip()
    assert wrong_with([link] * len(SIZES), page, clinic) == {}
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(clinic.address + link)
    page.get_by_role("button", name="Send my answers").press("Enter")
    page.get_by_text("Answer at least one question.").first.wait_for()
    assert violations(page) == []
    groups = page.locator("fieldset")
    count = groups.count()
    assert count > 2
    for number in range(count - 1):
        groups.nth(number).get_by_role("radio").first.focus()
        for _ in range(number % 3):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
    page.get_by_role("button", name="Send my answers").press("Enter")
    page.get_by_role("heading", name="Thank you").wait_for()
    assert violations(page) == []
    page.get_by_role("link", name="Answer it as well").wait_for()
    thanks = page.url.removeprefix(clinic.address)
    assert wrong_with([thanks] * 2, page, clinic) == {}
    answered = clinic.sql(
        "SELECT count(*) FROM treatment_plans_outcomescore s JOIN treatment_plans_treatmentplan p"
        " ON p.id = s.plan_id JOIN bookings_client c ON c.id = p.client_id"
        " WHERE c.name = 'Ada Fictional' AND s.entered_by = 'client'"
    )
    assert answered == [(count - 1,)]


SINCE = """
from bookings.models import Appointment
from treatment_plans.check_ins import check_in_link
from treatment_plans.models import CheckIn, TreatmentPlan
plan = TreatmentPlan.objects.filter(status="active", check_in=None).first()
visit = Appointment.objects.filter(status="completed").latest("starts_at")
print(check_in_link(CheckIn.objects.create(plan=plan, appointment=visit)))
"""


def test_the_question_after_a_first_session_is_accessible(page: Page, clinic: Clinic) -> None:
    link = clinic.run("shell", "-v", "0", "-c", SINCE).strip()
    assert wrong_with([link] * 2, page, clinic) == {}
    page.goto(clinic.address + link)
    page.get_by_role("button", name="Send my answer").press("Enter")
    page.get_by_text("Choose how you feel").first.wait_for()
    assert violations(page) == []
    page.get_by_label("About the same").check()
    page.get_by_label("What have you noticed?").fill("Nothing much.")
    page.get_by_role("button", name="Send my answer").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    assert violations(page) == []


REFERRED = """
from django.utils import timezone
from clinic.models import User
from treatment_plans.models import Letter, Review, TreatmentPlan
now, by = timezone.now(), User.objects.get(email="dana@example.com")
plan = TreatmentPlan.objects.filter(client__email="jamie@example.com").earliest("pk")
review = Review.objects.create(
    plan=plan, number=99, due_on=now.date(), decision="refer", decided_at=now, decided_by=by
)
letter = Letter.objects.create(
    review=review, to_whom="Dr Example", text="Dear colleague", written_at=now, written_by=by
)
print(review.public_id, letter.public_id)
"""


def test_letters_are_accessible(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    review, letter = clinic.run("shell", "-v", "0", "-c", REFERRED).split()
    as_demo(page, "dana@example.com")
    there = f"/desk/reviews/{review}/"
    paths = [f"{there}letter/", f"{there}letter/", f"/desk/letters/{letter}/print/", there]
    assert wrong_with(paths, page, clinic) == {}
    page.context.clear_cookies()
    as_demo(page, "jamie@example.com")
    own = f"/my/letters/{letter}/"
    assert wrong_with([own, own, "/letter/broken/", "/my/"], page, clinic) == {}
