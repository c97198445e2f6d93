"""Holding follow-ups back until a clinical question is settled: set and lifted with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser

from bookings.errors import Refused
from bookings.messages import delivery
from bookings.models import Message
from bookings.tests.booking_world import text_of
from bookings.tests.factories import make_appointment, make_client, make_staff, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans import plans, recall
from treatment_plans.errors import ReasonMissing
from treatment_plans.gates import clinical_hold
from treatment_plans.models import RecordAccess, TreatmentPlan
from treatment_plans.tests.factories import make_plan

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
REASON = "Waiting for the doctor"


def at(day: int, hour: int = 10) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=LONDON)


class World:
    """A weekly plan whose first session is due on Monday 14 September."""

    def __init__(self) -> None:
        make_clinic()
        self.place = make_location()
        make_room(self.place)
        self.service = make_service()
        self.user = make_user()
        self.person = make_practitioner(self.service, at=self.place, user=self.user)
        self.client = make_client(name="Maya Example")
        visit = make_appointment(
            self.person, self.service, self.place, at(7), client=self.client, status="completed"
        )
        self.plan = make_plan(
            self.client, self.person, self.service, self.place, by=self.user, now=at(7, 8),
            start_on=at(14).date(),
        )  # fmt: skip
        assert visit.pk
        self.path = f"/desk/plans/{self.plan.public_id}/hold/"

    def fresh(self) -> TreatmentPlan:
        return TreatmentPlan.objects.get(pk=self.plan.pk)

    def run(self, now: datetime) -> list[str]:
        recall.sweep(now=now)
        delivery.send_due(now=now)
        sent = Message.objects.filter(source_type="treatment_plan", state="sent")
        return list(sent.values_list("kind", flat=True))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def treating(client: Browser, world: World) -> Browser:
    client.force_login(world.user)
    return client


def test_a_hold_is_set_with_a_reason_and_stops_what_waits(treating: Browser, world: World) -> None:
    recall.sweep(now=at(12))
    answer = treating.post(world.path, {"reason": REASON, "lifts": ""})
    assert (answer.status_code, answer["Location"]) == (302, f"/desk/plans/{world.plan.public_id}/")
    assert world.fresh().hold_reason == REASON
    version = world.plan.versions.latest("number")
    assert (version.reason, version.made_by) == (REASON, world.user)
    assert world.run(at(12)) == []
    assert Message.objects.get(kind="due_soon").last_code == "clinical_hold"


def test_it_is_lifted_with_a_reason(treating: Browser, world: World) -> None:
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    page = treating.get(world.path).content.decode()
    assert f'Held because: <span dir="auto">{REASON}</span>' in page
    answer = treating.post(world.path, {"reason": "The doctor agrees", "lifts": "True"})
    assert answer.status_code == 302
    assert world.fresh().hold_reason == ""
    assert world.plan.versions.latest("number").reason == "The doctor agrees"


def test_lifting_it_brings_the_reminder_back(world: World) -> None:
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    assert world.run(at(12)) == []
    plans.lift(world.plan, by=world.user, now=at(12, 12), reason="The doctor agrees")
    assert world.run(at(14, 11)) == ["due_soon"]


def test_while_it_is_set_the_client_is_asked_to_call(world: World) -> None:
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    with pytest.raises(Refused) as refused:
        clinical_hold(client=world.client, now=at(12))
    assert REASON not in refused.value.sentence
    plans.lift(world.plan, by=world.user, now=at(12), reason="Fine")
    clinical_hold(client=world.client, now=at(12))


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\nb", "a\0b", "a\u202eb"])
@pytest.mark.parametrize("is_held", [False, True])
def test_a_reason_that_is_none_is_refused_at_its_place(
    treating: Browser, world: World, is_held: bool, reason: str
) -> None:
    if is_held:
        plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    before = world.plan.versions.count()
    answer = treating.post(world.path, {"reason": reason, "lifts": "True" if is_held else ""})
    assert answer.status_code == 422
    assert answer.context["form"].errors["reason"]
    assert bool(world.fresh().hold_reason) == is_held
    assert world.plan.versions.count() == before


def test_the_verbs_want_a_reason_too(world: World) -> None:
    with pytest.raises(ReasonMissing):
        plans.hold(world.plan, by=world.user, now=at(11), reason=" ")
    with pytest.raises(ReasonMissing):
        plans.lift(world.plan, by=world.user, now=at(11), reason="")


def test_a_page_that_was_opened_to_hold_does_not_lift(treating: Browser, world: World) -> None:
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    answer = treating.post(world.path, {"reason": "Another", "lifts": ""})
    assert answer.status_code == 422
    assert "Somebody has set the hold meanwhile." in answer.content.decode()
    assert world.fresh().hold_reason == REASON


def test_an_ended_plan_is_not_held(treating: Browser, world: World) -> None:
    plans.end(world.plan, "discharged", by=world.user, now=at(11), reason="Moved")
    answer = treating.post(world.path, {"reason": REASON, "lifts": ""})
    assert answer.status_code == 422
    assert "This plan has ended" in answer.content.decode()


def test_the_plan_and_the_client_page_lead_there_and_say_so(
    treating: Browser, world: World
) -> None:
    plan, person = (
        f"/desk/plans/{world.plan.public_id}/",
        f"/desk/clients/{world.client.public_id}/",
    )
    assert world.path in treating.get(plan).content.decode()
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    for path in (plan, person):
        page = treating.get(path).content.decode()
        assert world.path in page
        assert "Lift the hold" in page


def test_the_front_desk_reads_that_it_is_held_and_not_why(client: Browser, world: World) -> None:
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    client.force_login(make_staff("Front desk"))
    page = client.get(f"/desk/clients/{world.client.public_id}/").content.decode()
    assert "held back by whoever treats" in page
    assert REASON not in page
    assert world.path not in page


def test_the_clinical_lead_may_and_opening_it_is_written_down(
    client: Browser, world: World
) -> None:
    lead = make_staff("Clinical lead")
    client.force_login(lead)
    assert client.get(world.path).status_code == 200
    assert RecordAccess.objects.filter(client=world.client, user=lead).count() == 1
    assert client.post(world.path, {"reason": REASON, "lifts": ""}).status_code == 302


def test_strangers_are_turned_away(client: Browser, world: World) -> None:
    def tries() -> set[int]:
        sent: Any = {"reason": REASON, "lifts": ""}
        return {client.get(world.path).status_code, client.post(world.path, sent).status_code}

    assert tries() == {302}
    colleague, me = make_user(), make_user()
    make_practitioner(user=colleague)
    world.client.access.create(user=me, relation="self", scope="record")
    client.force_login(colleague)
    assert tries() == {404}
    for user in (me, make_staff("Front desk"), make_staff("Admin")):
        client.force_login(user)
        assert tries() == {403}
    assert world.fresh().hold_reason == ""


def test_whose_plan_is_held_reads_it_before_choosing_a_time(world: World) -> None:
    login, dates = make_user(), f"/my/plans/{world.plan.public_id}/dates/"
    world.client.access.create(user=login, relation="self", scope="record")
    browser = Browser()
    browser.force_login(login)
    assert dates in browser.get("/my/").content.decode()
    plans.hold(world.plan, by=world.user, now=at(11), reason=REASON)
    page = browser.get("/my/").content.decode()
    assert "Please call us before you book your next session" in page
    assert REASON not in page
    assert dates not in page


def test_the_desk_reads_of_a_hold_before_it_books_and_not_why(
    client: Browser, world: World
) -> None:
    visit = make_appointment(world.person, world.service, world.place, at(21), client=world.client)
    client.force_login(make_staff("Front desk"))
    person = f"/desk/clients/{world.client.public_id}/"
    paths = (person, f"{person}book/", f"/desk/visits/{visit.public_id}/")
    for path in paths:
        assert "held back by whoever treats" not in text_of(client.get(path))
    for number, verb in enumerate((plans.hold, plans.lift, plans.hold)):
        verb(world.fresh(), by=world.user, now=at(11 + number), reason=REASON)
    for path in paths:
        page = text_of(client.get(path))
        said = "Reminders are held back by whoever treats since Sunday 13 September"
        assert said in page
        assert f"Speak with {world.person.name} before you book." in page
        assert REASON not in page
    plans.lift(world.fresh(), by=world.user, now=at(14), reason=REASON)
    assert "held back" not in text_of(client.get(person))
