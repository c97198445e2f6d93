"""The front desk's own day in a browser: every page accessible, and a booking by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import Clinic
from e2e.test_pages import SIZES, check, violations

pytestmark = pytest.mark.browser


def paths(clinic: Clinic) -> list[str]:
    """Every page of the desk, with rows of the demo in the place of its changing parts."""
    ((visit,),) = clinic.sql(
        "SELECT public_id FROM bookings_appointment WHERE status = 'booked' AND starts_at > now()"
        " ORDER BY starts_at DESC LIMIT 1"
    )
    client, other = (
        row[0]
        for row in clinic.sql(
            "SELECT public_id FROM bookings_client WHERE phone IN"
            " (SELECT phone FROM bookings_client WHERE phone <> '' GROUP BY phone HAVING count(*) > 1)"
        )
    )
    ((away,),) = clinic.sql("SELECT id FROM practitioners_timeoff LIMIT 1")
    ((weekly,),) = clinic.sql(
        "SELECT a.id FROM practitioners_availability a JOIN bookings_appointment v"
        " USING (practitioner_id, location_id) JOIN practitioners_location l ON l.id = a.location_id"
        " WHERE v.status = 'booked' AND v.starts_at > now()"
        " AND extract(isodow FROM v.starts_at AT TIME ZONE l.time_zone) = a.weekday LIMIT 1"
    )
    person = f"/desk/clients/{client}/"
    return [
        "/desk/", "/desk/?practitioner=all", "/desk/week/?practitioner=all",
        "/desk/week/?practitioner=dana", "/desk/hours/", "/desk/hours/time-off/",
        "/desk/hours/weekly/", "/desk/hours/weekly/new/", f"/desk/hours/weekly/{weekly}/remove/",
        "/desk/hours/extra/", f"/desk/hours/time-off/{away}/", "/desk/clients/",
        "/desk/clients/new/", person, f"{person}edit/", f"{person}same-as/{other}/",
        f"{person}messages/", f"{person}messages/?day=31/12/2026&time=9.30", f"{person}wishes/",
        "/desk/messages/", "/desk/texts/", "/desk/texts/confirmation/email/",
        "/desk/texts/due_soon/sms/",
        f"{person}book/", f"{person}book/medical-massage/?practitioner=dana",
        f"{person}wait/medical-massage/", f"/desk/visits/{visit}/", f"/desk/visits/{visit}/move/",
        f"/desk/visits/{visit}/cancel/", "/desk/waiting/",
    ]  # fmt: skip


@pytest.mark.parametrize("turn", [0, 1])
def test_pages_of_the_desk_are_accessible(
    turn: int, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "admin@example.com")
    wrong = {}
    for number, path in enumerate(paths(clinic)):
        theme, width = SIZES[(2 * turn + number) % len(SIZES)]
        problems = check(page, clinic, path, theme, width)
        if problems:
            wrong[f"{path} ({theme}, {width})"] = problems
    assert wrong == {}


def test_the_desk_books_a_series_by_keyboard(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "desk@example.com")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{clinic.address}/desk/clients/new/")
    page.get_by_label("Name").first.fill("Kit Deskside")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Book for Kit Deskside").wait_for()
    page.get_by_label("Session").select_option(label="Medical massage")
    page.get_by_label("With").focus()
    page.keyboard.type("Dana")
    page.get_by_role("button", name="Show times").press("Enter")
    first = page.locator("input[name=start]").first
    first.focus()
    page.keyboard.press("Space")
    page.get_by_label("How many sessions").select_option("3")
    page.get_by_role("button", name="Book this time").press("Enter")
    page.get_by_role("heading", name="3 sessions for Kit Deskside").wait_for()
    assert violations(page) == []
    for name in ("visit-1", "visit-2", "visit-3"):
        if not page.locator(f"input[name={name}]:checked").count():
            page.locator(f"input[name={name}]").first.press("Space")
    page.get_by_role("button", name="Book all of these").press("Enter")
    page.get_by_role("heading", name="Booked together").wait_for()
    assert violations(page) == []
    booked = clinic.sql(
        "SELECT count(*) FROM bookings_appointment a JOIN bookings_client c ON c.id = a.client_id"
        " WHERE c.name = 'Kit Deskside' AND a.status = 'booked'"
    )
    assert booked == [(3,)]


def test_going_back_after_a_booking_ticks_no_other_time(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    """Where the chosen time stood there is another one by then, which nobody has chosen."""
    ((client,),) = clinic.sql(
        "SELECT public_id FROM bookings_client WHERE merged_into_id IS NULL ORDER BY id LIMIT 1"
    )
    times = f"/desk/clients/{client}/book/medical-massage/?practitioner=dana"
    as_demo(page, "desk@example.com")
    page.goto(clinic.address + times)
    page.get_by_role("link", name="Show next 4 days").click()
    page.wait_for_url("**from=*")
    boxes = page.locator("input[name=start]")
    many, second = boxes.count(), str(boxes.nth(1).get_attribute("value"))
    boxes.nth(1).check(force=True)
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="History").wait_for()
    page.go_back()
    page.get_by_role("button", name="Book this time").wait_for()
    assert boxes.count() < many
    assert page.locator("input[name=start]:checked").count() == 0
    other = str(boxes.nth(1).get_attribute("value"))
    assert other != second
    page.goto(f"{clinic.address}{times}&at={other}")
    page.goto(f"{clinic.address}/desk/")
    page.go_back()
    assert page.locator("input[name=start]:checked").get_attribute("value") == other


def test_keys_lead_through_the_desk_and_can_be_turned_off(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "desk@example.com")
    page.goto(f"{clinic.address}/desk/")
    page.keyboard.press("w")
    page.wait_for_url("**/desk/week/")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/desk/week/?day=*")
    page.keyboard.press("/")
    page.wait_for_url("**/desk/clients/")
    page.keyboard.press("/")
    page.keyboard.type("twd")
    assert page.input_value("#q") == "twd"
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    assert violations(page) == []
    page.get_by_label("Use shortcuts on this device").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("t")
    page.wait_for_timeout(300)
    assert page.url.endswith("/desk/clients/")


def test_what_was_cancelled_by_mistake_is_undone_by_keyboard(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    ((visit, day),) = clinic.sql(
        "SELECT a.public_id, (a.starts_at AT TIME ZONE l.time_zone)::date FROM bookings_appointment a"
        " JOIN practitioners_location l ON l.id = a.location_id"
        " WHERE a.status = 'booked' AND a.starts_at > now() + interval '2 days'"
        " ORDER BY a.starts_at, a.id LIMIT 1"
    )
    as_demo(page, "desk@example.com")
    page.goto(f"{clinic.address}/desk/visits/{visit}/cancel/")
    page.get_by_role("radio", name="The clinic").press("Space")
    page.get_by_label("Reason").fill("By mistake")
    page.get_by_role("button", name="Cancel this session").press("Enter")
    page.get_by_role("button", name="Undo").wait_for()
    wrong = {}
    days = f"?day={day}&practitioner=all"
    for path in (f"/desk/visits/{visit}/", f"/desk/week/{days}", f"/desk/{days}"):
        for theme, width in SIZES:
            problems = check(page, clinic, path, theme, width)
            if problems:
                wrong[f"{path} ({theme}, {width})"] = problems
    assert wrong == {}
    page.get_by_role("button", name="Undo the cancellation").press("Enter")
    page.locator("#main").get_by_text("The session stands again as before.").wait_for()
    assert clinic.sql(
        "SELECT status, version FROM bookings_appointment WHERE public_id = %s", (visit,)
    ) == [("booked", 3)]


@pytest.mark.parametrize("theme", ["dark", "auto"])
def test_paper_is_white_whichever_theme_is_on(
    theme: str, page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    as_demo(page, "desk@example.com")
    page.goto(f"{clinic.address}/desk/")
    page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
    inks = {}
    for media in ("screen", "print"):
        page.emulate_media(media=media, color_scheme="dark")  # type: ignore[arg-type]
        inks[media] = page.evaluate("getComputedStyle(document.body).getPropertyValue('--c-ink')")
    assert inks == {"screen": "#eaf1f1", "print": "#1b2a2f"}
