"""Every page: no accessibility violation, no policy violation, no stranger on the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import AXE, Clinic

pytestmark = pytest.mark.browser

HEALTH = "/health/messages/"  # may be red, as beat has only just begun
ANYONE = [
    "/", "/specialists/", "/specialists/?condition=neck-pain", "/specialists/dana/",
    "/techniques/", "/techniques/swedish/", "/conditions/", "/conditions/sciatica/",
    "/about-medical-massage/", "/book/", "/book/medical-massage/", "/book/?go=1", "/book/medical-massage/?month=2026-12",
    "/specialists/?gender=woman", "/sign-in/", "/demo/mail/", "/book/nothing/", "/v/broken/", "/m/broken/", HEALTH,
]  # fmt: skip
CLIENT = [
    "/my/record-access/", "/my/", "/my/contact/", "/my/people/", "/my/data/", "/my/calendar/",
]  # fmt: skip
PRACTITIONER = [
    "/desk/", "/desk/clients/", "/desk/to-do/", "/desk/profile/", "/desk/calendar/",
]  # fmt: skip
LEAD = ["/desk/record-access/", "/desk/plans/hand-over/dana/", "/desk/to-do/", "/admin/"]
ADMIN = ["/desk/checklist/", "/desk/staff/"]
ROLES = {
    "": ANYONE,
    "jamie@example.com": CLIENT,
    "dana@example.com": PRACTITIONER,
    "admin@example.com": ADMIN,
    "lead@example.com": LEAD,
}
SIZES = [("light", 390), ("dark", 1280), ("dark", 390), ("light", 1280)]


def check(page: Page, clinic: Clinic, path: str, theme: str, width: int) -> list[str]:
    """Open a page and list everything that is wrong with it."""
    wrong: list[str] = []

    def heard(message: Any) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(f"policy: {message.text[:160]}")

    def asked(request: Any) -> None:
        if not request.url.startswith((clinic.address, "data:")):
            wrong.append(f"stranger: {request.url}")

    page.on("console", heard)
    page.on("request", asked)
    page.set_viewport_size({"width": width, "height": 900})
    cookie = {"name": "theme", "value": theme, "url": clinic.address}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    answer = page.goto(clinic.address + path)
    assert answer is not None
    if answer.status >= (400 if path.startswith("/admin/") else 500) and path != HEALTH:
        wrong.append(f"status {answer.status}")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        wrong.append(f"scrolls sideways at {width}")
    page.remove_listener("console", heard)
    page.remove_listener("request", asked)
    return wrong + violations(page)


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands.

    It need not explain what passes, nor load styles again for rules about turning and sound.
    """
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'],"
        " resultTypes: ['violations'], preload: false})"
    )
    return [
        f"{violation['id']}: {[node['html'][:120] for node in violation['nodes'][:2]]}"
        for violation in found["violations"]
    ]


@pytest.mark.parametrize("email", list(ROLES))
def test_pages_are_accessible_and_keep_to_themselves(
    email: str, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    if email:
        as_demo(page, email)
    wrong = {}
    for number, path in enumerate(ROLES[email]):
        theme, width = SIZES[number % len(SIZES)]
        problems = check(page, clinic, path, theme, width)
        if problems:
            wrong[f"{path} ({theme}, {width})"] = problems
    assert wrong == {}


def test_a_client_chooses_what_to_hear_from_us(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "jamie@example.com")
    page.goto(f"{clinic.address}/my/")
    page.get_by_role("link", name="What you want to hear from us").click()
    assert violations(page) == []
    page.get_by_label("Reminders by e-mail").uncheck()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Saved what Jamie wants to hear from us.").wait_for()
    page.get_by_role("link", name="What you want to hear from us").click()
    page.get_by_text("E-mail: no").wait_for()
    page.get_by_label("Reminders by e-mail").check()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("Saved what Jamie wants to hear from us.").wait_for()
