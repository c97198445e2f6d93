"""Why did she (not) get a message? The page, for any client and any moment."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from bookings import calendar
from bookings.consents import opt_out
from bookings.messages import appointments, delivery
from bookings.models import Appointment, Message
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans import plans, recall
from treatment_plans.models import TreatmentPlan
from treatment_plans.tests.factories import make_plan
from treatment_plans.visits import follow_appointment
from treatment_plans.why import Answer, explain

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
LATER = datetime(2026, 12, 1, 12, tzinfo=LONDON)  # when somebody asks


def at(day: int, hour: int = 9, minute: int = 30) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=LONDON)


class World:
    """A weekly plan of eight; its first session was done on Monday 7 September."""

    def __init__(self) -> None:
        make_clinic()
        self.place = make_location()
        make_room(self.place)
        self.service = make_service(name="Scar massage")
        self.user = make_user(name="Dana Demo")
        self.person = make_practitioner(self.service, at=self.place, user=self.user)
        self.client = make_client(name="Maya Example")
        self.plan = make_plan(
            self.client, self.person, self.service, self.place, by=self.user, now=at(7, 8)
        )
        self.done(at(7, 10, 0))

    def visit(self, start: datetime, *, made_at: datetime) -> Appointment:
        visit = make_appointment(
            self.person, self.service, self.place, start, client=self.client, booked_at=made_at
        )
        follow_appointment("booked", visit, now=made_at)
        return visit

    def done(self, start: datetime) -> None:
        visit = self.visit(start, made_at=start - timedelta(hours=1))
        calendar.mark(visit, "completed", by=self.user, now=start + timedelta(hours=1))

    def run(self, now: datetime) -> None:
        recall.sweep(now=now)
        delivery.send_due(now=now)

    def ask(self, moment: datetime, now: datetime = LATER) -> Answer:
        (answer,) = explain(self.client, at=moment, now=now)
        return answer

    @property
    def path(self) -> str:
        return f"/desk/clients/{self.client.public_id}/messages/"


@pytest.fixture
def world() -> World:
    return World()


def said(answer: Answer) -> tuple[str, str, str | None]:
    return answer.decision.action, answer.decision.code, answer.decision.kind


def test_a_moment_that_is_over_is_answered_as_it_was_then(world: World) -> None:
    world.run(at(12))
    world.run(at(18))
    answers = {day: said(world.ask(at(day))) for day in (8, 12, 13, 18, 19)}
    assert answers == {
        8: ("none", "not_yet", "due_soon"),
        12: ("none", "already_sent", "due_soon"),  # at this very moment it went
        13: ("none", "already_sent", "due_soon"),
        18: ("none", "already_sent", "overdue"),
        19: ("none", "already_sent", "overdue"),
    }
    assert said(world.ask(at(12, 9, 29))) == ("none", "not_yet", "due_soon")
    assert world.ask(at(13)).sent == [("Next session due soon", at(12))]


def test_what_came_later_is_not_held_against_a_moment_before(world: World) -> None:
    world.run(at(12))
    world.done(at(14, 10, 0))
    plans.hold(world.plan, by=world.user, now=at(15), reason="Waiting for the doctor")
    opt_out(world.client, now=at(16))
    plans.end(world.plan, TreatmentPlan.Status.DISCHARGED, by=world.user, now=at(17), reason="x")
    assert said(world.ask(at(13)))[1] == "already_sent"
    assert world.ask(at(13)).decision.due_on == date(2026, 9, 14)
    assert said(world.ask(at(14, 12)))[1] == "not_yet"
    assert world.ask(at(14, 12)).decision.due_on == date(2026, 9, 21)
    assert said(world.ask(at(15, 12)))[1] == "clinical_hold"
    assert said(world.ask(at(16, 12)))[1] == "client_opted_out"
    assert said(world.ask(at(20)))[1] == "client_opted_out"


def test_what_is_due_is_told_of_a_client_who_wants_no_messages(world: World) -> None:
    opt_out(world.client, now=at(8))
    answer = world.ask(at(18))
    assert (said(answer)[1], answer.status) == ("client_opted_out", "overdue")
    assert (answer.stands.due_on, answer.stands.target_on) == (date(2026, 9, 14),) * 2


def test_a_booking_counts_from_when_it_was_made_until_it_was_cancelled(world: World) -> None:
    visit = world.visit(at(15, 9, 0), made_at=at(11))
    Appointment.objects.filter(pk=visit.pk).update(
        status="cancelled", cancelled_by="client", cancelled_at=at(13)
    )
    codes = [said(world.ask(at(day)))[1] for day in (10, 12, 14)]
    assert codes == ["not_yet", "already_booked", ""]


def test_a_plan_that_was_not_written_yet_is_left_out(world: World) -> None:
    assert explain(world.client, at=at(6), now=LATER) == []


def test_a_moment_to_come_is_answered_as_if_nothing_happened(world: World) -> None:
    answer = world.ask(at(12), now=at(8))
    assert said(answer) == ("send", "", "due_soon")
    assert [kind for kind, _ in answer.next] == [
        "Next session due soon", "Next session overdue", "Last reminder",
    ]  # fmt: skip


def test_the_page_says_it_in_plain_words(client: Browser, world: World) -> None:
    world.run(at(12))
    client.force_login(world.user)
    page = client.get(world.path, {"day": "13/9/2026", "time": "10:00"}).content.decode()
    assert "No follow-up reminder goes out at this moment. This reminder has been sent." in page
    assert 'This reminder has been sent <span class="small muted">already_sent</span>' in page
    assert "Monday 14 September 2026" in page
    assert "Saturday 12 September" in page
    assert "09:30, London time (BST)" in page
    assert "Accepted for delivery" in page
    assert "As it stood then" in page
    for word in ("Scar", "Waiting for the doctor"):
        assert word not in page


def test_the_reminder_of_a_session_is_a_part_of_the_answer(client: Browser, world: World) -> None:
    visit = world.visit(at(15, 9, 0), made_at=at(8))
    appointments.follow("booked", visit, now=at(8))
    Message.objects.filter(kind="visit_reminder").update(created_at=at(8))
    client.force_login(world.user)
    asked = client.get(world.path, {"day": "12/9/2026", "time": "10:00"}).content.decode()
    assert "Session of Tue 15 Sep, 09:00" in asked
    assert "its reminder goes out on" in asked
    Message.objects.filter(kind="visit_reminder").update(state="sent", sent_at=at(13, 9))
    asked = client.get(world.path, {"day": "14/9/2026", "time": "10:00"}).content.decode()
    assert "its reminder went out on Sunday 13 September" in asked
    asked = client.get(world.path, {"day": "16/9/2026", "time": "10:00"}).content.decode()
    assert "its reminder" not in asked


def test_each_row_says_which_session_it_is_about(client: Browser, world: World) -> None:
    visit = world.visit(at(15, 9, 0), made_at=at(8))
    appointments.follow("booked", visit, now=at(8))
    client.force_login(world.user)
    page = client.get(world.path).content.decode()
    assert page.count("session of Tue 15 Sep, 09:00") == 2  # its confirmation and its reminder
    assert "Scar" not in page


def test_what_did_not_come_is_not_said_to_come(client: Browser, world: World) -> None:
    client.force_login(world.user)
    page = client.get(world.path, {"day": "8/9/2026", "time": "10:00"}).content.decode()
    assert ("Would have come" in page, "Would come" in page) == (True, False)


def test_without_a_moment_it_is_about_now(client: Browser, world: World) -> None:
    client.force_login(world.user)
    page = client.get(world.path)
    assert page.status_code == 200
    assert "at this moment." in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"day": "2030-13-01"}, "Enter a date like 1/12/2026."),
        ({"day": "1/1/1999"}, "Choose a date between 2000 and 2099."),
        ({"day": "13/9/2026", "time": "25:00"}, "Enter a time like 10:15 or 2:30pm."),
        ({"day": "28/3/2027", "time": "01:30"}, "On 28 March the clock skips 01:00 to 02:00."),
        ({"day": "１３/9/2026"}, "Enter a date like 1/12/2026."),
        ({"time": "x" * 300}, "Enter a time like 10:15 or 2:30pm."),
    ],
)
def test_what_cannot_be_read_is_said_at_its_place_and_kept(
    client: Browser, world: World, asked: dict[str, str], sentence: str
) -> None:
    client.force_login(world.user)
    page = client.get(world.path, asked)
    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert all(typed in page.content.decode() for typed in asked.values())


@pytest.mark.parametrize("role", ["Front desk", "Admin", "Clinical lead"])
def test_the_desk_may_ask_about_anybody(client: Browser, world: World, role: str) -> None:
    client.force_login(make_staff(role))
    page = client.get(world.path).content.decode()
    assert "Plan from 7 September 2026, Dana" in page or "Plan from 7 September 2026" in page
    assert "Scar" not in page


def test_strangers_are_turned_away(client: Browser, world: World) -> None:
    assert client.get(world.path).status_code == 302
    colleague = make_user()
    make_practitioner(user=colleague)
    client.force_login(colleague)
    assert client.get(world.path).status_code == 404
    nobody = f"/desk/clients/{world.plan.public_id}/messages/"
    assert client.get(nobody).status_code == 404
    me = make_user()
    world.client.access.create(user=me, relation="self", scope="record")
    client.force_login(me)
    assert client.get(world.path).status_code == 403


def test_a_long_ledger_costs_the_same_and_is_paged(
    client: Browser, world: World, django_assert_max_num_queries: Any
) -> None:
    Message.objects.bulk_create(
        Message(
            source_type="appointment", source_id=str(number), kind="confirmation", lane=1,
            client=world.client, recipient=f"client:{world.client.pk}", send_after=at(8),
            state="sent", last_code="sent",
        )
        for number in range(120)
    )  # fmt: skip
    client.force_login(world.user)
    with django_assert_max_num_queries(45):
        page = client.get(world.path, {"day": "13/9/2026", "page": "2"}).content.decode()
    assert page.count("Confirmation") == 50
    assert "day=13%2F9%2F2026" in page
    assert client.get(world.path, {"page": "9" * 25}).status_code == 200
