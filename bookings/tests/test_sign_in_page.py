"""The sign-in page: the same for everybody, and then to where one wanted to go."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client as Browser

from bookings.models import SignInCode
from bookings.tests.booking_world import newest_code, text_of
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_clinic, make_practitioner

pytestmark = pytest.mark.django_db
ROBIN = {"email": "robin@example.com"}


@pytest.fixture(autouse=True)
def _clinic() -> None:
    make_clinic()


def sign_in(browser: Browser, email: str, **more: Any) -> Any:
    """From the address to the last press."""
    assert browser.post("/sign-in/", {"email": email, **more}).status_code == 302
    return browser.post("/sign-in/", {"email": email, "code": newest_code(), **more})


def test_a_code_signs_in(client: Browser) -> None:
    assert "Send me a code" in text_of(client.get("/sign-in/"))
    assert client.post("/sign-in/", ROBIN).url == "/sign-in/"
    asked = text_of(client.get("/sign-in/"))
    assert "We sent a code to" in asked
    assert 'autocomplete="one-time-code"' in asked
    done = client.post("/sign-in/", {**ROBIN, "code": newest_code()})
    assert (done.status_code, done.url) == (302, "/start/")
    assert client.get("/my/").status_code == 200


@pytest.mark.parametrize(
    ("who", "first"), [("client", "/my/"), ("desk", "/desk/"), ("dana", "/desk/")]
)
def test_each_role_starts_on_its_own_page(client: Browser, who: str, first: str) -> None:
    user = make_staff("Front desk") if who == "desk" else make_user()
    if who == "dana":
        make_practitioner(user=user)
    sign_in(client, user.email)
    assert client.get("/start/").url == first


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("/my/", "/my/"),
        ("//evil.example.com", "/start/"),
        ("https://evil.example.com/", "/start/"),
        ("javascript:alert(1)", "/start/"),
        ("/\\evil.example.com", "/start/"),
        ("", "/start/"),
    ],
)
def test_it_leads_only_to_pages_of_our_own(client: Browser, wanted: str, lands: str) -> None:
    assert sign_in(client, "robin@example.com", next=wanted).url == lands


def test_the_wish_survives_asking_for_the_code(client: Browser) -> None:
    answer = client.post("/sign-in/", {**ROBIN, "next": "/my/?page=2"})
    page = text_of(client.get(answer.url))
    assert 'name="next" value="/my/?page=2"' in page


def test_known_and_unknown_addresses_get_the_same_bytes() -> None:
    make_client(make_user(email="robin@example.com"))
    make_staff("Admin", email="admin@example.com")
    texts = []
    for email in ("robin@example.com", "nobody@example.com", "admin@example.com"):
        browser = Browser()
        asked = browser.post("/sign-in/", {"email": email})
        page = text_of(browser.get("/sign-in/")).replace(email, "EMAIL")
        texts.append((asked.status_code, asked.url, re.sub(r'(value=|Token": )"[^"]*"', "", page)))
    assert len(set(texts)) == 1


@pytest.mark.parametrize("code", ["000000x", "1", "\u0661" * 6])
def test_a_wrong_code_is_422_with_one_text(client: Browser, code: str) -> None:
    client.post("/sign-in/", ROBIN)
    answer = client.post("/sign-in/", {**ROBIN, "code": code})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "<title>Error: Sign in" in page
    assert '<a href="#id_code">That code is not right or has expired.' in page
    assert re.search(r'<input[^>]*name="code"[^>]*aria-invalid="true"', page)
    assert client.get("/my/").status_code == 302


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a\x00@example.com", *(f"{'x' * n}@example.com" for n in (243, 400))]
)  # fmt: skip
def test_an_address_that_is_none_is_said_at_the_box(client: Browser, email: str) -> None:
    answer = client.post("/sign-in/", {"email": email})
    assert answer.status_code == 422
    assert '<a href="#id_email">' in text_of(answer)
    assert not SignInCode.objects.exists()


def test_the_page_names_the_address_that_the_code_went_to(client: Browser) -> None:
    client.post("/sign-in/", ROBIN)
    other = {"email": "kim@example.com"}
    page = text_of(client.post("/sign-in/", {**other, "code": "000000x"}))
    assert 'We sent a code to <strong dir="auto">robin@example.com</strong>' in page
    assert '<a href="#id_email">The code went to robin@example.com. For this address,' in page
    page = text_of(client.post("/sign-in/", {**other, "code": "1", "again": "1"}, follow=True))
    assert "We have sent a code to kim@example.com." in page
    page = text_of(client.post("/sign-in/", {**other, "code": "1", "again": "1"}, follow=True))
    assert "We have sent a new code to kim@example.com. The one before no longer works." in page


def test_no_code_is_said_at_its_box(client: Browser) -> None:
    client.post("/sign-in/", ROBIN)
    answer = client.post("/sign-in/", {**ROBIN, "code": ""})
    assert answer.status_code == 422
    assert '<a href="#id_code">Enter the code from the email</a>' in text_of(answer)


@pytest.mark.parametrize("name", ["sign_in_code", "sign_in_try"])
def test_too_many_tries_name_the_real_wait(client: Browser, settings: Any, name: str) -> None:
    settings.THROTTLES = {**settings.THROTTLES, name: (1, 900)}
    more = {"code": "000000x"} if name == "sign_in_try" else {}
    client.post("/sign-in/", {**ROBIN, **more})
    answer = client.post("/sign-in/", {**ROBIN, **more})
    wait = int(answer["Retry-After"])
    assert (answer.status_code, 0 < wait <= 900) == (429, True)
    assert f"Wait {-(-wait // 60)} minute" in text_of(answer)
    assert "robin@example.com" in text_of(answer)


def test_a_code_that_was_not_sent_is_not_spoken_of(client: Browser, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_code": (0, 900)}
    page = text_of(client.post("/sign-in/", ROBIN))
    assert ("Too many tries" in page, "We sent a code" in page) == (True, False)


def test_the_session_s_key_changes(client: Browser, settings: Any) -> None:
    client.post("/sign-in/", ROBIN)
    before = client.cookies[settings.SESSION_COOKIE_NAME].value
    client.post("/sign-in/", {**ROBIN, "code": newest_code()})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before


def test_who_is_signed_in_is_sent_on(client: Browser) -> None:
    client.force_login(make_user())
    assert client.get("/sign-in/?next=/my/").url == "/my/"


def test_signing_out_takes_a_press(client: Browser) -> None:
    client.force_login(make_user())
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/my/").status_code == 302


def test_strangers_start_at_the_sign_in_page() -> None:
    assert Browser().get("/start/").url == "/sign-in/?next=/start/"


class TestDemo:
    """One press per demo person, only where the demo runs."""

    PRESS = {"email": "jamie@example.com"}

    def test_it_signs_in_where_the_demo_runs(self, client: Browser, settings: Any) -> None:
        settings.DEMO = True
        make_user(email="jamie@example.com")
        assert "Continue as Jamie, client" in text_of(client.get("/sign-in/"))
        assert client.post("/sign-in/demo/", self.PRESS).url == "/start/"

    def test_it_makes_nobody_up_in_a_clinic_of_ones_own(
        self, client: Browser, settings: Any
    ) -> None:
        settings.DEMO = True
        assert "Continue as" not in text_of(client.get("/sign-in/"))
        assert client.post("/sign-in/demo/", self.PRESS).status_code == 404

    def test_it_knows_demo_people_only(self, client: Browser, settings: Any) -> None:
        settings.DEMO = True
        real = make_staff("Admin", email="boss@clinic.example")
        assert client.post("/sign-in/demo/", {"email": real.email}).status_code == 404

    def test_it_is_not_there_in_a_real_clinic(self, client: Browser, settings: Any) -> None:
        settings.DEMO = False
        make_user(email="jamie@example.com")
        assert "Continue as" not in text_of(client.get("/sign-in/"))
        assert client.post("/sign-in/demo/", self.PRESS).status_code == 404
