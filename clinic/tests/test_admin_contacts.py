"""Clients in the administration: how to reach them, and not a word about their health."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.messages import delivery
from bookings.messages.plain import plain_message
from bookings.models import Appointment, Client, Message, Task
from bookings.tests.factories import NOW, SmallClinic, make_client, make_staff, make_user
from clinic.models import ROLES
from clinic.tests.admin_forms import filled
from treatment_plans.models import Reproposal
from treatment_plans.tests.factories import make_assessment, make_plan
from treatment_plans.visits import link

pytestmark = pytest.mark.django_db
LIST = "/admin/bookings/client/"
CANARY = "zzcanaryzz"


@pytest.fixture
def desk(client: Browser) -> Browser:
    client.force_login(make_staff("Front desk"))
    return client


def save(browser: Browser, person: Client, **changed: Any) -> Any:
    path = f"{LIST}{person.pk}/change/"
    data = filled(browser, path, **changed)
    return browser.post(path, data.urlencode(), content_type="application/x-www-form-urlencoded")


def test_the_desk_mends_how_to_reach_somebody(desk: Browser) -> None:
    person = make_client(name="Jamie Example")
    answer = save(desk, person, email="new@example.com", phone="07700 900982")
    assert answer.status_code == 302
    person.refresh_from_db()
    assert (person.email, str(person.phone)) == ("new@example.com", "+447700900982")


def test_a_poor_address_is_named_at_the_field(desk: Browser) -> None:
    answer = save(desk, make_client(), email="nowhere", phone="1")
    assert answer.status_code == 422
    assert set(answer.context["adminform"].form.errors) == {"email", "phone"}


def test_for_whoever_has_died_nothing_waits_and_nothing_stays_booked(
    desk: Browser, django_capture_on_commit_callbacks: Any
) -> None:
    world, now = SmallClinic(), timezone.now()
    person = world.client
    person.access.create(user=make_user(email="partner@example.com"), relation="partner")
    plan = make_plan(person, world.person, world.service, world.place, by=world.user, now=now)
    soon = (now + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    visits = [world.stranger(soon + timedelta(days=day), client=person) for day in (0, 7)]
    past = world.stranger(soon - timedelta(days=10), client=person)
    other = world.stranger(soon + timedelta(days=1), client=make_client())
    for visit in visits:
        link(plan, visit, now=now)
    plain_message("letter", person, cause="1", now=now).save()
    with django_capture_on_commit_callbacks(execute=True):
        assert save(desk, person, is_deceased="on").status_code == 302
    statuses = {visit.pk: visit.status for visit in Appointment.objects.all()}
    assert [statuses[visit.pk] for visit in visits] == ["cancelled", "cancelled"]
    assert [statuses[one.pk] for one in (past, other)] == [past.status, other.status]
    delivery.send_due(now=now + timedelta(hours=1))
    assert not Message.objects.filter(client=person, sending_at__isnull=False).exists()
    assert Message.objects.get(kind="letter").last_code == "client_deceased"
    task = Task.objects.get(kind="deceased")
    assert (task.role, task.client) == ("Front desk", person)
    assert not Reproposal.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        save(desk, person, desk_note="Family informed")
    assert Task.objects.filter(kind="deceased").count() == 1


def test_clients_are_neither_made_nor_deleted_there(desk: Browser) -> None:
    person = make_client()
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(f"{LIST}{person.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Client.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("role", ROLES)
def test_nothing_clinical_is_shown_anywhere(client: Browser, role: str) -> None:
    world = SmallClinic()
    visit = world.book()
    assessment = make_assessment(world.client, world.person)
    for field in assessment._meta.concrete_fields:
        if field.get_internal_type() == "TextField" and not field.choices:
            setattr(assessment, field.name, CANARY)
    assessment.save()
    make_plan(world.client, world.person, world.service, world.place, by=world.user, now=NOW)
    client.force_login(make_staff(role))
    for path in (
        f"{LIST}{world.client.pk}/change/", f"{LIST}{world.client.pk}/history/", LIST,
        f"/admin/bookings/appointment/{visit.pk}/change/", "/admin/bookings/appointment/",
        f"/admin/practitioners/practitioner/{world.person.pk}/change/",
    ):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert CANARY not in answer.content.decode(), path
    page = client.get(f"{LIST}{world.client.pk}/change/").content.decode()
    assert f"/desk/clients/{world.client.public_id}/" in page


def test_nobody_searches_their_way_into_a_record(desk: Browser) -> None:
    for query in ("assessments__complaint__startswith=a", "user__password__startswith=a"):
        assert desk.get(f"{LIST}?{query}").status_code in (302, 400)
    assert desk.get(f"{LIST}?_to_field=desk_note").status_code == 400


@pytest.mark.parametrize("role", ROLES)
def test_the_table_is_for_admins_and_clinical_leads(client: Browser, role: str) -> None:
    person = make_client(name="+44 Example")
    client.force_login(make_staff(role))
    data = {"action": "export_csv", "_selected_action": [person.pk]}
    answer = client.post(LIST, data, follow=True)
    if role == "Front desk":
        assert answer["Content-Type"].startswith("text/html")
        return
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["Name", "Email", "Phone", "Call to book only", "Upcoming sessions", "No-shows"],
        ["'+44 Example", person.email, "", "no", "0", "0"],
    ]


def test_the_list_counts_sessions_and_costs_the_same_for_many(desk: Browser) -> None:
    world = SmallClinic()
    world.stranger(NOW.replace(hour=7), client=world.client, status="no_show")

    def queries(count: int) -> int:
        while Client.objects.count() < count:
            make_client()
        with CaptureQueriesContext(connection) as seen:
            listed = desk.get(LIST).context["cl"].result_list
        assert next(one.no_shows for one in listed if one.pk == world.client.pk) == 1
        return len(seen)

    desk.get(LIST)  # the first visit of a session also stores when it was
    assert queries(10) == queries(45) <= 15
