"""Booking with the keyboard alone, without script, and from another side of the world."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from playwright.sync_api import Browser, Page, expect

from e2e.conftest import Clinic, text_of
from e2e.test_pages import SIZES, check, violations

pytestmark = pytest.mark.browser
TIMES = "/book/medical-massage/?practitioner=dana"
SLOT = re.compile(r"^[A-Z]\w+ \d{1,2} [A-Z]\w+, \d{1,2}:\d\d[ap]m, London time$")
LONDON = ZoneInfo("Europe/London")


def tab_to(page: Page, selector: str, *, most: int = 80) -> None:
    """Press Tab until the keyboard is on something."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def focused(page: Page) -> str:
    """The words of what the keyboard is on."""
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def value_of(page: Page) -> str:
    return str(page.evaluate("document.activeElement.value"))


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"\b(\d{6})\b", text_of(mail))
    assert found
    return found.group(1)


def test_a_newcomer_books_with_the_keyboard_alone(page: Page, clinic: Clinic) -> None:
    email = "kim.keyboard@example.com"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{clinic.address}/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to main content"
    page.keyboard.press("Enter")
    tab_to(page, "a.btn-primary")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Which session would you like?").wait_for()
    tab_to(page, "input[name=service]")
    page.keyboard.press("ArrowDown")
    tab_to(page, "#practitioner")
    page.keyboard.type("Dana")
    tab_to(page, "button[name=go]")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Choose a time").wait_for()

    tab_to(page, ".go button")
    page.keyboard.press("Enter")
    page.locator(".error-summary").wait_for()
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert page.title().startswith("Error:")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the link in the summary leads to the first time
    page.keyboard.press("Space")
    chosen = page.locator("input[name=start]:checked")
    expect(chosen).to_have_accessible_name(SLOT)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your details").wait_for()
    assert violations(page) == []

    for selector, words in (("#id_name", "Kim Keyboard"), ("#id_email", email)):
        tab_to(page, selector)
        page.keyboard.type(words)
    tab_to(page, "#id_agrees")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check your email").wait_for()
    tab_to(page, "#id_code")
    page.keyboard.type(code_in(clinic.wait_for_mail(email)))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Booked", exact=True).wait_for()
    assert violations(page) == []


def test_two_minutes_before_its_end_the_kept_time_is_spoken_of(page: Page, clinic: Clinic) -> None:
    """Politely, once, and again when it is over; nothing takes the keyboard away."""
    page.clock.install()
    page.goto(clinic.address + TIMES)
    page.get_by_role("link", name="Show next 4 days").click()
    page.get_by_role("radio", name=SLOT).first.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").focus()
    page.wait_for_load_state()  # before the clock is moved: the page counts from when it was read
    news = page.get_by_role("status").filter(has_text="keep this time")
    page.clock.run_for(7 * 60_000)
    expect(news).to_have_count(0)
    page.clock.run_for(70_000)
    expect(news).to_have_text(re.compile("^We keep this time for 2 more minutes."))
    assert violations(page) == []
    page.clock.run_for(120_000)
    expect(news).to_have_text(re.compile("^We no longer keep this time."))
    expect(page.get_by_label("Your name")).to_be_focused()


def test_going_back_ticks_no_time_by_itself(page: Page, clinic: Clinic) -> None:
    """Meanwhile somebody may have taken one, and each stands where another one stood."""
    page.goto(clinic.address + TIMES)
    page.get_by_role("link", name="Show next 4 days").click()
    page.wait_for_url("**from=*")
    page.get_by_role("radio", name=SLOT).nth(1).check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Your details").wait_for()
    page.go_back()
    page.get_by_role("button", name="Continue").wait_for()
    assert page.locator("input[name=start]:checked").count() == 0


def days_with_times(page: Page) -> list[list[str | None]]:
    """The free times of each day shown that has any."""
    days = [
        [box.get_attribute("value") for box in day.locator("input[name=start]").all()]
        for day in page.locator("fieldset.day").all()
    ]
    return [times for times in days if times]


def test_arrows_move_across_all_days(page: Page, clinic: Clinic) -> None:
    """One group of radio buttons: from the last time of a day the next press is the next day."""
    page.goto(clinic.address + TIMES)
    if not page.locator("input[name=start]").count():
        page.get_by_role("link", name=re.compile("First free")).click()
    while len(days := days_with_times(page)) < 2:
        page.get_by_role("link", name="Show next 4 days").click()
        page.wait_for_load_state()
    first, second = days[:2]
    page.locator(f"#start-{first[-1]}").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert value_of(page) == second[0]
    page.keyboard.press("ArrowUp")
    assert value_of(page) == first[-1]


def test_a_date_is_chosen_from_a_calendar_by_keyboard(page: Page, clinic: Clinic) -> None:
    page.goto(clinic.address + TIMES)
    opener = page.get_by_role("button", name="Choose from a calendar")
    opener.press("Enter")
    dialog = page.get_by_role("dialog", name="Choose a date")
    dialog.wait_for()
    assert violations(page) == []
    heading = dialog.locator("h2")
    assert heading.get_attribute("aria-live") == "polite"
    today = datetime.now(LONDON).date()
    name = "document.activeElement.getAttribute('aria-label')"

    def on(day: Any) -> str:
        return f"{day:%A} {day.day} {day:%B} {day.year}"

    assert page.evaluate(name) == on(today)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    wanted = today + timedelta(days=8)
    assert page.evaluate(name) == on(wanted)
    page.keyboard.press("Home")
    assert page.evaluate(name) == on(wanted - timedelta(days=wanted.weekday()))
    page.keyboard.press("End")
    assert page.evaluate(name) == on(wanted + timedelta(days=6 - wanted.weekday()))
    before = heading.inner_text()
    page.keyboard.press("PageDown")
    assert heading.inner_text() != before
    page.keyboard.press("PageUp")
    assert heading.inner_text() == before
    page.keyboard.press("Shift+PageDown")  # no further than can be booked
    assert page.evaluate(name) == on(today + timedelta(days=90))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert page.input_value("#jump") == ""
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    chosen = today + timedelta(days=7)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert page.input_value("#jump") == f"{chosen.day}/{chosen.month}/{chosen.year}"
    expect(opener).to_have_accessible_name(f"Choose from a calendar, {on(chosen)}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**date=*")
    assert f"{chosen.day} {chosen:%B}" in page.locator("fieldset.day legend").first.inner_text()


def test_a_newcomer_books_without_script(browser: Browser, clinic: Clinic) -> None:
    email = "nell.noscript@example.com"
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{clinic.address}/")
    page.locator("main").get_by_role("link", name="Book a session").click()
    page.get_by_role("radio", name=re.compile("^Medical massage")).check(force=True)
    page.get_by_label("Who would you like to see?").select_option(label="Dana Example")
    page.get_by_role("button", name="Choose a time").click()
    page.get_by_role("link", name="Show the month").click()
    page.locator(".month a").first.click()
    page.get_by_role("radio", name=SLOT).first.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Nell Noscript")
    page.get_by_role("button", name="Give this time back").click()
    expect(page.get_by_role("status")).to_contain_text("We no longer keep that time for you.")
    page.get_by_role("radio", name=SLOT).first.check(force=True)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Your name")).to_have_value("Nell Noscript")
    page.get_by_label("Email").fill(email)
    page.get_by_label("I have read when I can move or cancel").check()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the email").fill(code_in(clinic.wait_for_mail(email)))
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Booked", exact=True).wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="This session is cancelled").wait_for()
    page.context.close()


def test_a_long_name_breaks_and_not_the_page(browser: Browser, clinic: Clinic) -> None:
    email = "alex.long@example.com"
    page = browser.new_context(viewport={"width": 390, "height": 900}).new_page()

    def choose() -> None:
        page.goto(clinic.address + TIMES)
        page.get_by_role("radio", name=SLOT).first.check(force=True)
        page.get_by_role("button", name="Continue").click()

    def is_too_wide() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))

    choose()
    page.get_by_label("Your name").fill("A" * 120)
    page.get_by_label("Email").fill(email)
    page.get_by_label("I have read when I can move or cancel").check()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the email").fill(code_in(clinic.wait_for_mail(email)))
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Booked", exact=True).wait_for()
    assert not is_too_wide()
    choose()
    page.get_by_role("heading", name="Book this time").wait_for()
    assert not is_too_wide()
    page.get_by_role("button", name="Give this time back").click()
    page.context.close()


def test_a_visit_reads_the_same_from_los_angeles(
    browser: Browser, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    """The clinic is in London; page, mail, calendar file, link, desk and admin agree."""
    email = "lee.faraway@example.com"
    context = browser.new_context(timezone_id="America/Los_Angeles", locale="en-US")
    page = context.new_page()
    page.goto(clinic.address + TIMES)
    page.get_by_role("link", name="Show my time (Los Angeles)").click()
    slot = page.get_by_role("radio", name=re.compile("in Los Angeles$")).first
    start = datetime.fromtimestamp(int(slot.get_attribute("value") or 0), tz=LONDON)
    slot.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Your name").fill("Lee Faraway")
    page.get_by_label("Email").fill(email)
    page.get_by_label("I have read when I can move or cancel").check()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code from the email").fill(code_in(clinic.wait_for_mail(email)))
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Booked", exact=True).wait_for()

    words = in_words(start)
    assert words in page.inner_text("main")
    page.goto(f"{clinic.address}/my/")
    assert words in page.inner_text("main")
    mail = clinic.wait_for_mail(email, count=2)
    assert words in text_of(mail)
    (file,) = (part for part in mail.walk() if part.get_content_type() == "text/calendar")
    (event,) = icalendar.Calendar.from_ical(file.get_payload(decode=True)).walk("VEVENT")
    assert event["DTSTART"].params["TZID"] == "Europe/London"
    assert event["DTSTART"].dt == start
    link = re.search(r"http://\S+/v/\S+", text_of(mail))
    assert link
    page.goto(link.group(0))
    assert words in page.inner_text("main")
    desk = browser.new_context(timezone_id="America/Los_Angeles").new_page()
    as_demo(desk, "admin@example.com")
    ((public_id, key),) = clinic.sql(
        "SELECT a.public_id, a.id FROM bookings_appointment a"
        " JOIN bookings_client c ON c.id = a.client_id WHERE c.email = %s",
        (email,),
    )
    for path in (f"/desk/visits/{public_id}/", f"/admin/bookings/appointment/{key}/change/"):
        desk.goto(clinic.address + path)
        assert words in desk.inner_text("main"), path
    for one in (context, desk.context):
        one.close()


def in_words(start: datetime) -> str:
    """Written out here, not asked of the code that says it on the pages."""
    year = f" {start.year}" if start.year != datetime.now(LONDON).year else ""
    said = f"{start.hour % 12 or 12}:{start:%M}{'am' if start.hour < 12 else 'pm'}"
    return f"{start:%A} {start.day} {start:%B}{year}, {said}, London time ({start:%Z})"


def test_a_client_books_a_series_for_somebody_and_takes_it_back(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    as_demo(page, "jamie@example.com")
    page.goto(clinic.address + TIMES)
    if not page.locator("input[name=start]").count():
        page.get_by_role("link", name=re.compile("First free")).click()
    page.get_by_role("link", name="Show next 4 days").click()
    page.get_by_role("radio", name=SLOT).first.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name="Someone else").check()
    page.get_by_label("Their name").fill("Pat Fictional")
    page.get_by_label("Who are they to you?").select_option(label="My partner")
    page.get_by_role("button", name="Book this time", exact=True).wait_for()
    page.get_by_label("How many sessions").select_option("3")
    page.get_by_role("button", name="Look at every date", exact=True).click()
    page.get_by_role("heading", name="Look at every date").wait_for()
    assert "3 sessions for Pat Fictional" in page.inner_text("main")
    assert violations(page) == []
    for number in (1, 2, 3):
        if not page.locator(f"input[name=visit-{number}]:checked").count():
            page.locator(f"input[name=visit-{number}]").first.check(force=True)
    page.get_by_role("button", name="Book all of these").click()
    page.get_by_role("heading", name="Booked", exact=True).wait_for()
    assert page.locator("section:has(#together) li").count() == 3
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("heading", name="These sessions are cancelled").wait_for()


def test_pages_of_a_booked_session_are_accessible(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None]
) -> None:
    """What a client meets between choosing and changing, and on the pages about themselves."""
    as_demo(page, "jamie@example.com")
    page.goto(clinic.address + TIMES)
    page.get_by_role("link", name="Show next 4 days").click()
    page.get_by_role("radio", name=SLOT).last.check(force=True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name="Someone else").check()
    page.get_by_label("Their name").fill("Noa Fictional")
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Booked", exact=True).wait_for()
    page.get_by_role("link", name="Change or cancel").click()
    visit = page.url.removeprefix(clinic.address)
    page.goto(f"{clinic.address}/my/people/")
    person = page.get_by_role("link", name="Remove Noa Fictional").get_attribute("href")
    wrong = {}
    for number, path in enumerate(
        (visit, f"{visit}move/", f"{visit}move/?month=2026-12", f"{visit}cancel/", str(person))
    ):
        problems = check(page, clinic, path, *SIZES[number % len(SIZES)])
        if problems:
            wrong[path] = problems
    assert wrong == {}
    page.goto(f"{clinic.address}/my/contact/")
    page.get_by_label("What should we call you?").fill("Jam")
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_role("heading", name="Check your email").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Change my details").click()
    page.locator(".error-summary").wait_for()
    assert violations(page) == []
    page.goto(f"{clinic.address}/my/calendar/")
    page.get_by_role("button", name=re.compile("^Make")).click()
    address = page.get_by_role("textbox", name="Calendar address").input_value()
    assert violations(page) == []
    feed = page.context.request.get(address)
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "N. F." in feed.text()
    page.goto(clinic.address + visit)
    page.get_by_role("link", name="Cancel this session").click()
    page.get_by_role("button", name="Cancel this session").click()
    page.get_by_role("heading", name="Your session is cancelled").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Your session stands again as before.").wait_for()
    page.get_by_role("link", name="Cancel this session").click()
    page.get_by_role("button", name="Cancel this session").click()
    page.goto(clinic.address + visit)
    page.get_by_role("button", name="Undo").wait_for()
    wrong = {size: found for size in SIZES if (found := check(page, clinic, visit, *size))}
    assert wrong == {}


def test_a_refused_time_leads_to_the_next_three(page: Page, clinic: Clinic) -> None:
    """The page was open for long: the time that is chosen has passed."""
    page.emulate_media(reduced_motion="reduce")  # no colour is caught half way
    page.goto(clinic.address + TIMES)
    page.get_by_role("link", name="Show next 4 days").click()
    first = page.get_by_role("radio", name=SLOT).first
    first.evaluate("one => { one.value = '946684800'; one.checked = true }")
    page.get_by_role("button", name="Continue").click()
    summary = page.locator(".error-summary")
    expect(summary).to_contain_text("That time is in the past.")
    for theme, width in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
        assert violations(page) == []
    times = summary.locator(".times a")
    assert times.count() == 3
    times.first.click()
    expect(page.locator("input[name=start]:checked")).to_have_count(1)
