"""The main job from beginning to end, with a real worker and a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Page

from e2e.conftest import Clinic, text_of

pytestmark = pytest.mark.browser
EMAIL = "robin.newcomer@example.com"


def book(page: Page, clinic: Clinic) -> str:
    """Find somebody for neck pain and book the first time; returns the reference."""
    page.goto(clinic.address)
    page.get_by_role("link", name="Conditions").click()
    page.get_by_role("link", name="Neck pain", exact=True).click()
    page.get_by_role("link", name="Find a specialist").click()
    page.get_by_role("link", name="See times of Dana Example").click()
    choose_a_time(page)
    page.get_by_label("Your name").fill("Robin Newcomer")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("I have read when I can move or cancel").check()
    page.get_by_role("button", name="Send me a code").click()
    code = re.search(r"\b(\d{6})\b", text_of(clinic.wait_for_mail(EMAIL)))
    assert code
    page.get_by_label("Code from the email").fill(code.group(1))
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Booked").wait_for()
    found = re.search(r"Reference (\w{8})", page.inner_text("main"))
    assert found
    return found.group(1)


def choose_a_time(page: Page) -> None:
    if not page.locator("input[name=start]").count():
        page.get_by_role("link", name=re.compile("First free")).click()
    page.locator("input[name=start]").first.check(force=True)
    page.get_by_role("button", name="Continue").click()


def record_plan(page: Page) -> None:
    """Assess, plan 2 times a week for 3 weeks then weekly for 4, and start it."""
    page.get_by_role("link", name="Start an assessment").click()
    page.get_by_label("reason for coming").fill("My neck hurts when I turn to look behind me.")
    page.get_by_label("Pain right now").select_option("4")
    page.get_by_label("Worst pain").select_option("7")
    page.locator("#id_marks-0-place").select_option("neck-back|right")
    page.locator("#id_rom-0-movement").select_option("cervical-spine|rotation|right")
    page.locator("#id_rom-0-degrees").fill("48")
    page.get_by_role("button", name="Save assessment").click()
    page.get_by_text("My neck hurts when I turn").wait_for()
    page.get_by_role("link", name="Start a plan").click()
    page.locator("#id_goals-0-sentence").fill("Drive to work without turning the whole body")
    for row, (rate, weeks) in enumerate([("2", "3"), ("1", "4")]):
        if row:
            page.get_by_role("button", name="Add another phase").click()
        page.locator(f"#id_phases-{row}-rate_value").fill(rate)
        page.locator(f"#id_phases-{row}-length").fill(weeks)
        page.locator(f"#id_phases-{row}-length_kind").select_option("weeks")
    page.get_by_label("Sessions are").select_option(label="Medical massage")
    page.locator("#id_location").select_option(index=1)
    page.get_by_role("button", name="Save and start the plan").click()
    page.get_by_text("2 times a week for 6 sessions, then once a week for 4 sessions").wait_for()


def bring_to_today(clinic: Clinic, reference: str) -> date:
    """Let the visit be at the last midnight, and nobody else be there then; returns its day.

    Only its time is arranged by hand. A session has begun, whatever hour it is now. The
    demo's own sessions of today are near that time in the first hours of a day.
    """
    clinic.sql(
        "UPDATE bookings_appointment SET starts_at = starts_at - a, ends_at = ends_at - a,"
        " busy = tstzrange(lower(busy) - a, upper(busy) - a)"
        " FROM (SELECT date_trunc('day', now(), 'Europe/London') AS t, interval '4000 days' AS a) of"
        " WHERE busy && tstzrange(t, t + interval '3 hours') RETURNING 1"
    )
    ((day,),) = clinic.sql(
        "UPDATE bookings_appointment SET starts_at = t, ends_at = t + (ends_at - starts_at),"
        " busy = tstzrange(t, t + (ends_at - starts_at))"
        " FROM (SELECT date_trunc('day', now(), 'Europe/London') AS t) midnight"
        " WHERE upper(left(public_id::text, 8)) = %s"
        " RETURNING (t AT TIME ZONE 'Europe/London')::date",
        (reference,),
    )
    assert isinstance(day, date)
    return day


def test_a_new_client_is_treated_reminded_once_and_books_again(
    page: Page, clinic: Clinic, as_demo: Callable[[Any, str], None], browser: Any
) -> None:
    reference = book(page, clinic)
    confirmation = clinic.wait_for_mail(EMAIL, count=2)
    assert reference in text_of(confirmation)
    day = f"{clinic.address}/desk/?day={bring_to_today(clinic, reference):%Y-%m-%d}"
    desk = browser.new_page()
    as_demo(desk, "dana@example.com")
    desk.goto(day)
    desk.get_by_role("link", name="Robin Newcomer", exact=True).click()
    record_plan(desk)
    desk.goto(day)
    row = desk.get_by_role("row").filter(has_text="Robin Newcomer")
    row.get_by_role("button", name=re.compile("^Arrived")).click()
    row = desk.get_by_role("row").filter(has_text="Robin Newcomer")
    row.get_by_role("button", name=re.compile("^Done")).click()
    desk.get_by_role("row").filter(has_text="Robin Newcomer").get_by_text(
        "Done", exact=True
    ).wait_for()
    due_at = clinic.sql(
        "SELECT p.next_message_at, p.next_message_kind FROM treatment_plans_treatmentplan p"
        " JOIN bookings_client c ON c.id = p.client_id WHERE c.email = %s",
        (EMAIL,),
    )[0]
    assert due_at[1] == "due_soon"
    send_at(clinic, due_at[0])
    (recall,) = recalls(clinic)
    send_at(clinic, due_at[0] + timedelta(minutes=5))
    assert len(recalls(clinic)) == 1
    link = re.search(r"http://\S+/book/from/\S+", text_of(recall))
    assert link
    page.goto(link.group(0))
    assert "Dana Example" in page.inner_text("main")
    page.get_by_label("Jump to a date").fill(f"{due_at[0] + timedelta(days=6):%d/%m/%Y}")
    page.get_by_role("button", name="Show this date").click()
    choose_a_time(page)
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Booked").wait_for()
    send_at(clinic, due_at[0] + timedelta(days=4))  # when the overdue one would have gone
    assert len(recalls(clinic)) == 1


def recalls(clinic: Clinic) -> list[EmailMessage]:
    """The invitations to the next session that have arrived, beside all other mail."""
    subject = "Your next session at Willow Street Clinic"
    return [mail for mail in clinic.mails(EMAIL) if mail["Subject"] == subject]


def send_at(clinic: Clinic, moment: datetime) -> None:
    """Let the sweep and the sending believe it is this moment."""
    clinic.run("send_due", "--once", "--now", moment.isoformat())
