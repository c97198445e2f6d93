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
CLIENT = ["/my/record-access/", "/my/"]
PRACTITIONER = ["/desk/", "/desk/clients/", "/desk/to-do/", "/desk/profile/"]
LEAD = ["/desk/record-access/", "/desk/plans/hand-over/dana/", "/desk/to-do/", "/admin/"]
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
    "/admin/practitioners/practitioner/?q=nobody", "/admin/practitioners/practitioner/import/",
    "/admin/practitioners/practitioner/?_popup=1", "/admin/practitioners/room/add/?_popup=1",
    "/admin/bookings/client/1/change/", "/admin/clinic/user/1/change/", "/admin/bookings/appointment/1/change/",
]  # fmt: skip
LOOKED_AT = [
    "/admin/", "/admin/practitioners/practitioner/1/change/", "/admin/practitioners/service/",
    "/admin/practitioners/location/1/change/", "/admin/bookings/message/",
]  # fmt: skip
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
    if answer.status >= (400 if path.startswith("/admin/") else 500):
        wrong.append(f"status {answer.status}")
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        wrong.append(f"scrolls sideways at {width}")
    page.remove_listener("console", heard)
    return wrong + violations(page)


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"
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


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_admin_pages_are_accessible_and_keep_to_themselves(
    theme: str, width: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "admin@example.com")
    page.goto(f"{clinic.address}/desk/checklist/")
    page.get_by_role("button", name="Send a test mail to me").click()
    page.get_by_text("A test mail is on its way").wait_for()
    newest = clinic.sql("SELECT max(id) FROM bookings_message")[0][0]
    wrong = {}
    for path in (*ADMIN_SITE, f"/admin/bookings/message/{newest}/change/"):
        wrong[path] = check(page, clinic, path, theme, width)
        if page.url != clinic.address + path:
            wrong[path].append(f"leads to {page.url}")
    assert {path: problems for path, problems in wrong.items() if problems} == {}


def test_admin_pages_that_are_only_to_look_at_are_accessible(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "desk@example.com")
    wrong = {
        path: check(page, clinic, path, *SIZES[number % len(SIZES)])
        for number, path in enumerate(LOOKED_AT)
    }
    assert {path: problems for path, problems in wrong.items() if problems} == {}


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 390)])
def test_admin_answers_are_accessible(
    theme: str, width: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "admin@example.com")
    assert check(page, clinic, "/admin/practitioners/timeoff/add/", theme, width) == []
    page.click("input[name=_save]")
    page.locator(".error-summary").wait_for()
    assert page.title().startswith("Error:")
    assert violations(page) == []
    page.select_option("#id_practitioner", label="Sam Example")
    for name, value in zip(("starts_at", "ends_at"), ("2026-01-01", "2028-01-01"), strict=True):
        page.fill(f"#id_{name}_0", value)
        page.fill(f"#id_{name}_1", "00:00")
    page.click("input[name=_save]")
    page.get_by_text("must be moved or cancelled").wait_for()
    assert violations(page) == []
    away = page.locator("#result_list tr", has_text="Sam Example")
    away.get_by_role("checkbox").check()
    page.select_option("select[name=action]", "delete_selected")
    page.click("button[name=index]")
    page.get_by_text("Are you sure").wait_for()
    assert violations(page) == []
    page.click("#content input[type=submit]")
    page.get_by_text("Successfully deleted").wait_for()


def test_admin_scripts_keep_to_the_policy(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    """Pickers, added rows, pop-ups and folded parts work, and none needs inline script or style."""
    as_demo(page, "admin@example.com")
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    page.context.on("weberror", lambda problem: said.append(str(problem.error)))
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{clinic.address}/admin/practitioners/timeoff/add/")
    page.locator(".datetimeshortcuts a").nth(1).click()
    page.locator(".calendarbox:visible td a").first.click()
    page.locator(".clock-icon").first.click()
    page.locator(".clockbox:visible .timelist a").first.click()
    assert page.input_value("#id_starts_at_0")
    assert page.input_value("#id_starts_at_1")
    page.goto(f"{clinic.address}/admin/practitioners/practitioner/1/change/")
    page.get_by_role("button", name="Add another Time off").or_(
        page.get_by_role("link", name="Add another Time off")
    ).click()
    assert page.locator("#time_off-0").is_visible()
    page.goto(f"{clinic.address}/admin/practitioners/room/add/")
    with page.expect_popup() as opened:
        page.locator("#add_id_location").click()
    opened.value.wait_for_load_state()
    opened.value.fill("#id_name", "Garden House")
    with opened.value.expect_event("close"):
        opened.value.click("input[name=_save]")
    page.locator("#id_location option", has_text="Garden House").wait_for(state="attached")
    page.goto(f"{clinic.address}/admin/practitioners/practitioner/")
    page.locator("#action-toggle").check()
    page.locator("#changelist-filter summary").first.click()
    assert [text for text in said if "Security Policy" in text or "Error" in text] == []
    assert violations(page) == []  # last, because axe itself breaks the policy
