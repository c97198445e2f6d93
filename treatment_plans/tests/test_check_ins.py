"""Asking once after the first session of a plan: when, whom, what they say, and who hears of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail, signing
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client as Browser

from bookings import calendar
from bookings.messages import delivery
from bookings.models import Appointment, Client, ClientAccess, Message, Task
from bookings.tests.factories import make_client
from bookings.tests.signed import unsigned
from treatment_plans import check_ins, plans, visits
from treatment_plans.check_ins import check_in_link
from treatment_plans.models import CheckIn, RecordAccess
from treatment_plans.schedule import ClinicCalendar, check_in_at
from treatment_plans.tests.plan_world import DAY, HOUR, PlanWorld, browse, people

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
HOLIDAY = date(2026, 9, 16)
WORDS = "My neck was stiff in the morning."


@pytest.mark.parametrize(
    ("ended", "asked"),
    [
        ((7, 11, 0), (9, 11, 0)),  # Monday: Wednesday at the same time
        ((4, 11, 0), (7, 11, 0)),  # Friday: not on Sunday
        ((14, 11, 0), (17, 11, 0)),  # not on a holiday
        ((7, 8, 30), (9, 9, 0)),  # before the hours: when they begin
        ((7, 19, 0), (10, 9, 0)),  # after them: the next morning
        ((3, 20, 15), (7, 9, 0)),  # the next morning is a Sunday
    ],
)
def test_it_asks_two_days_later_in_the_hours_and_on_a_send_day(ended: Any, asked: Any) -> None:
    days = ClinicCalendar.build(LONDON, closures=[(HOLIDAY, HOLIDAY, True)])
    at, wanted = (datetime(2026, 9, *one, tzinfo=LONDON) for one in (ended, asked))
    assert check_in_at(at, days) == wanted


def test_a_week_in_which_the_clocks_go_back_keeps_the_time_on_the_wall() -> None:
    at = datetime(2026, 10, 24, 11, tzinfo=LONDON)
    assert check_in_at(at, ClinicCalendar.build(LONDON)) == datetime(
        2026, 10, 26, 11, tzinfo=LONDON
    )


# --- Rows and messages --------------------------------------------------------------------


@pytest.fixture
def world(settings: Any) -> PlanWorld:
    settings.MESSAGE_GRACE_SECONDS = 0
    return PlanWorld()


def came(world: PlanWorld, before: timedelta = 2 * HOUR) -> Appointment:
    """A session of the plan that is marked as done."""
    visit = world.visit(world.now - before, status="started")
    visits.link(world.plan, visit, now=world.now)
    return calendar.mark(visit, "completed", by=world.user, now=world.now)


def asked(world: PlanWorld) -> CheckIn:
    came(world)
    return CheckIn.objects.get()


def send(check_in: CheckIn) -> Message:
    """Sweep and send once its moment has come; returns the message as it stands."""
    assert check_in.ask_at is not None
    now = check_in.ask_at
    check_ins.sweep(now=now)
    for _ in range(2):
        delivery.send_due(now=now)
    return Message.objects.get(kind="check_in")


def test_the_first_session_is_asked_about_and_the_second_is_not(world: PlanWorld) -> None:
    first = came(world, before=DAY)
    assert CheckIn.objects.get().appointment == first
    came(world)
    assert CheckIn.objects.get().appointment == first


def test_a_session_of_no_plan_and_one_that_is_missed_ask_nothing(world: PlanWorld) -> None:
    calendar.mark(world.visit(world.now - 2 * HOUR, status="started"), "completed",
                  by=world.user, now=world.now)  # fmt: skip
    missed = world.visit(world.now - 2 * DAY, status="booked")
    visits.link(world.plan, missed, now=world.now)
    calendar.mark(missed, "no_show", by=world.user, now=world.now)
    assert not CheckIn.objects.exists()


def test_the_mail_asks_once_without_saying_why(world: PlanWorld) -> None:
    found = asked(world)
    row = send(found)
    assert (row.state, row.last_code) == ("sent", "sent")
    (sent,) = mail.outbox
    assert unsigned(check_in_link(found)) in unsigned(sent.body)
    said = f"{sent.subject} {sent.body}"
    assert world.service.name not in said
    assert "List-Unsubscribe" in sent.extra_headers
    check_ins.sweep(now=world.now + 9 * DAY)
    assert Message.objects.filter(kind="check_in").count() == 1


def test_a_sweep_costs_what_is_due(world: PlanWorld, django_assert_max_num_queries: Any) -> None:
    asked(world)
    check_ins.sweep(now=world.now)
    with django_assert_max_num_queries(4):
        assert check_ins.sweep(now=world.now) == 0


@pytest.mark.parametrize("what", ["paused", "ended", "held", "answered", "undone"])
def test_what_happens_in_between_stops_it(world: PlanWorld, what: str) -> None:
    found = asked(world)
    check_ins.sweep(now=found.ask_at)  # type: ignore[arg-type]
    at: dict[str, Any] = {"by": world.user, "now": world.now}
    codes = {
        "paused": "plan_paused", "ended": "plan_discharged", "held": "clinical_hold",
        "answered": "answered", "undone": "not_done",
    }  # fmt: skip
    if what == "paused":
        plans.rest(world.plan, reason="Away", **at)
    elif what == "ended":
        plans.end(world.plan, "discharged", reason="Moved away", **at)
    elif what == "held":
        plans.hold(world.plan, reason="Ask the doctor", **at)
    elif what == "answered":
        check_ins.answer(found, "same", words="", wants_call=False, **at)
    else:
        calendar.mark(found.appointment, "started", **at)
    delivery.send_due(now=found.ask_at)
    row = Message.objects.get(kind="check_in")
    assert (row.state, row.last_code) == ("cancelled", codes[what])
    assert not [one for one in mail.outbox if "short question" in one.subject]


@pytest.mark.parametrize("what", ["paused", "held"])
@pytest.mark.parametrize(("later", "is_asked"), [(DAY, True), (4 * DAY, False)])
def test_what_a_rest_or_a_hold_stopped_is_asked_when_that_is_over_soon(
    world: PlanWorld, what: str, later: timedelta, is_asked: bool
) -> None:
    found = asked(world)
    assert found.ask_at is not None
    at: dict[str, Any] = {"by": world.user, "now": world.now}
    steps: dict[str, Any] = {
        "paused": (plans.rest, plans.activate, "plan_paused"),
        "held": (plans.hold, plans.lift, "clinical_hold"),
    }
    stop, go, code = steps[what]
    stop(world.plan, reason="Ask the doctor", **at)
    send(found)
    over = {"by": world.user, "now": found.ask_at + later}
    go(world.plan, reason="All is well", **over)
    row = Message.objects.get(kind="check_in")
    expected = ("pending", "reopened") if is_asked else ("cancelled", code)
    assert (row.state, row.last_code) == expected


def test_what_was_answered_meanwhile_is_not_asked_again(world: PlanWorld) -> None:
    found = asked(world)
    plans.rest(world.plan, by=world.user, now=world.now, reason="Away")
    send(found)
    check_ins.answer(found, "same", words="", wants_call=False, by=None, now=world.now)
    plans.activate(world.plan, by=world.user, now=world.now)
    assert Message.objects.get(kind="check_in").state == "cancelled"


def test_taken_back_before_its_moment_it_is_forgotten_and_noted_anew(world: PlanWorld) -> None:
    found = asked(world)
    calendar.mark(found.appointment, "started", by=world.user, now=world.now)
    assert CheckIn.objects.get().ask_at is None
    visit = Appointment.objects.get(pk=found.appointment_id)
    calendar.mark(visit, "completed", by=world.user, now=world.now)
    assert CheckIn.objects.get().ask_at == found.ask_at


def test_a_session_entered_long_afterwards_is_not_asked_about(world: PlanWorld) -> None:
    came(world, before=9 * DAY)
    assert CheckIn.objects.get().ask_at is None


def test_whoever_only_books_for_somebody_is_not_asked(world: PlanWorld) -> None:
    Client.objects.filter(pk=world.client.pk).update(email="")
    ClientAccess.objects.filter(client=world.client).update(scope="booking", relation="other")
    row = send(asked(world))
    assert (row.state, row.last_code) == ("cancelled", "not_for_them")


# --- The page -----------------------------------------------------------------------------


def test_the_question_is_asked_and_the_answer_kept(world: PlanWorld) -> None:
    found = asked(world)
    path, browser = check_in_link(found), Browser()
    page = browser.get(path).content.decode()
    assert "How have you been since your session?" in page
    assert CheckIn.objects.get().answered_at is None, "looking changes nothing"
    answer = browser.post(path, {"feeling": "better", "words": WORDS})
    assert answer["Location"] == f"{path}thanks/"
    kept = CheckIn.objects.get()
    assert (kept.feeling, kept.words, kept.answered_by) == ("better", WORDS, None)
    thanks = browser.get(f"{path}thanks/").content.decode()
    assert world.person.name in thanks
    assert WORDS not in thanks
    assert not Task.objects.filter(kind="check_in").exists()


@pytest.mark.parametrize("more", [{"feeling": "worse"}, {"feeling": "better", "wants_call": "on"}])
def test_who_treats_hears_of_what_cannot_wait(world: PlanWorld, more: dict[str, str]) -> None:
    found = asked(world)
    Browser().post(check_in_link(found), {"words": WORDS, **more})
    task = Task.objects.get(kind="check_in")
    assert (task.owner, task.client) == (world.user, world.client)
    assert "worse" not in task.title.lower()
    assert WORDS not in task.title


def test_a_second_answer_changes_nothing(world: PlanWorld) -> None:
    found = asked(world)
    path = check_in_link(found)
    Browser().post(path, {"feeling": "better"})
    again = Browser().post(path, {"feeling": "worse", "words": WORDS})
    assert again["Location"] == f"{path}thanks/"
    assert CheckIn.objects.get().feeling == "better"
    assert not Task.objects.filter(kind="check_in").exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"feeling": ""}, "Choose how you feel"),
        ({}, "Choose how you feel"),
        ({"feeling": "splendid"}, "valid choice"),
        ({"feeling": "worse", "words": "x" * 1001}, "at most 1000"),
        ({"feeling": "same", "words": "a\x00b"}, "Null characters"),
    ],
)
def test_an_answer_that_cannot_be_is_said_at_its_place(
    world: PlanWorld, sent: dict[str, str], sentence: str
) -> None:
    found = asked(world)
    answer = Browser().post(check_in_link(found), {"words": WORDS, **sent})
    page = answer.content.decode()
    assert (answer.status_code, sentence in page) == (422, True)
    assert sent.get("words", WORDS).replace("\x00", "") in page.replace("\x00", "")
    assert CheckIn.objects.get().answered_at is None


def test_a_link_that_is_wrong_or_too_old_takes_nothing(world: PlanWorld) -> None:
    found = asked(world)
    for token in (
        "broken",
        signing.dumps(str(found.public_id)),
        signing.dumps([1], salt=check_ins.SALT),
    ):
        assert Browser().get(f"/c/{token}/").status_code == 404
    late = check_in_link(found)
    begins = found.appointment.starts_at - 16 * DAY
    Appointment.objects.filter(pk=found.appointment_id).update(
        starts_at=begins, ends_at=begins + HOUR, busy=(begins, begins + HOUR)
    )
    for path in (late, f"{late}thanks/"):
        assert Browser().get(path).status_code == 410
    assert Browser().post(late, {"feeling": "better"}).status_code == 410
    assert CheckIn.objects.get().answered_at is None


def test_before_an_answer_there_is_nothing_to_thank_for(world: PlanWorld) -> None:
    path = check_in_link(asked(world))
    assert Browser().get(f"{path}thanks/")["Location"] == path
    for method in ("put", "patch", "delete"):
        assert getattr(Browser(), method)(path).status_code == 405


def test_the_pages_are_kept_out_of_caches_and_histories(world: PlanWorld) -> None:
    path = check_in_link(asked(world))
    answer = Browser().get(path)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_who_treats_reads_it_on_the_plan_and_nobody_else_does(world: PlanWorld) -> None:
    found = asked(world)
    check_ins.answer(found, "same", words=WORDS, wants_call=True, by=None, now=world.now)
    path = f"/desk/plans/{world.plan.public_id}/"
    before = RecordAccess.objects.count()
    assert WORDS in browse(world.user).get(path).content.decode()
    assert RecordAccess.objects.count() == before + 1
    for who, user in people(world).items():
        answer = browse(user).get(path)
        assert (WORDS in answer.content.decode()) == (who in ("treating", "lead")), who


def test_it_is_in_what_the_client_takes_home(world: PlanWorld) -> None:
    found = asked(world)
    check_ins.answer(found, "better", words=WORDS, wants_call=False, by=None, now=world.now)
    assert WORDS in browse(world.login).get("/my/data/my-data.json").content.decode()
    other = make_client(name="Pat Other")
    ClientAccess.objects.create(
        user=world.colleague_user, client=other, relation="self", scope="record"
    )
    assert WORDS not in browse(world.colleague_user).get("/my/data/my-data.json").content.decode()


def test_an_answer_stays_as_it_was_given(world: PlanWorld) -> None:
    found = asked(world)
    check_ins.answer(found, "better", words=WORDS, wants_call=False, by=None, now=world.now)
    for change in (CheckIn.objects.update, CheckIn.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(**({"words": "Other"} if change == CheckIn.objects.update else {}))
