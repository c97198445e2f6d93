"""The to-do page of each role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from bookings.models import Task
from bookings.tests.factories import make_staff, make_user
from practitioners.tests.factories import make_practitioner

pytestmark = pytest.mark.django_db


def make_task(title: str, **fields: Any) -> Task:
    return Task.objects.create(
        **{"kind": "call", "title": title, "reason_key": title, "due_at": timezone.now(), **fields}
    )


@pytest.fixture
def desk(client: Browser) -> Any:
    user = make_staff("Front desk")
    client.force_login(user)
    return user


def test_everybody_sees_their_own_and_their_roles(client: Browser, desk: Any) -> None:
    make_task("Mine", owner=desk)
    make_task("Ours", role="Front desk")
    make_task("Theirs", owner=make_staff("Front desk"))
    make_task("Of admins", role="Admin")
    page = client.get("/desk/to-do/").content.decode()
    assert [word for word in ("Mine", "Ours", "Theirs", "Of admins") if word in page] == [
        "Mine",
        "Ours",
    ]


def test_a_done_task_is_gone_and_remembers_who(client: Browser, desk: Any) -> None:
    task = make_task("Ours", role="Front desk")
    assert client.post(f"/desk/to-do/{task.pk}/done/").status_code == 302
    task.refresh_from_db()
    assert task.done_by == desk
    page = client.get("/desk/to-do/").content.decode()
    assert "Done: Ours." in page
    assert f"/desk/to-do/{task.pk}/done/" not in page
    assert client.post(f"/desk/to-do/{task.pk}/done/").status_code == 404


def test_what_was_done_by_mistake_waits_again(client: Browser, desk: Any) -> None:
    task = make_task("Ours", role="Front desk")
    client.post(f"/desk/to-do/{task.pk}/done/")
    for _ in range(2):  # twice is fine
        answer = client.post(f"/desk/to-do/{task.pk}/undo/", follow=True)
        assert f"/desk/to-do/{task.pk}/done/" in answer.content.decode()
    task.refresh_from_db()
    assert (task.done_at, task.done_by) == (None, None)


def test_nobody_takes_back_what_somebody_else_has_done(client: Browser, desk: Any) -> None:
    theirs = make_task("Theirs", owner=make_staff("Admin"))
    ours = make_task("Ours", role="Front desk")
    for task in (theirs, ours):
        task.finish(by=make_staff("Admin"), now=timezone.now())
        assert client.post(f"/desk/to-do/{task.pk}/undo/").status_code == 404
        task.refresh_from_db()
        assert task.done_at
    assert "Done: " not in client.get("/desk/to-do/").content.decode()
    client.logout()
    assert client.post(f"/desk/to-do/{ours.pk}/undo/").status_code == 302
    client.force_login(make_user())
    assert client.post(f"/desk/to-do/{ours.pk}/undo/").status_code == 403


def test_the_way_back_is_offered_for_some_minutes(client: Browser, desk: Any) -> None:
    task = make_task("Ours", role="Front desk")
    task.finish(by=desk, now=timezone.now() - timedelta(hours=1))
    assert "Done: " not in client.get("/desk/to-do/").content.decode()


def test_nobody_ticks_off_somebody_elses(client: Browser, desk: Any) -> None:
    task = make_task("Theirs", owner=make_staff("Admin"))
    assert client.post(f"/desk/to-do/{task.pk}/done/").status_code == 404
    task.refresh_from_db()
    assert task.done_at is None


def test_an_empty_page_says_so(client: Browser, desk: Any) -> None:
    assert "Nothing" in client.get("/desk/to-do/").content.decode()


def test_a_practitioner_has_a_page_too(client: Browser) -> None:
    user = make_user()
    make_practitioner(user=user)
    make_task("Of the practitioner", owner=user)
    client.force_login(user)
    assert "Of the practitioner" in client.get("/desk/to-do/").content.decode()


def test_the_page_costs_the_same_for_many(
    client: Browser, desk: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(60):
        make_task(f"Task {number}", role="Front desk")
    with django_assert_max_num_queries(10):
        client.get("/desk/to-do/")
