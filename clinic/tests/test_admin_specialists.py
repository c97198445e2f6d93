"""The list of specialists, hiding one from booking, and parting with one who still has sessions."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Appointment, Message
from bookings.tests.factories import HOUR, SmallClinic, make_appointment, make_staff
from clinic.models import ROLES
from clinic.tests.admin_forms import filled
from practitioners.models import Credential, Practitioner
from practitioners.tests.factories import make_practitioner

pytestmark = pytest.mark.django_db
LIST = "/admin/practitioners/practitioner/"


class World(SmallClinic):
    """A small clinic whose specialist has two sessions in about two weeks."""

    def __init__(self) -> None:
        super().__init__()
        self.person.name = "Dana Example"
        self.person.save()
        day = timezone.now().date() + timedelta(days=14)
        self.day = day - timedelta(days=day.weekday())
        at = datetime(self.day.year, self.day.month, self.day.day, 10, tzinfo=UTC)
        self.visits = [self.stranger(at), self.stranger(at + 2 * HOUR)]

    @property
    def path(self) -> str:
        return f"{LIST}{self.person.pk}/"

    def states(self) -> list[str]:
        return [Appointment.objects.get(pk=visit.pk).status for visit in self.visits]

    def person_is(self) -> tuple[bool, bool]:
        self.person.refresh_from_db()
        return self.person.is_active, self.person.is_bookable_online


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(client: Browser) -> Browser:
    client.force_login(make_staff("Admin"))
    return client


def send(browser: Browser, path: str, data: Any) -> Any:
    kind = "application/x-www-form-urlencoded"
    return browser.post(path, data.urlencode(), content_type=kind, follow=True)


def act(browser: Browser, action: str, *people: Practitioner) -> Any:
    keys = [person.pk for person in people]
    return browser.post(LIST, {"action": action, "_selected_action": keys}, follow=True)


def cells(browser: Browser) -> dict[str, list[str]]:
    """What the list says in each row, by name."""
    listed = browser.get(LIST).context["cl"]
    columns = ("soonest", "papers_until", "sessions")
    return {
        one.name: [str(getattr(listed.model_admin, name)(one)) for name in columns]
        for one in listed.result_list
    }


def test_the_list_says_next_free_papers_and_upcoming_sessions(admin: Browser, world: World) -> None:
    today = timezone.now().date()
    Credential.objects.update(expires_on=today + timedelta(days=400))
    old = make_practitioner(world.service, at=world.place, name="Old Example")
    Credential.objects.filter(practitioner=old).update(expires_on=today - timedelta(days=3))
    said = cells(admin)
    assert list(said) == ["Old Example", "Dana Example"]  # whose papers end first
    assert said["Old Example"][0] == "None"
    assert said["Old Example"][1].endswith("(expired)")
    assert said["Old Example"][2] == "0"
    free, papers, sessions = said["Dana Example"]
    assert ":" in free
    assert "expired" not in papers
    assert sessions == "2"


def test_cancelled_and_past_sessions_do_not_count(admin: Browser, world: World) -> None:
    Appointment.objects.filter(pk=world.visits[0].pk).update(
        status="cancelled", cancelled_by="clinic"
    )
    assert cells(admin)["Dana Example"][2] == "1"


def test_the_list_costs_the_same_for_many(admin: Browser, world: World) -> None:
    def queries(count: int) -> int:
        while Practitioner.objects.count() < count:
            person = make_practitioner(world.service, at=world.place)
            make_appointment(person, world.service, world.place, world.visits[0].starts_at)
        with CaptureQueriesContext(connection) as seen:
            assert admin.get(LIST).status_code == 200
        return len(seen)

    admin.get(LIST)  # the first visit of a session also stores when it was
    assert queries(10) == queries(60) <= 25


def test_hiding_from_booking_says_how_many_sessions_remain(admin: Browser, world: World) -> None:
    free = make_practitioner(name="Free Example")
    page = act(admin, "hide_from_booking", world.person, free).content.decode()
    assert "Dana Example is hidden from booking. 2 sessions remain, the last on Monday" in page
    assert "Free Example is hidden from booking. No sessions are booked." in page
    assert world.person_is() == (True, False)
    assert world.states() == ["booked", "booked"]


@pytest.mark.parametrize("role", ["Front desk", "Clinical lead"])
def test_others_cannot_hide_anybody(client: Browser, world: World, role: str) -> None:
    client.force_login(make_staff(role))
    act(client, "hide_from_booking", world.person)
    assert world.person_is() == (True, True)


def test_making_somebody_inactive_asks_about_their_sessions_first(
    admin: Browser, world: World
) -> None:
    data = filled(admin, f"{world.path}change/", is_active=None, title="Senior therapist")
    answer = send(admin, f"{world.path}change/", data)
    assert answer.redirect_chain == [(f"{world.path}leaving/", 302)]
    page = answer.content.decode()
    assert "Dana Example still has 2 sessions" in page
    assert page.count("/desk/visits/") == 2
    assert world.person_is() == (True, True)
    assert world.person.title == "Senior therapist"


def test_who_has_no_sessions_is_made_inactive_at_once(admin: Browser, world: World) -> None:
    Appointment.objects.all().delete()
    send(admin, f"{world.path}change/", filled(admin, f"{world.path}change/", is_active=None))
    assert world.person_is() == (False, True)


@pytest.mark.parametrize(
    ("answer", "person", "states"),
    [
        ("stay", (True, False), ["booked", "booked"]),
        ("keep", (False, False), ["booked", "booked"]),
        ("cancel", (False, False), ["cancelled", "cancelled"]),
    ],
)
def test_the_answer_is_done(
    admin: Browser, world: World, answer: str, person: tuple[bool, bool], states: list[str]
) -> None:
    assert admin.post(f"{world.path}leaving/", {"sessions": answer}).status_code == 302
    assert (world.person_is(), world.states()) == (person, states)
    assert Message.objects.filter(kind="cancelled").count() == states.count("cancelled")


def test_a_session_that_has_begun_is_not_cancelled(admin: Browser, world: World) -> None:
    Appointment.objects.filter(pk=world.visits[0].pk).update(status="started")
    page = admin.post(f"{world.path}leaving/", {"sessions": "cancel"}, follow=True).content.decode()
    assert "1 session cancelled. 1 could not be cancelled" in page
    assert world.states() == ["started", "cancelled"]


def test_no_answer_changes_nothing(admin: Browser, world: World) -> None:
    for data in ({}, {"sessions": "sell"}):
        assert admin.post(f"{world.path}leaving/", data).status_code == 422
    assert admin.get(f"{world.path}leaving/").status_code == 200
    assert (world.person_is(), world.states()) == ((True, True), ["booked", "booked"])


@pytest.mark.parametrize("role", ["Front desk", "Clinical lead", ""])
def test_others_are_not_asked(client: Browser, world: World, role: str) -> None:
    client.force_login(make_staff(role) if role else make_practitioner_login())
    for answer in (
        client.get(f"{world.path}leaving/"),
        client.post(f"{world.path}leaving/", {"sessions": "cancel"}),
    ):
        assert answer.status_code == 403
    assert world.states() == ["booked", "booked"]


def make_practitioner_login() -> Any:
    user = make_staff("Front desk")
    user.groups.clear()
    make_practitioner(user=user)
    return user


def test_strangers_sign_in_and_nobody_leaves_who_is_not_there(admin: Browser, world: World) -> None:
    assert Browser().get(f"{world.path}leaving/").status_code == 302
    assert admin.get(f"{LIST}999999/leaving/").status_code == 404


def test_deleting_somebody_with_sessions_is_refused_in_words(admin: Browser, world: World) -> None:
    answer = admin.post(f"{world.path}delete/", {"post": "yes"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Dana Example cannot be deleted" in page
    assert "2 appointments" in page
    assert page.count("/desk/visits/") == 2
    answer = admin.post(f"{world.path}delete/", {"instead": "1"})
    assert answer["Location"] == f"{world.path}leaving/"
    assert world.person_is() == (True, True)


def test_the_public_page_is_linked_while_there_is_one(admin: Browser, world: World) -> None:
    link = f'<a href="/specialists/{world.person.slug}/">View public page</a>'
    assert link in admin.get(f"{world.path}change/").content.decode()
    act(admin, "hide_from_booking", world.person)
    assert link not in admin.get(f"{world.path}change/").content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_the_table_is_for_admins_and_clinical_leads(
    client: Browser, world: World, role: str
) -> None:
    Practitioner.objects.filter(pk=world.person.pk).update(title="=HYPERLINK(1)")
    client.force_login(make_staff(role))
    answer = act(client, "export_csv", world.person)
    if role == "Front desk":
        assert answer["Content-Type"].startswith("text/html")
        return
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:4] == ["Short name", "Name", "Title", "Active"]
    assert rows[1][1:5] == ["Dana Example", "'=HYPERLINK(1)", "yes", "yes"]
    assert rows[1][-1] == "2"
