"""How long somebody stays signed in, and what nobody keeps a copy of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.tests.factories import make_client, make_staff, make_user

pytestmark = pytest.mark.django_db


def let_pass(browser: Browser, *, idle: timedelta, since_start: timedelta) -> None:
    session, now = browser.session, timezone.now()
    session["began_at"] = (now - since_start).isoformat()
    session["seen_at"] = (now - idle).isoformat()
    session.save()


@pytest.mark.parametrize(
    ("idle", "since_start", "status"),
    [(59, 60, 200), (61, 120, 302), (1, 12 * 60 - 5, 200), (1, 12 * 60 + 5, 302)],
)
def test_the_desk_is_signed_out_after_an_idle_hour_or_a_long_day(
    client: Browser, idle: int, since_start: int, status: int
) -> None:
    client.force_login(make_staff("Front desk"))
    let_pass(client, idle=timedelta(minutes=idle), since_start=timedelta(minutes=since_start))
    assert client.get("/desk/").status_code == status


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(client: Browser) -> None:
    client.force_login(make_staff("Front desk"))
    let_pass(client, idle=timedelta(minutes=50), since_start=timedelta(minutes=50))
    client.get("/desk/", headers={"X-Background": "1"})
    before = client.session["seen_at"]
    client.get("/desk/", headers={"X-Background": "1", "X-Saves-Typing": "1"})
    assert client.session["seen_at"] > before


def test_a_client_stays_signed_in_over_lunch(client: Browser) -> None:
    user = make_user()
    make_client(user)
    client.force_login(user)
    let_pass(client, idle=timedelta(hours=5), since_start=timedelta(hours=20))
    assert client.get("/my/").status_code == 200


@pytest.mark.parametrize("path", ["/desk/", "/desk/clients/", "/desk/to-do/", "/my/", "/"])
def test_nothing_personal_is_kept_by_a_cache(client: Browser, path: str) -> None:
    user: Any = make_staff("Front desk")
    make_client(user)
    client.force_login(user)
    answer = client.get(path)
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"


def test_signing_in_changes_the_session_key(client: Browser) -> None:
    client.get("/sign-in/")
    client.post("/sign-in/", {"email": "robin@example.com"})
    before = client.session.session_key
    client.force_login(make_user())
    assert client.session.session_key != before


def test_signing_out_needs_a_press(client: Browser) -> None:
    client.force_login(make_user())
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/my/").status_code == 302
