"""Roles and access of people in the administration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.tests.factories import SmallClinic, make_staff, make_user
from clinic.models import ADMIN, CLINICAL_LEAD, FRONT_DESK, User
from practitioners.tests.factories import make_practitioner

pytestmark = pytest.mark.django_db
LIST = "/admin/clinic/user/"


def path(user: Any) -> str:
    return f"{LIST}{user.pk}/change/"


def answers(user: Any, *roles: str, **changed: Any) -> dict[str, Any]:
    keys = list(Group.objects.filter(name__in=roles).values_list("pk", flat=True))
    return {"name": user.name, "is_active": "on", "groups": keys, **changed}


@pytest.fixture
def boss(client: Browser) -> Any:
    user = make_staff(ADMIN, name="Ada Admin")
    client.force_login(user)
    return user


def test_roles_are_given_and_taken(client: Browser, boss: Any) -> None:
    user, elsewhere = make_user(name="Kim"), Browser()
    elsewhere.force_login(user)
    assert elsewhere.get("/admin/").status_code == 403
    assert client.post(path(user), answers(user, FRONT_DESK, CLINICAL_LEAD)).status_code == 302
    assert User.objects.get(pk=user.pk).roles == {FRONT_DESK, CLINICAL_LEAD}
    assert elsewhere.get("/admin/").status_code == 200
    assert client.post(path(user), answers(user)).status_code == 302
    assert elsewhere.get("/admin/").status_code == 403
    assert not User.objects.get(pk=user.pk).is_staff


def test_who_leaves_loses_access_at_once(client: Browser, boss: Any) -> None:
    user, elsewhere = make_staff(FRONT_DESK, name="Kim"), Browser()
    elsewhere.force_login(user)
    assert elsewhere.get("/desk/").status_code == 200
    client.post(path(user), answers(user, FRONT_DESK, is_active=""))
    answer = elsewhere.get("/desk/")
    assert (answer.status_code, answer["Location"][:9]) == (302, "/sign-in/")
    user.refresh_from_db()
    assert (user.is_active, user.is_staff, user.groups.count()) == (False, False, 0)


def test_a_leaver_with_sessions_is_followed_by_a_question(client: Browser, boss: Any) -> None:
    world = SmallClinic()
    world.person.user = user = make_user(name="Dana")
    world.person.save()
    day = timezone.now().date() + timedelta(days=7)
    world.stranger(datetime(day.year, day.month, day.day, 10, tzinfo=UTC))
    page = client.post(path(user), answers(user, is_active=""), follow=True).content.decode()
    assert f"/admin/practitioners/practitioner/{world.person.pk}/leaving/" in page
    assert "Say what becomes of 1 session" in page
    world.person.refresh_from_db()
    assert (world.person.is_active, world.person.is_bookable_online) == (False, False)


def test_nobody_changes_their_own_access(client: Browser, boss: Any) -> None:
    assert client.get(path(boss)).status_code == 200
    answer = client.post(path(boss), answers(boss, ADMIN, CLINICAL_LEAD))
    assert answer.status_code == 403
    assert User.objects.get(pk=boss.pk).roles == {ADMIN}


def test_nobody_changes_the_access_of_one_above_them(client: Browser, boss: Any) -> None:
    above = make_user(is_superuser=True, is_staff=True)
    assert client.post(path(above), answers(above, is_active="")).status_code == 403
    above.refresh_from_db()
    assert above.is_active


def test_nobody_is_raised_above_a_role_or_given_single_rights(client: Browser, boss: Any) -> None:
    user = make_user(name="Kim")
    more = {"is_superuser": "on", "user_permissions": ["1"], "email": "eve@example.com"}
    client.post(path(user), answers(user, **more))
    fresh = User.objects.get(pk=user.pk)
    assert (fresh.is_superuser, fresh.email) == (False, user.email)
    assert fresh.user_permissions.count() == 0
    other = Group.objects.create(name="Owners of everything")
    assert client.post(path(user), {**answers(user), "groups": [other.pk]}).status_code == 422


def test_logins_are_neither_made_nor_deleted_there(client: Browser, boss: Any) -> None:
    user = make_user()
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert 'href="/desk/staff/"' in client.get(LIST).content.decode()
    assert User.objects.filter(pk=user.pk).exists()


def test_no_password_can_be_set(client: Browser, boss: Any) -> None:
    assert client.get(f"{LIST}{boss.pk}/password/").status_code in (302, 404)
    assert client.get("/admin/password_change/").status_code == 404


def test_the_list_costs_the_same_for_many(client: Browser, boss: Any) -> None:
    def queries(count: int) -> int:
        while User.objects.count() < count:
            make_practitioner(user=make_staff(FRONT_DESK))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST).status_code == 200
        return len(seen)

    client.get(LIST)  # the first visit of a session also stores when it was
    assert queries(10) == queries(60) <= 20
