"""From an empty database to the first admin and the checklist."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import signing
from django.test import Client as Browser

from bookings.models import Message
from bookings.tests.factories import make_staff
from clinic.first_admin import SALT, first_admin_link
from practitioners.models import ClinicSettings
from practitioners.tests.factories import make_clinic

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada Admin", "email": "ada@example.com"}


def test_the_link_makes_the_first_admin_and_leads_to_the_checklist(client: Browser) -> None:
    link = first_admin_link()
    assert link is not None
    assert client.get(link).status_code == 200
    assert not get_user_model().objects.exists()
    answer = client.post(link, ADA)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/checklist/")
    user = get_user_model().objects.get()
    assert (user.is_superuser, user.is_clinic_admin) == (True, True)
    assert client.get("/desk/checklist/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_the_link_works_once(client: Browser) -> None:
    link = first_admin_link()
    assert link is not None
    client.post(link, ADA)
    assert first_admin_link() is None
    for answer in (Browser().get(link), Browser().post(link, {**ADA, "email": "eve@example.com"})):
        assert answer.status_code == 410
        assert "This link has been used" in answer.content.decode()
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize(
    "token", ["nothing", signing.dumps("first", salt="another")], ids=["words", "another salt"]
)
def test_a_made_up_link_leads_nowhere(client: Browser, token: str) -> None:
    assert client.get(f"/setup/{token}/").status_code == 404
    assert client.post(f"/setup/{token}/", ADA).status_code == 404


def test_a_link_of_yesterday_says_how_to_get_a_new_one(client: Browser, monkeypatch: Any) -> None:
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    token = signing.dumps("first", salt=SALT)
    monkeypatch.undo()
    for answer in (client.get(f"/setup/{token}/"), client.post(f"/setup/{token}/", ADA)):
        assert answer.status_code == 410
        assert "This link is too old" in answer.content.decode()
    assert not get_user_model().objects.exists()


def test_poor_details_keep_what_was_typed(client: Browser) -> None:
    link = first_admin_link()
    assert link is not None
    answer = client.post(link, {"name": "Ada Admin", "email": "ada"})
    assert answer.status_code == 422
    assert 'value="Ada Admin"' in answer.content.decode()
    assert not get_user_model().objects.exists()


def test_the_test_mail_goes_through_the_ledger(client: Browser) -> None:
    make_clinic()
    admin = make_staff("Admin")
    client.force_login(admin)
    assert client.get("/desk/checklist/test-mail/").status_code == 405
    assert client.post("/desk/checklist/test-mail/").status_code == 302
    assert Message.objects.get().user == admin
    assert ClinicSettings.current().test_mail_sent_at is not None


@pytest.mark.parametrize("role", ["Front desk", "Clinical lead"])
def test_others_send_no_test_mail(client: Browser, role: str) -> None:
    client.force_login(make_staff(role))
    assert client.post("/desk/checklist/test-mail/").status_code == 403
    assert not Message.objects.exists()
