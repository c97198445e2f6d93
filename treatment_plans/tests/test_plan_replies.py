"""A client asks about a plan or does not agree: whoever treats has a task, and the plan stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db.utils import InternalError

from bookings.models import Task
from treatment_plans import agreements, plans
from treatment_plans.models import PlanAgreement, PlanReply
from treatment_plans.plan_links import plan_link
from treatment_plans.tests.plan_world import PlanWorld, browse

pytestmark = pytest.mark.django_db
WORDS = "Is once a week enough for my SECRETSHOULDER?"


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld(is_agreed=False)


def own(world: PlanWorld) -> str:
    return f"/my/plans/{world.plan.public_id}/"


def send(world: PlanWorld, **changed: str) -> Any:
    data = {"reply": "1", "kind": "question", "words": WORDS, **changed}
    return browse(world.login).post(own(world), data, follow=True)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("question", "A client has a question about their plan"),
        ("no", "A client does not agree to their plan"),
    ],
)
def test_whoever_treats_gets_a_task_and_the_plan_stays(
    world: PlanWorld, kind: str, title: str
) -> None:
    answer = send(world, kind=kind)
    page = answer.content.decode()
    assert f"Sent to {world.person.name}." in page
    assert ("What you have sent us" in page, WORDS in page) == (True, True)
    task = Task.objects.get(kind="plan_reply")
    assert (task.title, task.owner, task.client) == (title, world.user, world.client)
    assert "SECRET" not in task.title + task.link
    desk = browse(world.user).get(task.link.partition("#")[0]).content.decode()
    assert (WORDS in desk, 'id="replies"' in desk) == (True, True)
    assert not PlanAgreement.objects.exists()
    assert plans.with_all(world.plan.pk).status == "active"
    assert agreements.asked(world.plan).is_open  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "changed", [{"kind": ""}, {"kind": "x"}, {"words": " "}, {"words": "x" * 601}]
)
def test_what_cannot_be_sent(world: PlanWorld, changed: dict[str, str]) -> None:
    answer = send(world, **changed)
    assert (answer.status_code, PlanReply.objects.count()) == (422, 0)
    assert "<details" in answer.content.decode()


def test_the_same_twice_is_one_and_many_are_asked_to_call(world: PlanWorld) -> None:
    for _ in range(2):
        send(world)
    assert (PlanReply.objects.count(), Task.objects.filter(kind="plan_reply").count()) == (1, 1)
    for number in range(5):
        answer = send(world, words=f"More {number}")
    assert (answer.status_code, PlanReply.objects.count()) == (422, 5)
    assert "Please call us" in answer.content.decode()


def test_only_for_a_plan_that_runs_and_for_whoever_may_read_it(world: PlanWorld) -> None:
    assert browse(world.colleague_user).post(own(world), {"reply": "1"}).status_code == 404
    plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Over")
    assert send(world).status_code == 422
    assert "I do not agree" not in browse(world.login).get(own(world)).content.decode()


def test_what_was_written_stays_and_is_taken_home(world: PlanWorld) -> None:
    send(world)
    (person,) = json.loads(browse(world.login).get("/my/data/my-data.json").content)["people"]
    assert [one["words"] for one in person["plans"][0]["written_about_it"]] == [WORDS]
    with pytest.raises(InternalError):
        PlanReply.objects.all().delete()


def test_the_sign_in_of_a_mails_link_says_what_for_to_any_link_alike(world: PlanWorld) -> None:
    said = "Sign in to see your plan"
    for path in (plan_link(world.plan), "/plan/broken/"):
        page = browse().get(path, follow=True).content.decode()
        assert (said in page, world.client.name in page) == (True, False)
    for path in ("/my/", "/my/plans/x/", "//evil.example/plan/x/"):
        page = browse().get("/sign-in/", {"next": path}).content.decode()
        assert ("<h1>Sign in</h1>" in page, said in page) == (True, False)
