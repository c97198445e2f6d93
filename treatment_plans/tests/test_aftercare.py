"""Advice after a session: written by whoever treated, told of without a word of it, read by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.db.utils import DatabaseError

from bookings.messages import delivery
from bookings.models import ClientAccess, Message
from bookings.tests.factories import make_appointment, make_client
from bookings.tests.signed import unsigned
from treatment_plans.aftercare import advise, aftercare_link
from treatment_plans.errors import WrongState
from treatment_plans.models import Aftercare
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, statuses

pytestmark = pytest.mark.django_db
TEXT = "Warm your neck before bed, ten minutes."


@pytest.fixture
def world(settings: Any) -> PlanWorld:
    settings.MESSAGE_GRACE_SECONDS = 0
    return PlanWorld()


def visit(world: PlanWorld, status: str = "completed") -> Any:
    hour = world.now.replace(minute=0, second=0, microsecond=0)
    return make_appointment(
        world.person, world.service, world.place, hour - DAY, client=world.client, status=status
    )


def advised(world: PlanWorld) -> Aftercare:
    return advise(visit(world), TEXT, by=world.user, now=world.now)


def desk(one: Any) -> str:
    return f"/desk/visits/{one.public_id}/aftercare/"


def test_advice_is_kept_and_the_client_is_told_of_it(world: PlanWorld) -> None:
    done = visit(world)
    assert desk(done) in browse(world.user).get(f"/desk/visits/{done.public_id}/").content.decode()
    answer = browse(world.user).post(desk(done), {"text": TEXT})
    assert answer["Location"] == f"/desk/visits/{done.public_id}/"
    (advice,) = Aftercare.objects.all()
    assert (advice.text, advice.written_by, advice.appointment) == (TEXT, world.user, done)
    row = Message.objects.get(kind="aftercare")
    delivery.send_due(now=row.send_after)
    (sent,) = [one for one in mail.outbox if one.subject.startswith("After your session")]
    assert "neck" not in f"{sent.subject} {sent.body}".lower()
    assert unsigned(aftercare_link(advice)) in unsigned(sent.body)
    assert TEXT in browse(world.user).get(desk(done)).content.decode()


def test_the_same_advice_twice_is_one_and_one_message(world: PlanWorld) -> None:
    done = visit(world)
    for text in (TEXT, TEXT, "Something else."):
        assert browse(world.user).post(desk(done), {"text": text}).status_code == 302
    assert Aftercare.objects.count() == 2
    assert Message.objects.filter(kind="aftercare").count() == 2


def test_the_client_reads_it_behind_the_sign_in(world: PlanWorld) -> None:
    advice = advised(world)
    link = aftercare_link(advice)
    assert browse(None).get(link)["Location"].startswith("/sign-in/?next=")
    browser = browse(world.login)
    own = f"/my/advice/{advice.public_id}/"
    assert browser.get(link)["Location"] == own
    assert TEXT in browser.get(own).content.decode()
    assert own in browser.get("/my/").content.decode()
    assert browser.get("/advice/broken/").status_code == 404


def test_nobody_else_reads_or_writes_it(world: PlanWorld) -> None:
    advice = advised(world)
    for path in (f"/my/advice/{advice.public_id}/", aftercare_link(advice)):
        found = statuses(world, path)
        assert found.pop("own") in (200, 302)
        assert found.pop("anonymous") == 302
        assert set(found.values()) == {404}, path
    for method in ("get", "post"):
        found = statuses(world, desk(advice.appointment), method)
        assert found.pop("treating") == (200 if method == "get" else 422)
        assert found.pop("anonymous") == 302
        assert set(found.values()) <= {403, 404}, method


@pytest.mark.parametrize("text", ["", "   ", "a" * 2001])
def test_no_text_and_too_much_of_it_are_refused_and_kept(world: PlanWorld, text: str) -> None:
    done = visit(world)
    answer = browse(world.user).post(desk(done), {"text": text})
    assert answer.status_code == 422
    page = answer.content.decode()
    wanted = "Write what they should do." if not text.strip() else "at most 2000"
    assert wanted in page
    assert text.strip() in page
    assert not Aftercare.objects.exists()


def test_before_the_session_has_begun_there_is_no_advice(world: PlanWorld) -> None:
    for status in ("booked", "no_show"):
        one = visit(world, status)
        answer = browse(world.user).post(desk(one), {"text": TEXT})
        assert answer.status_code == 422
        assert "once the session has begun" in answer.content.decode()
        with pytest.raises(WrongState):
            advise(one, TEXT, by=world.user, now=world.now)
        one.delete()
    assert not Message.objects.filter(kind="aftercare").exists()


def test_what_was_sent_stays_and_more_is_a_row_of_its_own(world: PlanWorld) -> None:
    advice = advised(world)
    with pytest.raises(DatabaseError), transaction.atomic():
        Aftercare.objects.update(text="Other")
    with pytest.raises(DatabaseError), transaction.atomic():
        advice.delete()
    advise(advice.appointment, "And walk.", by=world.user, now=world.now)
    assert Message.objects.filter(kind="aftercare").count() == 2


def test_whoever_only_books_for_somebody_is_told_nothing(world: PlanWorld) -> None:
    child = make_client(name="Robin Example", email="")
    ClientAccess.objects.create(client=child, user=world.login, relation="other", scope="booking")
    done = visit(world)
    type(done).objects.filter(pk=done.pk).update(client=child)
    done.refresh_from_db()
    advise(done, TEXT, by=world.user, now=world.now)
    row = Message.objects.get(kind="aftercare")
    delivery.send_due(now=row.send_after)
    row.refresh_from_db()
    assert (row.state, row.last_code) == ("cancelled", "nobody_may_read_it")
