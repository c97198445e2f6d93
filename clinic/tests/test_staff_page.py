"""Inviting people who work here, and parting with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Message, Task
from bookings.tests.factories import (
    NOW,
    SmallClinic,
    make_appointment,
    make_client,
    make_staff,
    make_user,
)
from practitioners.models import Practitioner
from treatment_plans.tests.factories import make_plan

pytestmark = pytest.mark.django_db
NEW = {"name": "Kim Example", "email": "kim@example.com"}


@pytest.fixture
def admin(client: Browser) -> Any:
    user = make_staff("Admin", name="Ada Admin")
    client.force_login(user)
    return user


def test_an_invitation_makes_login_role_and_profile_in_one_step(
    client: Browser, admin: Any
) -> None:
    answer = client.post("/desk/staff/", {**NEW, "roles": ["Practitioner", "Front desk"]})
    assert answer.status_code == 302
    user = get_user_model().objects.get(email="kim@example.com")
    assert user.roles == {"Front desk"}
    assert user.is_practitioner
    assert user.is_staff
    assert not user.has_usable_password()
    mail = Message.objects.get(source_type="staff_invitation")
    assert (mail.kind, mail.user) == ("staff_notice", user)


def test_inviting_somebody_twice_makes_one_login(client: Browser, admin: Any) -> None:
    for roles in (["Practitioner"], ["Front desk"]):
        client.post("/desk/staff/", {**NEW, "email": "KIM@example.com", "roles": roles})
    user = get_user_model().objects.get(email="kim@example.com")
    assert user.roles == {"Front desk"}
    assert Practitioner.objects.filter(user=user).count() == 1


def test_who_comes_back_is_a_practitioner_again_and_keeps_their_name(
    client: Browser, admin: Any
) -> None:
    client.post("/desk/staff/", {**NEW, "roles": ["Practitioner"]})
    user = get_user_model().objects.get(email="kim@example.com")
    client.post(f"/desk/staff/{user.pk}/leaves/")
    client.post("/desk/staff/", {**NEW, "name": "Kim", "roles": ["Practitioner"]})
    back = get_user_model().objects.get(pk=user.pk)
    assert (back.is_active, back.is_practitioner, back.name) == (True, True, user.name)
    assert not back.practitioner.is_bookable_online  # until an admin says so


def test_two_people_of_one_name_get_pages_of_their_own(client: Browser, admin: Any) -> None:
    for email in ("kim@example.com", "kim2@example.com"):
        client.post("/desk/staff/", {"name": "Kim", "email": email, "roles": ["Practitioner"]})
    assert sorted(Practitioner.objects.values_list("slug", flat=True)) == ["kim", "kim-2"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "Enter the name"),
        ({"email": "kim"}, "Enter an email address like name@example.com"),
        ({"roles": []}, "Choose at least one role"),
        ({"roles": ["Owner of everything"]}, "Select a valid choice"),
    ],
)
def test_a_poor_invitation_says_what_is_missing(
    client: Browser, admin: Any, changed: dict[str, Any], sentence: str
) -> None:
    answer = client.post("/desk/staff/", {**NEW, "roles": ["Front desk"], **changed})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert get_user_model().objects.count() == 1


def test_who_leaves_is_signed_out_everywhere(client: Browser, admin: Any) -> None:
    leaver, elsewhere = make_staff("Front desk"), Browser()
    elsewhere.force_login(leaver)
    assert elsewhere.get("/desk/").status_code == 200
    assert client.post(f"/desk/staff/{leaver.pk}/leaves/").status_code == 302
    assert elsewhere.get("/desk/").status_code == 302
    leaver.refresh_from_db()
    assert (leaver.is_active, leaver.is_staff, leaver.groups.count()) == (False, False, 0)


def test_the_plans_of_who_leaves_become_a_task_of_the_clinical_lead(
    client: Browser, admin: Any
) -> None:
    world = SmallClinic()
    world.person.user = leaver = make_user(name="Dana Example")
    world.person.name = "Dana Example"
    world.person.save()
    for is_active in (True, False):
        make_plan(
            make_client(), world.person, world.service, world.place,
            by=leaver, now=NOW, is_active=is_active,
        )  # fmt: skip
    for _ in range(2):
        client.post(f"/desk/staff/{leaver.pk}/leaves/")
    task = Task.objects.get(kind="handover")
    assert task.title == "Dana Example has left: 2 open plans need another specialist"
    assert (task.role, task.owner) == ("Clinical lead", None)
    assert task.link == f"/desk/plans/hand-over/{world.person.slug}/"
    world.person.refresh_from_db()
    assert (world.person.is_active, world.person.is_bookable_online) == (False, False)


def test_nobody_closes_their_own_login_or_one_above_them(client: Browser, admin: Any) -> None:
    above = make_user(is_superuser=True, is_staff=True)
    for user in (admin, above):
        assert client.post(f"/desk/staff/{user.pk}/leaves/").status_code == 403
        user.refresh_from_db()
        assert user.is_active


def test_leaving_by_a_link_changes_nothing(client: Browser, admin: Any) -> None:
    leaver = make_staff("Front desk", name="Rory Sample")
    answer = client.get(f"/desk/staff/{leaver.pk}/leaves/")
    assert (answer.status_code, "Close the login" in answer.content.decode()) == (200, True)
    leaver.refresh_from_db()
    assert (leaver.is_active, leaver.groups.count()) == (True, 1)
    assert client.get("/desk/staff/987654/leaves/").status_code == 404


def test_it_says_first_what_somebody_would_leave_behind(client: Browser, admin: Any) -> None:
    world = SmallClinic()
    world.person.user = leaver = make_user(name="Dana Example")
    world.person.save()
    path = f"/desk/staff/{leaver.pk}/leaves/"
    page = client.get(path).content.decode()
    assert "open plan" not in page
    make_plan(make_client(), world.person, world.service, world.place, by=leaver, now=NOW)
    for days in (3, 4):
        at = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
        make_appointment(world.person, world.service, world.place, at, client=make_client())
    page = client.get(path).content.decode()
    assert "1 open plan: the clinical lead gets a task to hand it over" in page
    assert "2 sessions to come: nobody is told yet" in page


def test_a_client_cannot_be_made_to_leave(client: Browser, admin: Any) -> None:
    person = make_user()
    assert client.post(f"/desk/staff/{person.pk}/leaves/").status_code == 404


def test_the_list_costs_the_same_for_many(client: Browser, admin: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get("/desk/staff/")
        return len(seen)

    make_staff("Front desk")
    queries()  # the first visit of a session also stores when it was
    few = queries()
    for _ in range(30):
        make_staff("Front desk")
    assert queries() == few <= 12


def test_every_page_of_staff_costs_as_many_queries(client: Browser, admin: Any) -> None:
    for number in range(52):
        user = make_staff("Front desk", name=f"Person {number:02}")
        user.groups.add(*admin.groups.all())  # who holds two roles is listed once
    for asked, names in (("", 50), ("2", 3), ("99", 3)):
        client.get("/desk/staff/", {"page": asked})
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/desk/staff/", {"page": asked}).content.decode()
        assert len(queries) <= 5, asked
        assert page.count('<th scope="row"') == names
    assert "Page 2 of 2" in page
