"""Own contact details change with a code, an address with one more from the new address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Client, SignInCode
from bookings.sign_in_codes import code_of
from bookings.tests.booking_world import text_of
from bookings.tests.factories import make_client, make_staff, make_user
from practitioners.tests.factories import make_clinic

pytestmark = pytest.mark.django_db
URL, CODE = "/my/contact/", "/my/contact/code/"
OLD, NEW = "robin@example.com", "robin.new@example.com"


@pytest.fixture
def me(client: Browser) -> Any:
    make_clinic()
    user = make_user(email=OLD, name="Robin Known")
    make_client(user, name="Robin Known", email=OLD, phone="+447700900111")
    client.force_login(user)
    return user


def typed(**changed: str) -> dict[str, str]:
    now = {"name": "Robin Known", "called": "", "phone": "07700 900111", "email": OLD}
    return {**now, **changed}


def code_for(email: str) -> str:
    return code_of(SignInCode.objects.filter(email=email).latest("pk"))


def person(user: Any) -> Client:
    return user.client_access.get(relation="self").client


def test_the_page_shows_what_we_know(client: Browser, me: Any) -> None:
    page = text_of(client.get(URL))
    for known in ("Robin Known", OLD, "07700 900111"):
        assert f'value="{known}"' in page


def test_a_new_number_needs_the_code_of_the_address(client: Browser, me: Any) -> None:
    answer = client.post(URL, typed(phone="07700 900222", called="Rob"))
    assert answer.url == CODE
    assert str(person(me).phone) == "+447700900111"
    assert f'<strong dir="auto">{OLD}</strong>' in text_of(client.get(CODE))
    done = client.post(CODE, {"code": code_for(OLD)}, follow=True)
    assert "Your details are changed." in text_of(done)
    assert (str(person(me).phone), person(me).called) == ("+447700900222", "Rob")
    assert client.get(CODE).url == URL


def test_a_new_address_needs_a_code_from_both(client: Browser, me: Any) -> None:
    client.post(URL, typed(email=NEW))
    page = text_of(client.get(CODE))
    assert OLD in page
    assert f'<strong dir="auto">{NEW}</strong>, your new address' in page
    client.post(CODE, {"code": code_for(OLD), "new-code": code_for(NEW)})
    me.refresh_from_db()
    assert (me.email, person(me).email) == (NEW, NEW)
    assert client.get("/my/").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "anchor"),
    [("right", "wrong", "#id_new-code"), ("wrong", "right", "#id_code"), ("wrong", "wrong", "#id_code")],
)  # fmt: skip
def test_one_wrong_code_changes_nothing_and_uses_up_none(
    client: Browser, me: Any, old: str, new: str, anchor: str
) -> None:
    client.post(URL, typed(email=NEW))
    right = {"code": code_for(OLD), "new-code": code_for(NEW)}
    sent = {
        "code": right["code"] if old == "right" else "x",
        "new-code": right["new-code"] if new == "right" else "x",
    }
    answer = client.post(CODE, sent)
    assert answer.status_code == 422
    assert f'href="{anchor}"' in text_of(answer)
    assert person(me).email == OLD
    client.post(CODE, right)
    assert person(me).email == NEW


def test_codes_of_somebody_else_prove_nothing(client: Browser, me: Any) -> None:
    other = Browser()
    other.post("/sign-in/", {"email": OLD})
    client.post(URL, typed(phone="07700 900222"))
    theirs = code_of(SignInCode.objects.filter(email=OLD).earliest("pk"))
    assert client.post(CODE, {"code": theirs}).status_code == 422
    assert str(person(me).phone) == "+447700900111"


def test_a_code_that_is_old_changes_nothing(client: Browser, me: Any) -> None:
    client.post(URL, typed(phone="07700 900222"))
    SignInCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = client.post(CODE, {"code": code_for(OLD)})
    assert answer.status_code == 422
    assert "not right or has expired" in text_of(answer)
    client.post(CODE, {"again": "1"})
    client.post(CODE, {"code": code_for(OLD)})
    assert str(person(me).phone) == "+447700900222"


def test_an_address_with_a_sign_in_of_its_own_is_named_after_the_codes_only(
    client: Browser, me: Any
) -> None:
    make_user(email=NEW)
    answer = client.post(URL, typed(email=NEW.upper()))
    assert answer.url == CODE
    refused = client.post(CODE, {"code": code_for(OLD), "new-code": code_for(NEW)})
    assert refused.status_code == 409
    assert "has a sign-in of its own already" in text_of(refused)
    me.refresh_from_db()
    assert (me.email, person(me).email) == (OLD, OLD)


def test_who_works_here_keeps_the_address_they_sign_in_with(client: Browser) -> None:
    make_clinic()
    user = make_staff("Front desk", email=OLD)
    make_client(user, name="Robin Known", email=OLD)
    client.force_login(user)
    client.post(URL, typed(email=NEW, phone=""))
    client.post(CODE, {"code": code_for(OLD), "new-code": code_for(NEW)})
    user.refresh_from_db()
    assert (user.email, person(user).email) == (OLD, NEW)


def test_nothing_changed_asks_for_no_code(client: Browser, me: Any) -> None:
    assert client.post(URL, typed()).url == "/my/"
    assert not SignInCode.objects.exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Enter your name"),
        ({"name": "A\r\nB"}, "Please use one line"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"email": ""}, "Enter an email address like name@example.com"),
        ({"email": "robin"}, "Enter an email address like name@example.com"),
        ({"email": f"{'x' * 243}@example.com"}, "at most 254 characters"),
        ({"phone": "12"}, "Enter a phone number like 07700 900 982"),
        ({"called": "\0"}, "Null characters are not allowed"),
    ],
)
def test_bad_input_is_said_and_nothing_is_lost(
    client: Browser, me: Any, changed: dict[str, str], sentence: str
) -> None:
    answer = client.post(URL, typed(**{"called": "Robbie", **changed}))
    page = text_of(answer)
    assert answer.status_code == 422
    assert sentence in page
    if "called" not in changed:
        assert 'value="Robbie"' in page
    assert not SignInCode.objects.exists()


def test_too_many_codes_name_the_wait(client: Browser, me: Any, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_code": (1, 900)}
    client.post(URL, typed(phone="07700 900222"))
    answer = client.post(URL, typed(phone="07700 900333"))
    assert answer.status_code == 429
    assert "Retry-After" in answer
    assert "07700 900333" in text_of(answer)


def test_too_many_tries_name_the_wait(client: Browser, me: Any, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "sign_in_try": (1, 900)}
    client.post(URL, typed(phone="07700 900222"))
    client.post(CODE, {"code": "x"})
    answer = client.post(CODE, {"code": code_for(OLD)})
    assert (answer.status_code, "Retry-After" in answer) == (429, True)
    assert str(person(me).phone) == "+447700900111"


def test_codes_without_anything_typed_lead_back(client: Browser, me: Any) -> None:
    assert client.get(CODE).url == URL
    assert client.post(CODE, {"code": "123456"}).url == URL


def test_whoever_has_no_entry_of_their_own_finds_nothing(client: Browser, me: Any) -> None:
    for user in (make_user(), make_staff("Front desk"), make_staff("Admin")):
        browser = Browser()
        browser.force_login(user)
        for path in (URL, CODE):
            assert browser.get(path).status_code == 404
            assert browser.post(path, typed()).status_code == 404


def test_a_shared_address_changes_only_their_own_entry(client: Browser, me: Any) -> None:
    same = make_client(name="Little Known", email=OLD)
    client.post(URL, typed(email=NEW))
    client.post(CODE, {"code": code_for(OLD), "new-code": code_for(NEW)})
    same.refresh_from_db()
    assert same.email == OLD
