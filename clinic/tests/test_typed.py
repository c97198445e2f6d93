"""A session that ends while somebody is typing takes nothing with it, and shows it to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.tests.factories import make_staff
from clinic import typed

pytestmark = pytest.mark.django_db
PATH = "/desk/clients/new/?from=day"
SENT = {"name": "Ada <b>Fictional</b>", "phone": "", "rows-0-note": "Two\nlines"}


@pytest.fixture
def desk() -> Any:
    return make_staff("Front desk", name="Rory Sample")


def signed_out_while_typing(browser: Browser, user: Any, **sent: str) -> Any:
    """What the desk's form brings an hour and a minute after its last page."""
    browser.force_login(user)
    session = browser.session
    session["began_at"] = session["seen_at"] = (timezone.now() - timedelta(minutes=61)).isoformat()
    session.save()
    return browser.post(PATH, sent or SENT)


def test_what_was_typed_is_offered_to_who_typed_it(client: Browser, desk: Any) -> None:
    answer = signed_out_while_typing(client, desk)
    assert (answer.status_code, answer["Location"][:9]) == (302, "/sign-in/")
    assert "What you typed is kept" in client.get(answer["Location"]).content.decode()
    client.force_login(desk)
    answer = client.get(PATH)
    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store, private")
    assert "You were signed out while you were typing" in page
    assert "<dt>Rows 1: note</dt>" in page
    assert '<input type="hidden" name="name" value="Ada &lt;b&gt;Fictional&lt;/b&gt;">' in page
    assert '<input type="hidden" name="phone" value="">' in page
    assert "signed out while" in client.get(PATH).content.decode()  # a reload loses nothing


def test_sending_it_again_is_the_form_itself(client: Browser, desk: Any) -> None:
    signed_out_while_typing(client, desk, name="")
    client.force_login(desk)
    answer = client.post(PATH, {"name": ""})
    assert answer.status_code == 422
    assert not client.session[typed.KEPT]


def test_it_can_be_left_out(client: Browser, desk: Any) -> None:
    signed_out_while_typing(client, desk)
    client.force_login(desk)
    answer = client.post(PATH, {typed.LEAVE: "1"})
    assert (answer.status_code, answer["Location"]) == (302, PATH)
    assert "signed out while" not in client.get(PATH).content.decode()


def test_nobody_else_sees_it(client: Browser, desk: Any) -> None:
    signed_out_while_typing(client, desk)
    client.force_login(make_staff("Front desk", name="Robin Sample"))
    for path in ("/desk/", PATH):
        assert "Ada" not in client.get(path).content.decode()
    assert not client.session[typed.KEPT]


def test_other_pages_open_as_ever(client: Browser, desk: Any) -> None:
    signed_out_while_typing(client, desk)
    client.force_login(desk)
    assert "signed out while" not in client.get("/desk/").content.decode()
    assert typed.KEPT in client.session


def test_of_two_windows_both_forms_are_kept(client: Browser, desk: Any) -> None:
    signed_out_while_typing(client, desk)
    other = "/desk/hours/time-off/"
    assert client.post(other, {"reason": "Course in Fictionville"})["Location"][:9] == "/sign-in/"
    client.force_login(desk)
    assert "Course in Fictionville" in client.get(other).content.decode()
    assert "Ada &lt;b&gt;Fictional" in client.get(PATH).content.decode()
    client.post(other, {typed.LEAVE: "1"})
    assert "signed out while" not in client.get(other).content.decode()
    assert "signed out while" in client.get(PATH).content.decode()


def test_what_is_sent_twice_is_kept_as_it_was_sent_last(client: Browser, desk: Any) -> None:
    signed_out_while_typing(client, desk)
    client.post(PATH, {"name": "Grace Fictional"})
    client.force_login(desk)
    page = client.get(PATH).content.decode()
    assert "Grace Fictional" in page
    assert "Ada" not in page


def test_signing_out_in_another_window_takes_nothing_along(client: Browser, desk: Any) -> None:
    client.force_login(desk)
    client.post("/sign-out/")
    assert client.post(PATH, SENT)["Location"][:9] == "/sign-in/"
    client.force_login(make_staff("Front desk", name="Robin Sample"))
    assert "Ada" not in client.get(PATH).content.decode()
    client.post("/sign-out/")


def test_who_signed_out_finds_it_again(client: Browser, desk: Any) -> None:
    client.force_login(desk)
    client.post("/sign-out/")
    client.post(PATH, SENT)
    client.force_login(desk)
    assert "Ada &lt;b&gt;Fictional" in client.get(PATH).content.decode()


def test_a_session_that_was_over_long_ago_is_nobodys(
    client: Browser, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(desk)
    client.post("/sign-out/")
    with monkeypatch.context() as later:
        later.setattr(typed, "LASTS", timedelta(0))
        client.post(PATH, SENT)
    assert typed.KEPT not in client.session


@pytest.mark.parametrize("why", ["stranger", "too much", "too late"])
def test_what_is_not_kept(
    client: Browser, desk: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if why == "stranger":
        client.post(PATH, SENT)
    elif why == "too much":
        signed_out_while_typing(client, desk, name="x" * (typed.MOST + 1))
    else:
        signed_out_while_typing(client, desk)
        monkeypatch.setattr(typed, "LASTS", timedelta(0))
    client.force_login(desk)
    assert "signed out while" not in client.get(PATH).content.decode()


def test_another_site_keeps_nothing_here(desk: Any) -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert signed_out_while_typing(browser, desk).status_code == 403
    assert typed.KEPT not in browser.session
