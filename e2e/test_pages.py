"""Every page: no accessibility violation, no policy violation, no stranger on the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import AXE, Clinic

pytestmark = pytest.mark.browser

ANYONE = [
    "/", "/specialists/", "/specialists/?condition=neck-pain", "/specialists/dana/",
    "/techniques/", "/techniques/swedish/", "/conditions/", "/conditions/sciatica/",
    "/about-medical-massage/", "/book/", "/book/medical-massage/", "/book/?go=1",
    "/sign-in/", "/demo/mail/", "/book/nothing/", "/v/broken/",
]  # fmt: skip
CLIENT = ["/my/"]
PRACTITIONER = ["/desk/", "/desk/clients/", "/desk/to-do/"]
ADMIN = ["/desk/checklist/", "/desk/staff/"]
MODELS = {
    "practitioners": [
        "availability", "bodyregion", "closure", "condition", "extrahours", "location",
        "practitioner", "room", "service", "technique", "timeoff",
    ],
    "bookings": ["appointment", "client", "message", "task"],
    "clinic": ["user"],
}  # fmt: skip
ADMIN_SITE = [
    "/admin/",
    *(f"/admin/{app}/{model}/" for app, models in MODELS.items() for model in models),
    *(f"/admin/practitioners/{model}/1/change/" for model in ("practitioner", "service", "location", "clinicsettings")),
    *(f"/admin/practitioners/{model}/add/" for model in ("practitioner", "closure", "room", "timeoff")),
    "/admin/practitioners/practitioner/1/leaving/",
    "/admin/practitioners/practitioner/1/delete/", "/admin/practitioners/practitioner/1/history/",
    "/admin/practitioners/closure/1/delete/",
    "/admin/practitioners/practitioner/?q=nobody",
    "/admin/practitioners/practitioner/?_popup=1", "/admin/practitioners/room/add/?_popup=1",
    "/admin/bookings/message/1/change/", "/admin/bookings/client/1/change/",
    "/admin/clinic/user/1/change/", "/admin/bookings/appointment/1/change/",
]  # fmt: skip
ROLES = {
    "": ANYONE,
    "jamie@example.com": CLIENT,
    "dana@example.com": PRACTITIONER,
    "admin@example.com": ADMIN,
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
    if answer.status >= 500:
        wrong.append(f"status {answer.status}")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        wrong.append(f"scrolls sideways at {width}")
    page.remove_listener("console", heard)
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    for violation in found["violations"]:
        nodes = [node["html"][:120] for node in violation["nodes"][:2]]
        wrong.append(f"{violation['id']}: {nodes}")
    return wrong


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


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_admin_pages_are_accessible_and_keep_to_themselves(
    theme: str, width: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "admin@example.com")
    wrong = {path: check(page, clinic, path, theme, width) for path in ADMIN_SITE}
    assert {path: problems for path, problems in wrong.items() if problems} == {}
