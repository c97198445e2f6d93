"""Messages in the administration: how each stands, every try, and deciding by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Message, MessageAttempt
from bookings.tests.factories import make_client, make_staff
from clinic.models import ROLES
from practitioners.tests.factories import make_clinic, make_location

pytestmark = pytest.mark.django_db
LIST = "/admin/bookings/message/"
DAY = timedelta(days=1)


def make_message(state: str, **fields: Any) -> Message:
    now = timezone.now()
    person = make_client(name="Jamie Example")
    defaults: dict[str, Any] = {
        "source_type": "appointment", "source_id": str(person.pk), "kind": "confirmation",
        "recipient": f"client:{person.pk}", "client": person, "lane": Message.Lane.BOOKING,
        "send_after": now - DAY, "expires_at": now - DAY / 2,
    }  # fmt: skip
    return Message.objects.create(state=state, **{**defaults, **fields})


def act(browser: Browser, action: str, *rows: Message) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return browser.post(LIST, data, follow=True).content.decode()


@pytest.fixture
def desk(client: Browser) -> Browser:
    client.force_login(make_staff("Front desk"))
    return client


def test_a_message_shows_its_tries_and_not_what_it_says(desk: Browser) -> None:
    row = make_message("failed", attempts=2)
    for number in (1, 2):
        MessageAttempt.objects.create(
            message=row, claim_no=number, at=timezone.now(), result="refused", detail="550 unknown"
        )
    page = desk.get(f"{LIST}{row.pk}/change/").content.decode()
    assert page.count("550 unknown") == 2
    assert "Jamie Example" in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("state", ["failed", "expired", "unknown"])
@pytest.mark.parametrize("role", ROLES)
def test_what_did_not_get_through_is_sent_again(client: Browser, role: str, state: str) -> None:
    client.force_login(make_staff(role))
    row, now = make_message(state, attempts=8, claims=2), timezone.now()
    assert "1 message will be sent again" in act(client, "send_again", row)
    row.refresh_from_db()
    assert (row.state, row.last_code, row.next_attempt_at) == ("pending", "sent_again", None)
    assert row.expires_at is not None
    assert row.send_after >= now
    assert row.expires_at > now + DAY


def test_what_waits_for_its_next_try_goes_at_once(desk: Browser) -> None:
    row = make_message("pending", next_attempt_at=timezone.now() + DAY, attempts=3)
    act(desk, "send_again", row)
    row.refresh_from_db()
    assert (row.state, row.next_attempt_at, row.attempts) == ("pending", None, 3)


def test_a_reminder_that_is_not_due_is_not_sent_early(desk: Browser) -> None:
    at = timezone.now() + DAY
    row = make_message("pending", send_after=at, kind="visit_reminder")
    assert "1 message left as before" in act(desk, "send_again", row)
    row.refresh_from_db()
    assert row.send_after == at


@pytest.mark.parametrize("state", ["pending", "claimed"])
def test_what_has_not_gone_is_taken_back(desk: Browser, state: str) -> None:
    row = make_message(state)
    assert "1 message will not be sent" in act(desk, "do_not_send", row)
    row.refresh_from_db()
    assert (row.state, row.last_code) == ("cancelled", "cancelled_by_staff")


@pytest.mark.parametrize("state", ["sending", "sent", "cancelled"])
@pytest.mark.parametrize("action", ["send_again", "do_not_send", "has_arrived"])
def test_what_has_gone_stays_as_it_is(desk: Browser, action: str, state: str) -> None:
    row = make_message(state)
    assert "1 message left as before" in act(desk, action, row)
    row.refresh_from_db()
    assert row.state == state


def test_somebody_says_that_it_has_arrived(desk: Browser) -> None:
    rows = [make_message("unknown"), make_message("failed")]
    page = act(desk, "has_arrived", *rows)
    assert "1 message marked as arrived" in page
    assert "1 message left as before" in page
    assert [Message.objects.get(pk=row.pk).state for row in rows] == ["sent", "failed"]


def test_a_sign_in_code_is_never_sent_again(desk: Browser) -> None:
    row = make_message("failed", kind="sign_in_code", lane=Message.Lane.SECURITY, client=None)
    act(desk, "send_again", row)
    row.refresh_from_db()
    assert row.state == "failed"


def test_the_address_of_a_visitor_is_not_shown(desk: Browser) -> None:
    row = make_message("failed", client=None, recipient="visitor@example.com")
    for path in (LIST, f"{LIST}{row.pk}/change/"):
        assert "visitor@example.com" not in desk.get(path).content.decode()


def test_a_decision_stands_in_the_history(desk: Browser) -> None:
    row = make_message("failed")
    act(desk, "send_again", row)
    assert "will be sent again" in desk.get(f"{LIST}{row.pk}/history/").content.decode()


def test_the_list_names_whom_each_is_for_and_what_is_in_doubt(
    desk: Browser, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        make_message("unknown", is_ambiguous=number == 0)
    moved = make_message("sent", kind="moved")
    page = desk.get(LIST).content.decode()
    assert page.count(">Jamie Example</a>") == 7
    assert page.count("may have arrived before") == 1
    assert "icon-no" not in page
    page = desk.get(f"{LIST}?kind=moved").content.decode()
    assert (page.count(">Jamie Example</a>"), f"{LIST}{moved.pk}/" in page) == (1, True)
    assert "Visit reminder" in page or "Reminder" in page  # the filter speaks as staff do
    for _ in range(9):
        make_message("sent")
    with django_assert_max_num_queries(14):
        desk.get(LIST)


def test_moments_are_said_as_on_every_page_on_the_desks_clock(desk: Browser) -> None:
    make_clinic(time_style="12h")
    make_location(time_zone="America/New_York")
    at = datetime(2031, 12, 2, 15, 15, tzinfo=UTC)
    row = make_message("sent", send_after=at, sent_at=at + DAY, next_attempt_at=None)
    said = "Tuesday 2 December 2031, 10:15am, New York time (EST)"
    assert said in desk.get(LIST).content.decode()
    page = desk.get(f"{LIST}{row.pk}/change/").content.decode()
    assert said in page
    assert "Wednesday 3 December 2031, 10:15am, New York time (EST)" in page
    assert "10:15 a.m." not in page
