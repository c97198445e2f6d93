"""Plans in a browser: written, agreed to and booked; every page of them accessible."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import Clinic, text_of
from e2e.test_clinical import one
from e2e.test_pages import SIZES, check, violations
from e2e.test_progress import plan_of_jamie

pytestmark = pytest.mark.browser
MOST_CLICKS = 4
WAITS_FOR_A_YES = "Ben Fictional"


def at_the_desk(clinic: Clinic) -> list[str]:
    """What whoever treats opens of plans in every state."""
    there, (draft, paused) = f"/desk/plans/{plan_of_jamie(clinic)}/", in_state(clinic)
    return [
        f"{there}edit/", there, f"{there}?on=31/12/2030", f"{there}dates/", f"{there}words/",
        f"{there}words/print/", f"{there}step/pause/", f"{there}step/end/", f"{there}step/start/",
        "/desk/caseload/", "/desk/caseload/?state=overdue",
        draft, f"{draft}step/start/", f"{draft}edit/", f"{draft}dates/", f"{draft}words/",
        draft, paused, f"{paused}step/start/",
    ]  # fmt: skip


def in_state(clinic: Clinic) -> list[str]:
    """A draft and a plan that rests."""
    statement = "SELECT public_id FROM treatment_plans_treatmentplan WHERE status = '{}' LIMIT 1"
    return [f"/desk/plans/{one(clinic, statement.format(state))}/" for state in ("draft", "paused")]


def of_the_client(clinic: Clinic) -> list[str]:
    """What the client opens of their own plan."""
    there = f"/my/plans/{plan_of_jamie(clinic)}/"
    advice = one(clinic, "SELECT public_id FROM treatment_plans_aftercare LIMIT 1")
    return [
        f"/my/advice/{advice}/", "/my/", there, f"{there}print/", f"{there}dates/", "/my/progress/", "/plan/broken/",
        "/q/broken/", "/advice/broken/", f"/my/advice/{advice}/",
    ]  # fmt: skip


PEOPLE = {"dana@example.com": at_the_desk, "jamie@example.com": of_the_client}


@pytest.mark.parametrize("email", PEOPLE)
def test_pages_of_plans_are_accessible(
    email: str, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, email)
    wrong = {}
    for number, path in enumerate(PEOPLE[email](clinic)):
        theme, width = SIZES[(number + 2) % len(SIZES)]
        problems = check(page, clinic, path, theme, width)
        if problems:
            wrong[f"{path} ({theme}, {width})"] = problems
    assert wrong == {}


SPILLING = """said => [...document.querySelectorAll(".date-row .form-check-label")].filter(label => {
  label.textContent = said;
  return label.scrollWidth > label.clientWidth;
}).length"""


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_a_time_with_its_year_stays_within_its_button(
    width: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "dana@example.com")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{clinic.address}/desk/plans/{plan_of_jamie(clinic)}/dates/")
    assert page.locator(".date-row .form-check-label").count() > 0
    assert page.evaluate(SPILLING, "Wed 20 Jan 2027, 12:30pm") == 0


def test_a_client_books_all_from_the_mail_in_four_clicks(page: Page, clinic: Clinic) -> None:
    """Where no time is free on the right days the client has to choose: one more for each."""
    email = one(clinic, f"SELECT email FROM bookings_client WHERE name = '{WAITS_FOR_A_YES}'")
    clinic.run("send_due", "--once")
    before = booked_for(clinic)
    clicks = Clicks()
    clicks.on(lambda: page.goto(mailed(clinic, email, r"(http://\S+/plan/\S+)")))
    page.get_by_label("Email").fill(email)
    clicks.on(page.get_by_role("button", name="Send me a code").click)
    page.get_by_label("Code from the email").fill(mailed(clinic, email, r"\b(\d{6})\b"))
    clicks.on(page.get_by_role("button", name="Sign in").click)
    page.get_by_role("heading", name="Dates we propose").wait_for()
    assert violations(page) == []
    open_rows = page.locator("#dates fieldset:not(:has(input:checked))")
    most = MOST_CLICKS + open_rows.count()
    while open_rows.count():
        clicks.on(open_rows.first.locator("label").first.click)
    chosen = page.locator("#dates input:checked:not([id$=none])").count()
    clicks.on(page.get_by_role("button", name=re.compile("I agree, book (the|this)")).click)
    page.get_by_role("heading", name="Your next sessions").wait_for()
    assert booked_for(clinic) - before == chosen > 1
    assert clicks.count <= most


def booked_for(clinic: Clinic) -> int:
    """How many sessions to come the client has."""
    ((count,),) = clinic.sql(
        "SELECT count(*) FROM bookings_appointment a JOIN bookings_client c ON c.id = a.client_id"
        " WHERE c.name = %s AND a.status = 'booked' AND a.starts_at > now()",
        (WAITS_FOR_A_YES,),
    )
    return int(count)


def mailed(clinic: Clinic, email: str, wanted: str, seconds: float = 60) -> str:
    """What the newest mail that has it says, whatever else arrives."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for mail in reversed(clinic.mails(email)):
            found = re.search(wanted, text_of(mail))
            if found:
                return found.group(1)
        time.sleep(0.2)
    raise AssertionError(f"no mail to {email} has {wanted}")


class Clicks:
    """Everything that a client presses, counted."""

    def __init__(self) -> None:
        self.count = 0

    def on(self, press: Callable[[], Any]) -> None:
        self.count += 1
        press()
