"""Who is turned away at the door of every page, whatever page is added next."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from bookings.tests.factories import make_client, make_staff, make_user
from clinic.tests.pages import STAND_INS, addresses

# Pages for people who work here, and pages for anybody who has signed in.
DESK = [one for one in addresses() if one.path.startswith("/desk/")]
SIGNED_IN = [one for one in addresses() if one.path.startswith(("/my/", "/start/", "/sign-out/"))]
ADMIN_ONLY = ["/desk/checklist/", "/desk/staff/"]
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


def test_the_list_of_pages_is_not_empty() -> None:
    assert {"desk_day", "desk_client", "staff", "todo"} <= {one.name for one in DESK}
    assert {"my_sessions", "start"} <= {one.name for one in SIGNED_IN}


@pytest.mark.django_db
@pytest.mark.parametrize("address", DESK + SIGNED_IN, ids=lambda one: one.name)
@pytest.mark.parametrize("method", METHODS)
def test_somebody_unknown_is_sent_to_the_sign_in_page(
    client: Browser, address: Any, method: str
) -> None:
    answer = getattr(client, method)(address.path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.django_db
@pytest.mark.parametrize("address", DESK, ids=lambda one: one.name)
def test_a_background_request_without_sign_in_is_told_where_to_go(
    client: Browser, address: Any
) -> None:
    answer = client.get(address.path, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/sign-in/")


@pytest.mark.django_db
@pytest.mark.parametrize("address", DESK, ids=lambda one: one.name)
def test_a_client_has_no_business_at_the_desk(client: Browser, address: Any) -> None:
    user = make_user()
    make_client(user)
    client.force_login(user)
    for method in ("get", "post"):
        assert getattr(client, method)(address.path).status_code in (403, 404, 405), method


@pytest.mark.django_db
@pytest.mark.parametrize("address", DESK, ids=lambda one: one.name)
def test_who_has_left_is_signed_out_at_once(client: Browser, address: Any) -> None:
    user = make_staff("Front desk")
    client.force_login(user)
    user.is_active = False
    user.save()
    answer = client.get(address.path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["Front desk", "Clinical lead", ""])
@pytest.mark.parametrize("path", ADMIN_ONLY)
def test_only_admins_set_the_clinic_up(client: Browser, role: str, path: str) -> None:
    client.force_login(make_staff(role) if role else make_user())
    assert client.get(path).status_code == 403
    assert client.post(path).status_code in (403, 405)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [one for one in DESK if any(part in one.path for part in STAND_INS.values())],
    ids=lambda one: one.name,
)
@pytest.mark.parametrize("role", ["Front desk", "Admin", "Clinical lead"])
def test_what_does_not_exist_is_not_found_by_anybody(
    client: Browser, address: Any, role: str
) -> None:
    client.force_login(make_staff(role))
    for method in ("get", "post"):
        assert getattr(client, method)(address.path).status_code in (403, 404, 405), method
