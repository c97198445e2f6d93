"""The form of a new plan: the back button and a double click write no second one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from bookings.tests.factories import make_client
from treatment_plans import plans
from treatment_plans.errors import SentBefore
from treatment_plans.models import PlanPhase, TreatmentPlan
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, phase
from treatment_plans.tests.test_plan_form import answers, new, post, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def test_the_same_form_sent_again_leads_to_the_plan_it_wrote(world: PlanWorld) -> None:
    earlier = world.visit(world.now - 9 * DAY, status="completed")
    shown = browse(world.user).get(new(world)).context["form"]["form_token"].value()
    data = answers(world, form_token=str(shown), first_visit=str(earlier.public_id), start="1")
    first = browse(world.user).post(new(world), data)
    second = browse(world.user).post(new(world), data, follow=True)
    plan = written(world)
    path = f"/desk/plans/{plan.public_id}/"
    assert first["Location"] == second.redirect_chain[0][0] == path
    assert "This form has saved the plan already." in second.content.decode()
    assert (plan.version, plan.start_on) == (plan.versions.count(), earlier.local_day)


def test_going_back_to_the_form_leads_to_the_plan_it_wrote(world: PlanWorld) -> None:
    browser = browse(world.user)
    page = browser.get(f"/desk/clients/{world.client.public_id}/").content.decode()
    path = f"{new(world)}?{page.split(f'{new(world)}?')[1].split(chr(34))[0]}"
    shown = browser.get(path).context["form"]["form_token"].value()
    assert path.endswith(f"form={shown}")
    written_at = browser.post(path, answers(world, form_token=str(shown)))["Location"]
    assert browser.get(path)["Location"] == written_at
    assert browser.get(f"{new(world)}?form=nothing").status_code == 200


def test_only_a_form_that_is_to_be_saved_leads_there(world: PlanWorld) -> None:
    data = answers(world, form_token=str(uuid.uuid4()))
    post(world, new(world), data)
    for button in ({"row": "phases:add"}, {"preview": "1"}):
        assert post(world, new(world), {**data, **button})[0] == 200
    assert written(world).version == 1


def test_a_form_that_arrives_twice_at_once_writes_one_plan(world: PlanWorld) -> None:
    data = answers(world, form_token=str(uuid.uuid4()))
    post(world, new(world), data)
    plan = written(world)
    draft = TreatmentPlan(
        client=world.client, practitioner=world.person, service=world.service,
        location=world.place, start_on=world.today + timedelta(days=1), form_token=plan.form_token,
    )  # fmt: skip
    with pytest.raises(SentBefore):
        plans.save(
            draft, phases=[PlanPhase(rate_kind="per_week", rate_value=1)], goals=[],
            techniques=[], regions=[], by=world.user, now=world.now,
        )  # fmt: skip
    assert written(world) == plan


def test_a_token_of_another_clients_form_opens_nothing(world: PlanWorld) -> None:
    data = answers(world, phase("1", "3"), form_token=str(uuid.uuid4()))
    post(world, new(world), data)
    other = make_client()
    world.visit(world.now - DAY, client=other)
    path = f"/desk/clients/{other.public_id}/plan/"
    assert post(world, path, data)[0] == 403
    assert written(world).client == world.client
    assert post(world, path, {**data, "form_token": "nothing"})[0] == 422
