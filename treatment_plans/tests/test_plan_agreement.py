"""The plan in plain words: mailed as a link, read behind a sign-in, agreed to once per dose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from bookings.messages import delivery
from bookings.models import ClientAccess, Message, Task
from bookings.tests.factories import make_client, make_user
from practitioners.tests.factories import make_technique
from treatment_plans import agreements, plans
from treatment_plans.errors import EditedElsewhere, WrongState
from treatment_plans.models import Goal, PlanAgreement, PlanPhase, TreatmentPlan
from treatment_plans.plain_words import plain
from treatment_plans.plan_links import plan_link
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings: Any) -> PlanWorld:
    settings.MESSAGE_GRACE_SECONDS = 0
    return PlanWorld(is_agreed=False)


def change(world: PlanWorld, *, rate: int = 1, **more: Any) -> TreatmentPlan:
    """Save the plan anew, with other phases or other content."""
    given: dict[str, Any] = {"goals": [], "techniques": [], "regions": [], **more}
    return plans.save(
        plans.with_all(world.plan.pk),
        phases=[PlanPhase(rate_kind="per_week", rate_value=rate, session_count=6)],
        by=world.user, now=world.now, reason="It was time", **given,
    )  # fmt: skip


def agree(world: PlanWorld, number: int | None = None, **more: Any) -> PlanAgreement:
    newest = plans.with_all(world.plan.pk)
    given = {"name": "Jamie", "way": "own_page", "by": world.login, "now": world.now, **more}
    return agreements.agree(newest, number or newest.version, **given)


def asked_times(world: PlanWorld) -> int:
    return Message.objects.filter(kind="plan_to_agree", client=world.client).count()


def send(world: PlanWorld) -> list[Any]:
    mail.outbox.clear()
    delivery.send_due(now=world.now + timedelta(minutes=1))
    return [one for one in mail.outbox if "plan" in one.subject.lower()]


def test_starting_a_plan_mails_a_link_and_says_nothing_of_what_it_is_for(world: PlanWorld) -> None:
    (sent,) = send(world)
    assert sent.to == [world.client.email]
    assert "/plan/" in sent.body
    for word in ("massage", "week", world.service.name):
        assert word not in sent.subject + sent.body
    assert asked_times(world) == 1


def test_a_draft_asks_nobody() -> None:
    assert asked_times(PlanWorld(is_active=False, is_agreed=False)) == 0


def test_what_does_not_change_the_dose_asks_nobody_again(world: PlanWorld) -> None:
    plans.hold(world.plan, by=world.user, now=world.now, reason="Ask the doctor")
    change(world, goals=[Goal(sentence="Sleep")])
    assert asked_times(world) == 1
    agree(world)
    change(world)
    plans.rest(plans.with_all(world.plan.pk), by=world.user, now=world.now, reason="Away")
    plans.activate(plans.with_all(world.plan.pk), by=world.user, now=world.now)
    assert asked_times(world) == 1
    assert not agreements.asked(world.plan).is_open  # type: ignore[union-attr]


@pytest.mark.parametrize("what", ["dose", "techniques"])
def test_another_dose_or_technique_asks_again(world: PlanWorld, what: str) -> None:
    agree(world)
    if what == "dose":
        change(world, rate=2)
    else:
        change(world, techniques=[make_technique()])
    found = agreements.asked(world.plan)
    assert found is not None
    assert (found.is_open, found.agreed_before, asked_times(world)) == (True, True, 2)
    agree(world)
    assert PlanAgreement.objects.count() == 2


def test_a_yes_is_to_what_was_read(world: PlanWorld) -> None:
    change(world, rate=3)
    with pytest.raises(EditedElsewhere):
        agree(world, 2)
    assert not PlanAgreement.objects.exists()
    made = agree(world, 3)
    assert agree(world, 3) == made
    assert (made.version.number, made.user, made.name) == (3, world.login, "Jamie")


def test_a_plan_that_has_ended_is_not_agreed_to(world: PlanWorld) -> None:
    plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Over")
    with pytest.raises(WrongState):
        agree(world)


@pytest.mark.parametrize(
    ("cause", "code"),
    [("agreed", "agreed"), ("newer", "newer_version"), ("ended", "plan_discharged")],
)
def test_a_mail_that_is_no_longer_wanted_is_not_sent(
    world: PlanWorld, cause: str, code: str
) -> None:
    if cause == "agreed":
        agree(world)
    elif cause == "newer":
        change(world, rate=2)
    else:
        plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Over")
    sent = send(world)
    first = Message.objects.filter(kind="plan_to_agree").earliest("pk")
    assert (first.state, first.last_code, len(sent)) == ("cancelled", code, cause == "newer")


def test_whoever_only_books_for_somebody_gets_no_mail_about_the_plan(world: PlanWorld) -> None:
    world.client.email = ""
    world.client.save()
    ClientAccess.objects.filter(client=world.client).update(relation="partner", scope="booking")
    assert send(world) == []
    assert Message.objects.get(kind="plan_to_agree").last_code == "nobody_may_read_it"


def test_a_guardian_with_the_record_gets_it(world: PlanWorld) -> None:
    world.client.email = ""
    world.client.save()
    ClientAccess.objects.filter(client=world.client).update(relation="guardian")
    assert [one.to for one in send(world)] == [[world.login.email]]


def test_the_link_leads_to_the_sign_in_and_then_to_the_plan(world: PlanWorld) -> None:
    link = plan_link(world.plan)
    answer = browse().get(link)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=/plan/")
    answer = browse(world.login).get(link)
    assert answer["Location"] == f"/my/plans/{world.plan.public_id}/"


def test_a_login_of_the_address_that_was_mailed_takes_over_the_record(world: PlanWorld) -> None:
    client = make_client(email="sam@example.com")
    plan = world.make_plan(client=client, is_agreed=False)
    sam = make_user(email="Sam@Example.com")
    assert browse(sam).get(plan_link(plan)).status_code == 302
    access = ClientAccess.objects.get(client=client)
    assert (access.user, access.relation, access.scope) == (sam, "self", "record")


def test_no_other_login_takes_anything_over(world: PlanWorld) -> None:
    client = make_client(email="sam@example.com")
    plan = world.make_plan(client=client, is_agreed=False)
    wrong = browse(world.login).get("/plan/broken/")
    for user in (make_user(), world.login):
        answer = browse(user).get(plan_link(plan))
        assert (answer.status_code, said(answer)) == (404, said(wrong))
    assert browse(world.user).get(plan_link(plan)).status_code == 404
    assert not ClientAccess.objects.filter(client=client).exists()


def said(answer: Any) -> str:
    """The page without what differs from visit to visit."""
    text: str = answer.content.decode()
    return text[text.index("<main") : text.index("</main>")]


def test_a_login_that_is_somebody_already_takes_nobody_over_and_the_desk_is_told(
    world: PlanWorld,
) -> None:
    world.client.email = "older@example.com"
    world.client.save()
    twin = make_client(email=world.login.email, phone=world.client.phone)
    world.client.email = world.login.email
    world.client.save()
    plan = world.make_plan(client=twin, is_agreed=False)
    assert browse(world.login).get(plan_link(plan)).status_code == 404
    assert not ClientAccess.objects.filter(client=twin).exists()
    assert Task.objects.filter(reason_key=f"likeness:{twin.pk}").exists()


def test_the_client_reads_the_plan_in_plain_words(world: PlanWorld) -> None:
    goal = Goal(sentence="Sleep through the night", measure="Pain, 0 to 10", baseline=7, target=3)
    plan = plans.with_all(world.plan.pk)
    plan.precautions, plan.pressure = "INR 2.5, no deep work", "light"
    world.plan.refresh_from_db()
    plans.save(
        plan, phases=[PlanPhase(rate_kind="per_week", rate_value=2, session_count=6),
                      PlanPhase(rate_kind="per_week", rate_value=1, session_count=4)],
        goals=[goal], techniques=[], regions=[], by=world.user, now=world.now, reason="New",
    )  # fmt: skip
    page = browse(world.login).get(f"/my/plans/{world.plan.public_id}/").content.decode()
    for words in (
        "Sleep through the night", "Pain, 0 to 10: now 7, we aim for 3",
        "2 times a week for 6 sessions, then once a week for 4 sessions, 60 minutes each.",
        "10 sessions in all, about 7 weeks if none is late.", "The pressure is light.",
        "After 6 sessions or 4 weeks, whichever comes first", "You can stop at any time",
    ):  # fmt: skip
        assert words in page
    assert "INR" not in page


def test_the_client_agrees_and_the_practitioner_sees_it(world: PlanWorld) -> None:
    desk = f"/desk/plans/{world.plan.public_id}/"
    assert "Not yet" in browse(world.user).get(desk).content.decode()
    path = f"/my/plans/{world.plan.public_id}/"
    answer = browse(world.login).post(path, {"version": "2"})
    assert (answer.status_code, answer["Location"]) == (302, path)
    made = PlanAgreement.objects.get()
    assert (made.version.number, made.user, made.way) == (2, world.login, "own_page")
    page = browse(world.user).get(desk).content.decode()
    assert "Agreed" in page
    assert "Jamie" in page


def test_a_yes_bears_the_name_of_a_person_and_no_address(world: PlanWorld) -> None:
    type(world.login).objects.filter(pk=world.login.pk).update(name="")
    browse(world.login).post(f"/my/plans/{world.plan.public_id}/", {"version": "2"})
    assert PlanAgreement.objects.get().name == world.client.name


@pytest.mark.parametrize("number", ["", "abc", "9" * 25, "-1", "1\x00", "99"])
def test_a_version_that_is_not_there_is_not_agreed_to(world: PlanWorld, number: str) -> None:
    answer = browse(world.login).post(f"/my/plans/{world.plan.public_id}/", {"version": number})
    assert answer.status_code in (400, 409)
    assert not PlanAgreement.objects.exists()


def test_a_plan_that_changed_while_it_was_read_is_read_again(world: PlanWorld) -> None:
    change(world, rate=3)
    answer = browse(world.login).post(f"/my/plans/{world.plan.public_id}/", {"version": "2"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "has changed since you opened it" in page
    assert 'name="version" value="3"' in page


@pytest.mark.parametrize("part", ["", "dates/"])
def test_the_plan_is_for_whoever_may_read_the_record(world: PlanWorld, part: str) -> None:
    found = statuses(world, f"/my/plans/{world.plan.public_id}/{part}")
    assert found == {
        "treating": 404, "colleague": 404, "front desk": 404, "admin": 404, "lead": 404,
        "own": 200, "books for them": 404, "other client": 404, "anonymous": 302,
    }  # fmt: skip


def test_a_draft_is_nobodys_to_read(world: PlanWorld) -> None:
    draft = world.make_plan(is_active=False)
    assert browse(world.login).get(f"/my/plans/{draft.public_id}/").status_code == 404


def test_a_yes_is_said_in_the_room(world: PlanWorld) -> None:
    path = f"/desk/plans/{world.plan.public_id}/words/"
    data = {"version": "2", "agrees": "on", "name": "Jamie Fictional"}
    assert browse(world.user).post(path, data).status_code == 302
    made = PlanAgreement.objects.get()
    assert (made.name, made.way, made.user) == ("Jamie Fictional", "desk", world.user)
    assert browse(world.user).get(path).status_code == 200


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"agrees": "", "name": "Jamie"}, "Tick the box"),
        ({"agrees": "on", "name": ""}, "Enter the name"),
        ({"agrees": "on", "name": "Ja\r\nmie"}, "one line"),
        ({"agrees": "on", "name": "x" * 121}, "120"),
    ],
)
def test_a_yes_in_the_room_needs_a_tick_and_a_name(
    world: PlanWorld, data: dict[str, str], sentence: str
) -> None:
    path = f"/desk/plans/{world.plan.public_id}/words/"
    answer = browse(world.user).post(path, {"version": "2", **data})
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not PlanAgreement.objects.exists()


def test_who_may_read_and_record_it_at_the_desk(world: PlanWorld) -> None:
    found = statuses(world, f"/desk/plans/{world.plan.public_id}/words/")
    assert found == {
        "treating": 200, "colleague": 404, "front desk": 404, "admin": 404, "lead": 200,
        "own": 404, "books for them": 404, "other client": 404, "anonymous": 302,
    }  # fmt: skip


def test_the_link_is_sent_once_more_but_not_every_minute(world: PlanWorld) -> None:
    path = f"/desk/plans/{world.plan.public_id}/ask-again/"
    for said in ("gets the link to the plan by mail", "Nothing more is sent"):
        assert said in browse(world.user).post(path, follow=True).content.decode()
    assert asked_times(world) == 2
    agree(world)
    assert browse(world.user).post(path).status_code == 422


def test_a_plan_without_an_end_says_so_and_old_versions_can_be_read() -> None:
    said = plain({
        "phases": [{"label": "", "rate_kind": "every_n_weeks", "rate_value": 4, "session_count": None,
                    "session_minutes": 45}],
        "goals": [], "service": "Medical massage", "start_on": "2026-09-07",
        "review_after_sessions": 1, "review_after_weeks": 1,
    })  # fmt: skip
    assert (said.often, said.course) == ("Every 4 weeks, 45 minutes each.", "")
    assert said.review.startswith("After 1 session or 1 week,")
    assert plain({}).often == ""


def test_an_agreement_holds_on_the_days_after(world: PlanWorld) -> None:
    agree(world, now=world.now + DAY)
    assert agreements.asked_of([world.plan])[world.plan.pk].agreement is not None
