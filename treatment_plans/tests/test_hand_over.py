"""The open plans of somebody who leaves go to colleagues."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from bookings.tests.factories import NOW, SmallClinic, make_client, make_staff, make_user
from practitioners.tests.factories import make_practitioner, make_service
from treatment_plans import plans
from treatment_plans.errors import WrongState
from treatment_plans.models import TreatmentPlan
from treatment_plans.tests.factories import make_plan

pytestmark = pytest.mark.django_db


class World(SmallClinic):
    """Somebody with two open plans and one that has ended, and a colleague for the same service."""

    def __init__(self) -> None:
        super().__init__()
        self.person.name, self.person.slug = "Dana Example", "dana"
        self.person.save()
        self.colleague = self.another(name="Omar Example")
        self.plans = [
            self.plan(name) for name in ("Ada Fictional", "Ben Fictional", "Cleo Fictional")
        ]
        plans.end(self.plans[2], "discharged", by=self.user, now=NOW, reason="Done")
        self.path = "/desk/plans/hand-over/dana/"

    def plan(self, name: str) -> TreatmentPlan:
        return make_plan(
            make_client(name=name), self.person, self.service, self.place, by=self.user, now=NOW
        )

    def answer(self, *chosen: TreatmentPlan, **changed: Any) -> dict[str, Any]:
        keys = [plan.pk for plan in chosen]
        return {"plans": keys, "colleague": self.colleague.pk, **changed}

    def owners(self) -> list[str]:
        fresh = [TreatmentPlan.objects.get(pk=plan.pk) for plan in self.plans]
        return [plan.practitioner.name.split()[0] for plan in fresh]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def lead(client: Browser) -> Browser:
    client.force_login(make_staff("Clinical lead"))
    return client


def test_open_plans_go_to_a_colleague_as_their_next_version(lead: Browser, world: World) -> None:
    page = lead.get(world.path).content.decode()
    assert "Ada Fictional" in page
    assert "Cleo Fictional" not in page
    before = world.plans[0].version
    answer = lead.post(world.path, world.answer(*world.plans[:2]))
    assert (answer.status_code, answer["Location"]) == (302, world.path)
    assert world.owners() == ["Omar", "Omar", "Dana"]
    newest = world.plans[0].versions.order_by("-number")[0]
    assert newest.number == before + 1
    assert newest.reason == "Handed over from Dana Example to Omar Example"
    assert newest.content["practitioner"] == "Omar Example"
    assert "No open plans are left." in lead.get(world.path).content.decode()


def test_some_can_stay_for_another_colleague(lead: Browser, world: World) -> None:
    lead.post(world.path, world.answer(world.plans[0]))
    assert world.owners() == ["Omar", "Dana", "Dana"]


def test_an_ended_plan_is_nobodys_to_hand_over(lead: Browser, world: World) -> None:
    assert lead.post(world.path, world.answer(world.plans[2])).status_code == 422
    with pytest.raises(WrongState):
        plans.hand_over(world.plans[2], world.colleague, by=world.user, now=NOW)
    assert world.owners() == ["Dana", "Dana", "Dana"]


def test_a_plan_that_ends_meanwhile_leaves_all_where_they_are(
    lead: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hand_over(plan: TreatmentPlan, *who: Any, **about: Any) -> TreatmentPlan:
        if plan == world.plans[1]:
            TreatmentPlan.objects.filter(pk=plan.pk).update(status="cancelled")
        return plans.hand_over(plan, *who, **about)

    monkeypatch.setattr("treatment_plans.views.handing_over.hand_over", hand_over)
    answer = lead.post(world.path, world.answer(*world.plans[:2]))
    assert answer.status_code == 422
    assert "No plan was handed over." in answer.content.decode()
    assert world.owners() == ["Dana", "Dana", "Dana"]


def test_a_colleague_must_give_the_session(lead: Browser, world: World) -> None:
    other = make_practitioner(make_service(), name="Priya Example")
    answer = lead.post(world.path, world.answer(world.plans[0], colleague=other.pk))
    assert answer.status_code == 422
    assert "Priya Example does not give" in answer.content.decode()
    assert world.owners() == ["Dana", "Dana", "Dana"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"plans": []}, "Choose at least one plan"),
        ({"colleague": ""}, "Choose a colleague"),
        ({"colleague": "999999"}, "Select a valid choice"),
    ],
)
def test_a_poor_answer_changes_nothing(
    lead: Browser, world: World, changed: dict[str, Any], sentence: str
) -> None:
    answer = lead.post(world.path, world.answer(world.plans[0], **changed))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert world.owners() == ["Dana", "Dana", "Dana"]


def test_plans_of_another_are_not_taken_along(lead: Browser, world: World) -> None:
    third = make_practitioner(world.service, at=world.place)
    strange = make_plan(make_client(), third, world.service, world.place, by=world.user, now=NOW)
    assert lead.post(world.path, world.answer(strange)).status_code == 422
    strange.refresh_from_db()
    assert strange.practitioner == third


@pytest.mark.parametrize("role", ["Front desk", "Admin", ""])
def test_only_the_clinical_lead_hands_over(client: Browser, world: World, role: str) -> None:
    client.force_login(make_staff(role) if role else make_user(is_superuser=True))
    assert client.get(world.path).status_code == 403
    assert client.post(world.path, world.answer(world.plans[0])).status_code == 403
    assert Browser().get(world.path)["Location"].startswith("/sign-in/")
    assert world.owners() == ["Dana", "Dana", "Dana"]


def test_a_practitioner_hands_nothing_over(client: Browser, world: World) -> None:
    world.colleague.user = make_user()
    world.colleague.save()
    client.force_login(world.colleague.user)
    assert client.post(world.path, world.answer(world.plans[0])).status_code == 403


def test_nobody_of_that_name(lead: Browser, world: World) -> None:
    assert lead.get("/desk/plans/hand-over/nobody/").status_code == 404


def test_the_page_costs_the_same_for_many(lead: Browser, world: World) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            lead.get(world.path)
        return len(seen)

    queries()
    few = queries()
    for number in range(20):
        world.plan(f"Client {number}")
    assert queries() == few <= 15
