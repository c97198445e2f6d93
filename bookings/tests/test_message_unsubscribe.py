"""Stopping follow-up reminders: by a button, or by a mail program's one click."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client as Browser

from bookings.links import unsubscribe_link
from bookings.models import ChannelConsent, Client, Message
from bookings.tests.conftest import NOW, Ledger
from bookings.tests.factories import make_client

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def person() -> Client:
    return make_client()


@pytest.fixture
def strict() -> Browser:
    """A browser that checks form tokens, as the real site does, and has none."""
    return Browser(enforce_csrf_checks=True)


def refusals(person: Client) -> list[tuple[str, bool, str]]:
    return sorted(
        ChannelConsent.objects.filter(client=person).values_list(
            "channel", "is_given", "changed_by"
        )
    )


def test_the_page_asks_and_changes_nothing(strict: Browser, person: Client) -> None:
    page = strict.get(unsubscribe_link(person))
    assert page.status_code == 200
    assert b"Stop these reminders" in page.content
    assert refusals(person) == []


def test_one_click_needs_no_cookie_and_no_token_and_is_answered_at_once(
    strict: Browser, person: Client
) -> None:
    page = strict.post(unsubscribe_link(person), ONE_CLICK)
    assert page.status_code == 200
    assert refusals(person) == [("email", False, "link"), ("sms", False, "link")]


def test_twice_is_once(strict: Browser, person: Client) -> None:
    for _ in range(2):
        assert strict.post(unsubscribe_link(person), ONE_CLICK).status_code == 200
    assert len(refusals(person)) == 2


def test_what_waits_is_taken_back_and_mails_about_visits_are_not(
    strict: Browser, ledger: Ledger, person: Client
) -> None:
    ledger.write_to(person, kind="overdue", now=NOW)
    ledger.write_to(person, kind="letter", now=NOW)
    strict.post(unsubscribe_link(person), ONE_CLICK)
    found = Message.objects.values_list("kind", "state", "last_code").order_by("kind")
    assert list(found) == [("letter", "pending", ""), ("overdue", "cancelled", "client_opted_out")]


def test_a_claimed_follow_up_is_taken_back_too(
    strict: Browser, ledger: Ledger, person: Client
) -> None:
    message = ledger.write_to(person, kind="overdue")
    ledger.set(message, state="claimed")
    strict.post(unsubscribe_link(person), ONE_CLICK)
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_another_client_is_not_touched(strict: Browser, person: Client) -> None:
    other = make_client()
    strict.post(unsubscribe_link(person), ONE_CLICK)
    assert refusals(other) == []


@pytest.mark.parametrize(("days", "status"), [(364, 200), (366, 404)])
def test_the_link_works_for_a_year(
    strict: Browser, person: Client, monkeypatch: Any, days: int, status: int
) -> None:
    written = time.time() - timedelta(days=days).total_seconds()
    with monkeypatch.context() as then:
        then.setattr(signing.time, "time", lambda: written)
        link = unsubscribe_link(person)
    assert strict.post(link, ONE_CLICK).status_code == status


@pytest.mark.parametrize(
    "token",
    ["nonsense", "a:b:c", signing.dumps("for something else")],
    ids=["a word", "three words", "another salt"],
)
def test_a_link_that_is_not_ours_is_a_page_and_changes_nothing(
    strict: Browser, person: Client, token: str
) -> None:
    assert strict.post(f"/u/{token}/", ONE_CLICK).status_code == 404
    assert ChannelConsent.objects.count() == 0
