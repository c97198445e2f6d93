"""What the site answers to requests that no page of ours would send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client as Browser
from django.test import override_settings

from bookings.tests.factories import make_staff
from clinic.tests.pages import addresses

pytestmark = pytest.mark.django_db
LISTS = ["/specialists/", "/techniques/", "/conditions/", "/book/"]
DESK_LISTS = ["/desk/clients/", "/desk/to-do/", "/desk/"]
PAGE_NUMBERS = ["abc", "0", "-1", "9" * 25, "", "\uff11", "1e3"]
DATES = [
    "2030-13-01",
    "",
    "\uff12\uff10\uff13\uff10-01-01",
    "0001-01-01",
    "9999-12-31",
    "31 02 2027",
    "x" * 300,
]
ZONES = ["Nowhere/City", "Europe", "../../x", "x" * 300, "", "leapseconds", "Europe/London"]


def is_an_answer(address: Any, status: int) -> bool:
    """No error of ours; the page for monitors says with 503 that no worker runs."""
    return status < 500 or (address.name == "messages_health" and status == 503)


@pytest.mark.parametrize("address", addresses(), ids=lambda one: one.name)
def test_no_page_falls_over_a_strange_address_or_parameter(client: Browser, address: Any) -> None:
    for query in ("q=%ff%fe", "page=" + "9" * 25, "order=password", "password__startswith=a",
                  "next=//evil.example", "_to_field=password", "zone=../../etc/passwd",
                  "date=9999-12-31", "from=0001-01-01", "day=2030-13-01", "practitioner=%27--"):  # fmt: skip
        assert is_an_answer(address, client.get(f"{address.path}?{query}").status_code), query


@pytest.mark.parametrize("address", addresses(), ids=lambda one: one.name)
def test_an_admin_meets_no_error_either(client: Browser, address: Any) -> None:
    client.force_login(make_staff("Admin"))
    for query in ("page=" + "9" * 25, "q=%ff", "day=2030-13-01", "date=9999-12-31", "week=x",
                  "from=9999-12-31", "practitioner=9223372036854775808", "state=x"):  # fmt: skip
        assert is_an_answer(address, client.get(f"{address.path}?{query}").status_code), query


@pytest.mark.parametrize("path", ["/specialists/a%00b/", "/conditions/%00/", "/%00", "/book/%00/"])
def test_nul_in_a_path_is_a_page_not_found(client: Browser, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_nul_in_a_search_is_refused_in_words(client: Browser, path: str) -> None:
    answer = client.get(f"{path}?q=a%00b")
    assert answer.status_code == 400
    assert "Your search has a character we cannot use." in answer.content.decode()


def test_nul_in_a_field_is_named_at_the_field(client: Browser) -> None:
    answer = client.post("/sign-in/", {"email": "a\0b@example.com"})
    assert answer.status_code == 422
    assert "Null characters are not allowed" in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a": "\\u0000"}', 422),
        (b'{"a": "\\ud800"}', 422),
        (b'{"a": ', 400),
        (b"[1]", 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
    ],
)
def test_json_that_cannot_be_read_is_refused(client: Browser, body: bytes, status: int) -> None:
    answer = client.post("/sign-in/", body, content_type="application/json")
    assert answer.status_code == status
    assert set(json.loads(answer.content)) == {"error", "detail"}


@pytest.mark.parametrize("key", ["9223372036854775808", "9" * 25, "9" * 5000, "-1", "abc", "0"])
def test_a_number_that_is_no_number_of_ours_is_not_found(client: Browser, key: str) -> None:
    client.force_login(make_staff("Admin"))
    assert client.post(f"/desk/to-do/{key}/done/").status_code == 404
    assert client.post(f"/desk/staff/{key}/leaves/").status_code == 404


@pytest.mark.parametrize("number", PAGE_NUMBERS)
@pytest.mark.parametrize("path", DESK_LISTS)
def test_any_page_number_shows_a_page_at_the_desk(client: Browser, path: str, number: str) -> None:
    client.force_login(make_staff("Front desk"))
    assert client.get(path, {"page": number}).status_code == 200


@pytest.mark.parametrize("day", DATES)
def test_any_day_shows_a_day(client: Browser, day: str) -> None:
    client.force_login(make_staff("Front desk"))
    assert client.get("/desk/", {"day": day}).status_code in (200, 404, 422)


@pytest.mark.parametrize(
    "where", ["//evil.example", "javascript:alert(1)", "https://evil.example/"]
)
def test_signing_in_never_leads_to_another_site(client: Browser, where: str) -> None:
    client.force_login(make_staff("Front desk"))
    answer = client.get("/sign-in/", {"next": where})
    assert answer.status_code == 302
    assert answer["Location"] == "/start/"


def test_a_foreign_host_is_refused(client: Browser) -> None:
    with override_settings(ALLOWED_HOSTS=["localhost"]):
        answer = client.get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_too_many_fields_are_refused_in_words(client: Browser) -> None:
    answer = client.post("/sign-in/", {f"f{number}": "x" for number in range(1001)})
    assert answer.status_code in (400, 413)
    assert "Too much data. Nothing was saved." in answer.content.decode()


def test_too_much_text_is_refused_in_words(client: Browser) -> None:
    answer = client.post("/sign-in/", {"email": "x" * 3_000_000})
    assert answer.status_code in (400, 413)
    assert "Too much data. Nothing was saved." in answer.content.decode()


def test_a_very_long_query_is_refused(client: Browser) -> None:
    assert client.get("/specialists/?q=" + "x" * 9000).status_code == 414


def test_another_alphabet_for_the_form_is_refused(client: Browser) -> None:
    answer = client.post(
        "/sign-in/", b"email=a", content_type="application/x-www-form-urlencoded; charset=utf-16"
    )
    assert 400 <= answer.status_code < 500
    answer = client.post("/sign-in/", b"--", content_type="multipart/form-data")
    assert answer.status_code == 400


def test_an_old_form_is_kept_and_explained() -> None:
    browser = Browser(enforce_csrf_checks=True)
    answer = browser.post("/sign-in/", {"email": "robin@example.com"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "no longer current" in page
    assert "robin@example.com" in page


@pytest.mark.parametrize("name", ["Robin\r\nBcc: x@example.com", "Robin\u202e", "Robin\u0007"])
def test_names_are_one_line_without_controls(client: Browser, name: str) -> None:
    client.force_login(make_staff("Admin"))
    answer = client.post(
        "/desk/staff/", {"name": name, "email": "new@example.com", "roles": ["Front desk"]}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{7*7}}", '=HYPERLINK("x")', "Zoë 李 🙂", "עברית"]
)
def test_names_are_stored_as_text_and_shown_as_text(client: Browser, name: str) -> None:
    client.force_login(make_staff("Admin"))
    sent = {"name": name, "email": "new@example.com", "roles": ["Front desk"]}
    assert client.post("/desk/staff/", sent).status_code == 302
    page = client.get("/desk/staff/").content.decode()
    assert "<script>alert" not in page
    assert "{{7*7}}" in page or "7*7" not in name


@pytest.mark.parametrize("field", ["name", "email"])
def test_text_that_is_too_long_is_kept_and_explained(client: Browser, field: str) -> None:
    client.force_login(make_staff("Admin"))
    sent = {"name": "New Person", "email": "new@example.com", "roles": ["Front desk"]}
    long = "x" * 250 + ("@example.com" if field == "email" else "")
    answer = client.post("/desk/staff/", {**sent, field: long})
    assert answer.status_code == 422
    assert long in answer.content.decode()
