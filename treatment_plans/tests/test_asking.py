"""Asking before a visit: when, about what, and when not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from bookings import calendar
from bookings.consents import opt_out
from bookings.messages import delivery
from bookings.models import Appointment, ClientAccess, Message
from bookings.tests.factories import NOW, TEN, make_appointment, make_user
from treatment_plans import asking, plans, scores, visits
from treatment_plans.models import PlanVisit
from treatment_plans.plan_start import save_plan
from treatment_plans.schedule import (
    ClinicCalendar,
    Facts,
    LastReview,
    Phase,
    ask_at,
    asked_before,
    planned_sessions,
)
from treatment_plans.tests.outcome_world import OutcomeWorld

LONDON = ZoneInfo("Europe/London")
HOLIDAY = date(2026, 12, 25)
CALENDAR = ClinicCalendar.build(LONDON, closures=[(HOLIDAY, HOLIDAY, True)])


# --- Pure ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visit", "asked"),
    [
        ("2026-12-01 10:00", "2026-11-30 10:00"),
        ("2026-12-01 08:00", "2026-11-29 18:00+1"),  # before nine: the evening before, no Sunday
        ("2026-12-01 19:30", "2026-11-30 18:00"),
        ("2026-11-30 10:00", "2026-11-28 10:00"),  # Monday: not on Sunday
        ("2026-12-28 10:00", "2026-12-26 10:00"),
        ("2026-12-26 10:00", "2026-12-24 10:00"),  # not on the holiday
        ("2026-10-26 10:00", "2026-10-24 10:00"),  # the clock went back on the 25th
        ("2027-03-30 10:00", "2027-03-29 10:00"),
    ],
)
def test_a_day_ahead_at_the_same_time_on_a_day_for_it(visit: str, asked: str) -> None:
    starts_at = datetime.fromisoformat(visit).replace(tzinfo=LONDON)
    expected = {"2026-11-29 18:00+1": "2026-11-28 18:00"}.get(asked, asked)
    assert ask_at(starts_at, CALENDAR) == datetime.fromisoformat(expected).replace(tzinfo=LONDON)


def facts(*done: int, counts: tuple[int | None, ...] = (6, 4)) -> Facts:
    return Facts(
        status="active",
        start_on=date(2026, 9, 7),
        phases=tuple(Phase("per_week", 1, count) for count in counts),
        completed_on=tuple(date(2026, 9, 7) + timedelta(days=n) for n in done),
        activated_on=date(2026, 9, 7),
        review_after_sessions=6,
        review_after_weeks=8,
    )


@pytest.mark.parametrize(
    ("done", "day", "occasion"),
    [
        ((), 0, "baseline"),
        ((0,), 7, ""),
        ((0, 7, 14, 21, 28), 35, ""),
        ((0, 7, 14, 21, 28, 35), 42, "review"),  # the first after six
        ((0,), 56, "review"),  # eight weeks are over
        ((0, 7, 14, 21, 28, 35, 42, 49, 50), 51, "discharge"),  # the tenth of ten
        ((5,), 5, "baseline"),  # the same day does not count yet
    ],
)
def test_what_a_visit_is_asked_about(done: tuple[int, ...], day: int, occasion: str) -> None:
    assert asked_before(facts(*done), date(2026, 9, 7) + timedelta(days=day)) == occasion


def test_after_a_review_the_count_begins_again() -> None:
    found = facts(0, 7, 14, 21, 28, 35)
    day = date(2026, 9, 7) + timedelta(days=42)
    assert asked_before(found, day, LastReview(date(2026, 10, 12), 6)) == ""


def test_a_plan_without_an_end_is_never_asked_at_its_end() -> None:
    assert planned_sessions(facts(counts=(6, None))) is None
    assert planned_sessions(facts()) == 10


# --- Rows and messages --------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> OutcomeWorld:
    made = OutcomeWorld()
    PlanVisit.objects.all().delete()
    made.visit.delete()
    return made


def ask_time(world: OutcomeWorld) -> Any:
    return PlanVisit.objects.get(plan=world.plan).ask_at


DAY_BEFORE = datetime(2026, 11, 28, 10, tzinfo=UTC)  # the visit is on Monday the 30th at ten


def test_a_booked_visit_notes_when_to_ask(world: OutcomeWorld) -> None:
    visit = world.booked()
    assert ask_time(world) == DAY_BEFORE
    calendar.move(visit, starts_at=TEN + timedelta(days=2), by=world.user, now=NOW)
    assert ask_time(world) == datetime(2026, 12, 1, 10, tzinfo=UTC)
    visit.refresh_from_db()
    calendar.cancel(visit, cancelled_by="client", by=world.user, now=NOW)
    assert ask_time(world) is None


def linked_later(world: OutcomeWorld) -> None:
    """The desk says afterwards that a visit booked before the plan belongs to it."""
    PlanVisit.objects.all().delete()
    visits.take_in(world.plan, Appointment.objects.get().public_id, now=NOW)


def saved_with(world: OutcomeWorld) -> None:
    """Saving a plan counts a visit as its session 1."""
    PlanVisit.objects.all().delete()
    visit = Appointment.objects.select_related("location", "service").get()
    content = {
        "phases": list(world.plan.phases.all()),
        "goals": [],
        "techniques": [],
        "regions": [],
    }
    save_plan(world.plan, by=world.by, now=NOW, first_visit=visit, reason="Began", **content)


def by_default(world: OutcomeWorld) -> None:
    """A medical visit of a client with one active plan is linked when it is booked."""


def to_another_plan(world: OutcomeWorld) -> None:
    """Taken out of the plan and back in: nothing of the first time is left over."""
    visit = Appointment.objects.get()
    visits.let_go(world.plan, visit.public_id, now=NOW)
    assert not PlanVisit.objects.exists()
    visits.take_in(world.plan, visit.public_id, now=NOW)


@pytest.mark.parametrize("way", [by_default, linked_later, saved_with, to_another_plan])
def test_however_a_visit_came_to_its_plan_it_is_asked_about(
    world: OutcomeWorld, way: Callable[[OutcomeWorld], None]
) -> None:
    world.booked()
    way(world)
    assert ask_time(world) == DAY_BEFORE
    assert asking.sweep(now=DAY_BEFORE) == 1


@pytest.mark.parametrize("status", ["completed", "no_show", "booked"])
def test_a_visit_that_is_not_to_come_notes_nothing(world: OutcomeWorld, status: str) -> None:
    over = make_appointment(
        world.person, world.service, world.place, NOW - timedelta(hours=1), client=world.client,
        status=status,
    )  # fmt: skip
    visits.link(world.plan, over, now=NOW)
    assert ask_time(world) is None


def test_the_first_visit_is_asked_about_by_a_neutral_mail(world: OutcomeWorld) -> None:
    world.booked()
    assert asking.sweep(now=DAY_BEFORE - timedelta(minutes=1)) == 0
    assert asking.sweep(now=DAY_BEFORE) == 1
    assert asking.sweep(now=DAY_BEFORE) == 0
    delivery.send_due(now=DAY_BEFORE)
    (sent,) = [one for one in mail.outbox if "/q/" in one.body]
    assert sent.to == [world.client.email]
    assert sent.subject == "A few questions from Willow Street Clinic"
    assert "List-Unsubscribe" in sent.extra_headers
    for word in ("pain", "neck", "drive", "progress", "plan ", "treat"):
        assert word not in (sent.subject + sent.body.lower())


def test_an_ordinary_session_asks_nothing_by_mail(world: OutcomeWorld) -> None:
    world.come(date(2026, 11, 16))
    world.plan.start_on = date(2026, 11, 16)
    world.plan.save()
    world.booked()
    assert asking.sweep(now=DAY_BEFORE) == 0
    assert not Message.objects.filter(kind="measures").exists()


def state(world: OutcomeWorld) -> tuple[str, str]:
    row = Message.objects.get(kind="measures")
    return row.state, row.last_code


def written(world: OutcomeWorld) -> Appointment:
    visit = world.booked()
    assert asking.sweep(now=DAY_BEFORE) == 1
    return visit


def test_nothing_goes_after_an_opt_out(world: OutcomeWorld) -> None:
    written(world)
    opt_out(world.client, now=DAY_BEFORE)
    delivery.send_due(now=DAY_BEFORE)
    assert state(world) == ("cancelled", "client_opted_out")


def test_nothing_goes_once_the_visit_is_cancelled_or_the_plan_has_ended(
    world: OutcomeWorld,
) -> None:
    visit = written(world)
    plans.end(world.plan, "discharged", by=world.by, now=DAY_BEFORE, reason="Moved")
    delivery.send_due(now=DAY_BEFORE)
    assert state(world) == ("cancelled", "plan_discharged")
    calendar.cancel(visit, cancelled_by="client", by=world.user, now=DAY_BEFORE)
    Message.objects.filter(kind="measures").update(state="pending", last_code="")
    delivery.send_due(now=DAY_BEFORE)
    assert state(world)[1] in ("moved", "cancelled")


def test_a_plan_that_rested_at_the_moment_to_ask_asks_when_it_goes_on(
    world: OutcomeWorld,
) -> None:
    world.booked()
    plans.rest(world.plan, by=world.by, now=NOW, reason="Away")
    assert asking.sweep(now=DAY_BEFORE) == 0
    later = DAY_BEFORE + timedelta(hours=2)
    plans.activate(world.plan, by=world.by, now=later)
    assert asking.sweep(now=later) == 1
    delivery.send_due(now=later)
    assert state(world)[0] == "sent"


def test_a_question_stopped_by_a_rest_goes_when_the_plan_goes_on(world: OutcomeWorld) -> None:
    written(world)
    plans.rest(world.plan, by=world.by, now=DAY_BEFORE, reason="Away")
    delivery.send_due(now=DAY_BEFORE)
    assert state(world) == ("cancelled", "plan_paused")
    later = DAY_BEFORE + timedelta(hours=2)
    plans.activate(world.plan, by=world.by, now=later)
    assert state(world) == ("pending", "reopened")
    assert asking.sweep(now=later) == 1
    delivery.send_due(now=later)
    assert [one.to for one in mail.outbox if "/q/" in one.body] == [[world.client.email]]


def test_a_question_stopped_by_a_hold_goes_when_it_is_lifted(world: OutcomeWorld) -> None:
    written(world)
    plans.hold(world.plan, by=world.by, now=DAY_BEFORE, reason="Ask the doctor")
    delivery.send_due(now=DAY_BEFORE)
    assert state(world) == ("cancelled", "clinical_hold")
    later = DAY_BEFORE + timedelta(hours=2)
    plans.lift(world.plan, by=world.by, now=later, reason="All is well")
    delivery.send_due(now=later)
    assert state(world)[0] == "sent"


def test_what_has_gone_out_is_not_asked_again_after_a_rest(world: OutcomeWorld) -> None:
    written(world)
    delivery.send_due(now=DAY_BEFORE)
    later = DAY_BEFORE + timedelta(hours=2)
    plans.rest(world.plan, by=world.by, now=later, reason="Away")
    plans.activate(world.plan, by=world.by, now=later)
    asking.sweep(now=later)
    delivery.send_due(now=later)
    assert len([one for one in mail.outbox if "/q/" in one.body]) == 1
    assert state(world)[0] == "sent"


def test_what_has_been_answered_is_not_asked_again(world: OutcomeWorld) -> None:
    visit = written(world)
    questions = asking.unanswered(world.plan, "baseline")
    asking_of = {one.key: one.measure.minimum for one in questions}
    assert list(asking_of) == ["nprs-worst", "nprs-average", "nprs-now", "psfs-1", "psfs-2", "psfs-3"]  # fmt: skip
    from_them = [(one, one.measure.minimum) for one in questions]
    scores.record(
        world.plan, from_them, occasion="baseline", taken_on=DAY_BEFORE.date(),
        entered_by="client", appointment=visit, now=DAY_BEFORE,
    )  # fmt: skip
    delivery.send_due(now=DAY_BEFORE)
    assert state(world) == ("cancelled", "nothing_to_ask")


def test_quiet_hours_wait(world: OutcomeWorld) -> None:
    written(world)
    late = DAY_BEFORE.replace(hour=20)
    delivery.send_due(now=late)
    row = Message.objects.get(kind="measures")
    assert (row.state, row.last_code) == ("pending", "quiet_hours")
    assert row.send_after == datetime(2026, 11, 30, 9, tzinfo=UTC)  # Sunday is no send day


@pytest.mark.parametrize(("scope", "code"), [("booking", "not_for_them"), ("record", "")])
def test_whoever_may_only_book_is_not_asked(world: OutcomeWorld, scope: str, code: str) -> None:
    written(world)
    ClientAccess.objects.filter(client=world.client).delete()
    partner = make_user()
    ClientAccess.objects.create(user=partner, client=world.client, relation="partner", scope=scope)
    world.client.email = ""
    world.client.save()
    delivery.send_due(now=DAY_BEFORE)
    assert state(world)[1] in (code, "sent")
    assert bool([one for one in mail.outbox if "/q/" in one.body]) is not bool(code)


def test_a_session_that_fills_the_count_asks_before_the_next_at_once(world: OutcomeWorld) -> None:
    """Booked on days that follow each other, the review is known only when the last is done."""
    for day in range(2, 7):
        world.come(date(2026, 11, day))
    world.plan.start_on = date(2026, 11, 2)
    world.plan.save()
    today = world.book(NOW + timedelta(hours=2), now=NOW)
    world.book(NOW + timedelta(hours=26), now=NOW)
    assert asking.sweep(now=NOW + timedelta(hours=2)) == 0
    calendar.mark(today, "completed", by=world.by, now=NOW + timedelta(hours=3))
    assert asking.sweep(now=NOW + timedelta(hours=3)) == 1


@pytest.mark.parametrize("was_asked", [True, False])
def test_who_was_asked_before_a_change_was_undone_is_not_asked_again(
    world: OutcomeWorld, was_asked: bool
) -> None:
    visit = world.booked()
    if was_asked:
        asking.sweep(now=DAY_BEFORE)
        delivery.send_due(now=DAY_BEFORE)
    later = DAY_BEFORE + timedelta(minutes=1)
    gone = calendar.cancel(
        visit, cancelled_by="clinic", by=world.user, now=later, reason="x", for_staff=True
    )
    calendar.put_back(gone, version=gone.version, by=world.user, now=later, for_staff=True)
    assert asking.sweep(now=later) == (0 if was_asked else 1)


@pytest.mark.parametrize("was_asked", [True, False])
def test_another_length_asks_once(world: OutcomeWorld, was_asked: bool) -> None:
    visit, later = world.booked(), DAY_BEFORE + timedelta(minutes=1)
    if was_asked:
        asking.sweep(now=DAY_BEFORE)
        delivery.send_due(now=DAY_BEFORE)
    length = visit.ends_at - visit.starts_at - timedelta(minutes=15)
    calendar.change_length(visit, length=length, by=world.user, now=later)
    assert asking.sweep(now=later) == (0 if was_asked else 1)


def test_a_question_that_waits_goes_with_the_new_length(world: OutcomeWorld) -> None:
    visit, later = world.booked(), DAY_BEFORE + timedelta(minutes=1)
    asking.sweep(now=DAY_BEFORE)
    length = visit.ends_at - visit.starts_at - timedelta(minutes=15)
    calendar.change_length(visit, length=length, by=world.user, now=later)
    assert asking.sweep(now=later) == 1
    mail.outbox.clear()
    delivery.send_due(now=later)
    about = Message.objects.filter(kind="measures").order_by("pk")
    assert [one.last_code for one in about] == ["moved", "sent"]
