"""Every page of the administration: no axe violation, no policy violation, no stranger on the network."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import date
from itertools import cycle
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from playwright.sync_api import Page

from e2e.conftest import Clinic
from e2e.test_pages import SIZES, check, violations

pytestmark = pytest.mark.browser
FULL = bool(os.environ.get("FULL"))
TURNS = range(len(SIZES) if FULL else 1)
MORE = (
    "/admin/", "/admin/practitioners/practitioner/1/leaving/",
    "/admin/practitioners/practitioner/import/", "/admin/practitioners/practitioner/?q=nobody",
    "/admin/practitioners/practitioner/?papers=soon", "/admin/practitioners/practitioner/?_popup=1",
    "/admin/practitioners/room/add/?_popup=1", "/admin/bookings/task/?for=one-person",
    "/admin/bookings/appointment/?status__exact=completed&o=1", "/admin/bookings/message/?p=1",
)  # fmt: skip
LOOKED_AT = [
    "/admin/", "/admin/practitioners/practitioner/1/change/", "/admin/practitioners/service/",
    "/admin/practitioners/location/1/change/", "/admin/bookings/message/",
]  # fmt: skip
TABLE = (
    "Short name,Name,Title,Bookable online,Services,Languages,Practising since\n"
    "kim,Kim Example,Registered massage therapist,no,Medical massage,English,2010\n"
    "lou,,Registered massage therapist,maybe,Dancing,English,2010\n"
)


def pages_of(model: type[Model], clinic: Clinic, past: str) -> Iterator[str]:
    """The list, the form of a new row, one row's own page, and its history or farewell.

    These two have one template each for all models, so that they take turns unless all is asked for.
    """
    site = f"/admin/{model._meta.app_label}/{model._meta.model_name}"
    rows = clinic.sql(f"SELECT min(id) FROM {model._meta.db_table}")
    assert rows[0][0], f"the demo clinic has no {model._meta.verbose_name}"
    yield from (f"{site}/", f"{site}/add/")
    last = ("history", "delete") if FULL else (past,)
    yield from (f"{site}/{rows[0][0]}/{page}/" for page in ("change", *last))


@pytest.fixture
def boss(page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]) -> Page:
    """The admin, in a clinic that has sent a mail."""
    as_demo(page, "admin@example.com")
    page.goto(f"{clinic.address}/desk/checklist/")
    page.get_by_role("button", name="Send a test mail to me").click()
    page.get_by_text("A test mail is on its way").wait_for()
    return page


@pytest.mark.parametrize("turn", TURNS)
def test_every_page_is_accessible_and_keeps_to_itself(
    turn: int, boss: Page, clinic: Clinic
) -> None:
    """What the admin may not do answers with our own page, which is looked at as well."""
    models = sorted(admin.site._registry, key=lambda model: model._meta.label)
    turns = zip(models, cycle(("history", "delete")))
    paths = [*MORE, *(path for model, past in turns for path in pages_of(model, clinic, past))]
    wrong = {}
    for number, path in enumerate(paths):
        theme, width = SIZES[(number + turn) % len(SIZES)]
        problems = check(boss, clinic, path, theme, width)
        if problems == ["status 403"] and path.endswith(("/add/", "/delete/")):
            problems = [] if boss.locator(".error-page").count() else ["not a page of ours"]
        if not boss.url.startswith(clinic.address + path):  # the only row of a list comes at once
            problems.append(f"leads to {boss.url}")
        if problems:
            wrong[f"{path} ({theme}, {width})"] = problems
    assert wrong == {}


def test_pages_that_are_only_to_look_at_are_accessible(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "desk@example.com")
    wrong = {
        path: check(page, clinic, path, *SIZES[number % len(SIZES)])
        for number, path in enumerate(LOOKED_AT)
    }
    assert {path: problems for path, problems in wrong.items() if problems} == {}


@pytest.mark.parametrize(("theme", "width"), [("dark", 1280), ("light", 390)])
def test_answers_are_accessible(
    theme: str, width: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "admin@example.com")
    assert check(page, clinic, "/admin/practitioners/timeoff/add/", theme, width) == []
    page.click("input[name=_save]")
    page.locator(".error-summary").wait_for()
    assert page.title().startswith("Error:")
    assert violations(page) == []
    page.select_option("#id_practitioner", label="Sam Example")
    this_year = date.today().year
    for name, year in (("starts_at", this_year - 1), ("ends_at", this_year + 2)):
        page.fill(f"#id_{name}_0", f"{year}-01-01")
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


def test_a_table_is_looked_at_before_it_is_saved(boss: Page, clinic: Clinic) -> None:
    boss.goto(f"{clinic.address}/admin/practitioners/practitioner/import/")
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    boss.set_input_files("input[type=file]", file)  # type: ignore[arg-type]
    boss.get_by_role("button", name="Look at the file").click()
    boss.get_by_text("What the table would change").wait_for()
    assert violations(boss) == []


def test_scripts_keep_to_the_policy(
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
