"""The pages of what went wrong: ours in every mode, with a way on, and nothing technical."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.test import Client as Browser

from bookings.errors import Busy
from bookings.tests.factories import make_staff, make_user
from practitioners.models import ClinicSettings

BASE_DIR = Path(__file__).resolve().parents[2]
TECHNICAL = ("Traceback", "URLconf", "DEBUG", "Exception", "urlpatterns", "Django")
pytestmark = pytest.mark.django_db


def look_at(answer: Any) -> str:
    """Check what every page of an error has; give back its heading."""
    page = answer.content.decode()
    assert "css/tokens.css" in page
    assert 'class="site-head' in page
    assert "Willow Street Clinic" in page
    assert re.search(r'<a [^>]*href="/[^"]*"[^>]*>(Go to|Find|Open|Sign in)', page)
    assert not [word for word in TECHNICAL if word in page]
    heading = re.search(r"<h1>(.+?)</h1>", page)
    assert heading
    return heading.group(1)


@pytest.fixture(autouse=True)
def _clinic() -> None:
    ClinicSettings.objects.update_or_create(
        pk=1, defaults={"name": "Willow Street Clinic", "phone": "020 7946 0000"}
    )


def raises(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Any:
    """What the landing page answers when it fails."""

    def fall(*_args: Any, **_more: Any) -> None:
        raise error

    monkeypatch.setattr("clinic.views.landing.render", fall)
    return Browser(raise_request_exception=False).get("/")


def test_400(client: Browser) -> None:
    answer = client.get("/specialists/?q=%00")
    assert (answer.status_code, look_at(answer)) == (400, "We could not read that request")


def test_403_for_who_is_signed_in(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raises(monkeypatch, PermissionDenied())
    assert (answer.status_code, look_at(answer)) == (403, "You cannot open this page")


def test_403_for_a_form_that_lay_open_too_long() -> None:
    answer = Browser(enforce_csrf_checks=True).post("/sign-in/", {"email": "robin@example.com"})
    assert (answer.status_code, look_at(answer)) == (403, "This page is no longer current")


def test_403_says_back_what_was_typed_and_nothing_of_the_page_itself() -> None:
    sent = {
        "phases-TOTAL_FORMS": "2", "phases-0-rate_value": "3", "home_care": "Walk every day",
        "expected_version": "77",
    }  # fmt: skip
    answer = Browser(enforce_csrf_checks=True).post("/desk/", sent)
    page = answer.content.decode()
    assert "<dt>Phases 1: rate value</dt>" in page
    assert "<dt>Home care</dt>" in page
    for word in ("total forms", "Expected version"):
        assert word not in page


def test_403_says_it_in_the_words_of_the_form_and_leaves_out_what_nobody_typed() -> None:
    sent = {
        "form_token": "x", "shown": "1.4.17", "for_whom": "me", "relation": "other", "times": "1",
        "name": "Robin Newcomer", "email": "robin@example.com", "other_name": "Little Newcomer",
        "date_of_birth_0": "1", "date_of_birth_1": "2", "date_of_birth_2": "2019",
        "agrees": "on", "note": "Ring twice",
    }  # fmt: skip
    answer = Browser(enforce_csrf_checks=True).post("/book/massage/you/", sent)
    page = answer.content.decode()
    said = re.findall(r"<dt>([^<]+)</dt><dd dir=\"auto\">([^<]+)</dd>", page)
    assert said == [
        ("Your name", "Robin Newcomer"),
        ("Email", "robin@example.com"),
        ("Their name", "Little Newcomer"),
        ("Their date of birth", "1 2 2019"),
        ("I have read when I can move or cancel", "yes"),
        ("Anything we should know before we meet?", "Ring twice"),
    ]
    assert "Nothing was saved" not in page
    changed = Browser(enforce_csrf_checks=True).post(
        "/book/massage/you/", {**sent, "relation": "partner"}
    )
    assert '<dt>Who are they to you?</dt><dd dir="auto">My partner</dd>' in changed.content.decode()


@pytest.mark.parametrize("path", ["/nothing/", "/specialists/nobody/", "/v/broken-token/x/"])
def test_404_has_a_way_on(client: Browser, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, look_at(answer)) == (404, "Page not found")
    assert 'href="/specialists/"' in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "is_at_the_desk"),
    [("/desk/nothing/", 404, True), ("/desk/results/", 403, True), ("/nothing/", 404, False)],
)
def test_people_of_the_clinic_are_led_back_to_their_day(
    client: Browser, path: str, status: int, is_at_the_desk: bool
) -> None:
    client.force_login(make_staff("Front desk"))
    answer = client.get(path)
    assert (answer.status_code, bool(look_at(answer))) == (status, True)
    page = answer.content.decode()
    assert '<a href="/desk/">Go to the day</a>' in page
    assert ('aria-label="Desk"' in page, "Or call us" in page) == (
        is_at_the_desk,
        not is_at_the_desk,
    )


def test_visitors_are_not_led_to_the_desk(client: Browser) -> None:
    client.force_login(make_user())
    page = client.get("/desk/results/").content.decode()
    assert "Go to the day" not in page
    assert 'aria-label="Desk"' not in page


def test_405_for_an_address_that_only_a_form_sends_to(client: Browser) -> None:
    client.force_login(make_user())
    answer = client.get("/sign-out/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert look_at(answer) == "This address does not work by itself"
    assert client.get("/").wsgi_request.user.is_authenticated


def test_413(client: Browser) -> None:
    answer = client.post("/sign-in/", {"email": "x" * 3 * 2**20})
    assert (answer.status_code, look_at(answer)) == (413, "Too much data")


def test_414(client: Browser) -> None:
    answer = client.get("/specialists/?q=" + "x" * 9000)
    assert (answer.status_code, look_at(answer)) == (414, "That address is too long")


def test_500_gives_a_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = raises(monkeypatch, ZeroDivisionError("nothing for visitors"))
    assert (answer.status_code, look_at(answer)) == (500, "Something went wrong on our side")
    page = answer.content.decode()
    assert re.search(r"Reference [0-9A-F]{4}\b", page)
    assert "Nothing was booked or saved. Try again, or call us." in page
    assert "020 7946 0000" in page
    assert "nothing for visitors" not in page


@pytest.mark.parametrize(
    ("error", "heading"),
    [
        (InterfaceError("gone"), "We cannot reach our records right now"),
        (OperationalError("gone"), "We cannot reach our records right now"),
        (Busy(), "We are busy"),
    ],
)
def test_503(monkeypatch: pytest.MonkeyPatch, error: Exception, heading: str) -> None:
    answer = raises(monkeypatch, error)
    assert (answer.status_code, answer["Retry-After"], look_at(answer)) == (503, "5", heading)


@pytest.mark.parametrize(("asked", "shown"), [("", "False"), ("1", "True")])
def test_pages_of_django_are_only_there_for_who_asks(asked: str, shown: str) -> None:
    """DEBUG=1 alone is the demo, which shows our own pages."""
    code = "from clinic import settings; print(settings.LOCAL, settings.DEBUG, settings.DEMO)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, capture_output=True, text=True, check=True,
        env={"DEBUG": "1", "DEBUG_PAGES": asked or "0"},
    )  # fmt: skip
    assert done.stdout.split() == ["True", shown, "True"]
