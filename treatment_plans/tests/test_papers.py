"""What one query reads about a plan is what the many say of it."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import calendar
from bookings.messages import outbox
from bookings.models import Appointment, Client, Message
from bookings.picking import value_of
from bookings.tests.factories import make_client
from practitioners.models import Closure
from practitioners.tests.factories import make_location
from treatment_plans import visits
from treatment_plans.models import PlanPause, PlanVisit, Review, TreatmentPlan
from treatment_plans.papers import Papers, papers_of, since, with_papers
from treatment_plans.plan_facts import (
    calendar_of,
    cycle_key,
    facts_of,
    history_of,
    last_review_of,
)
from treatment_plans.reviews import may_book_past
from treatment_plans.tests.plan_world import DAY, HOUR, PlanWorld, browse

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def assert_same(plan: TreatmentPlan, papers: Papers, *, now: Any) -> None:
    facts = facts_of(plan)
    history = history_of(plan, facts, now=now)
    newest = plan.versions.order_by("-number").first()
    assert papers.facts == facts
    assert papers.calendar == calendar_of(plan.location, now=now)
    assert papers.last_review == last_review_of(plan)
    assert papers.cycle_key == cycle_key(plan, facts)
    assert (papers.history.sent, papers.history.zone) == (history.sent, history.zone)
    assert papers.newest_version == (newest and newest.pk)
    assert papers.may_book_past == may_book_past(plan)
    assert papers.has_open_review == plan.reviews.open().exists()


def test_of_a_new_plan(world: PlanWorld) -> None:
    assert_same(world.plan, papers_of(world.plan, now=world.now), now=world.now)


def fill(world: PlanWorld) -> None:
    """Give a plan a past: visits of each kind, pauses, reviews, closures and follow-ups."""
    plan, now, today = world.plan, world.now, world.today
    for days, status in ((-20, "completed"), (-9, "completed"), (-4, "no_show"), (6, "booked")):
        visits.link(plan, world.visit(now + days * DAY, status=status), now=now)
    visits.link(
        plan, world.visit(now + 8 * DAY, status="cancelled", cancelled_by="client"), now=now
    )
    for first in (-18, 30):
        PlanPause.objects.create(
            plan=plan, starts_on=today + first * DAY, ends_on=today + (first + 3) * DAY
        )
    about = {"plan": plan, "due_on": today}
    Review.objects.create(
        number=1, decision="continue", decided_at=now - 12 * DAY, sessions_before=1, **about
    )
    Review.objects.create(number=2, override_reason="Away until May", **about)
    elsewhere = make_location()
    for kind, place in (("closed", world.place), ("public_holiday", None), ("closed", elsewhere)):
        Closure.objects.create(
            location=place,
            kind=kind,
            name="Closed",
            starts_on=today + 40 * DAY,
            ends_on=today + 41 * DAY,
        )
    Closure.objects.create(
        location=None,
        kind="closed",
        name="Long ago",
        starts_on=date(2001, 1, 1),
        ends_on=date(2001, 1, 2),
    )
    world.client.time_zone = "Asia/Kolkata"
    world.client.save()
    key = cycle_key(plan, facts_of(plan))
    for kind, occurrence, state in (
        ("due_soon", key, "sent"), ("overdue", key, "pending"), ("due_soon", "start", "sent"), ("lapsed", key, "sending"),
    ):  # fmt: skip
        made = outbox.message(
            kind, source_type="treatment_plan", source_id=plan.pk, occurrence=occurrence,
            client=world.client, now=now,
        )  # fmt: skip
        row = Message(**asdict(made))
        row.state, row.sending_at = state, now - HOUR
        row.sent_at = now - HOUR + timedelta(seconds=2) if state == "sent" else None
        row.save()


def test_of_a_plan_with_a_past(world: PlanWorld) -> None:
    fill(world)
    plan = TreatmentPlan.objects.with_people().get(pk=world.plan.pk)
    papers = papers_of(plan, now=world.now)
    assert_same(plan, papers, now=world.now)
    assert set(papers.history.sent) == {"due_soon", "lapsed"}
    assert papers.may_book_past
    coming = Appointment.objects.get(status="booked")
    assert papers.coming_on(but=None) == [coming.local_day]
    assert papers.coming_on(but=coming.pk) == []
    assert Message.objects.count() == 4


def test_those_it_was_read_with_cost_nothing_more(world: PlanWorld) -> None:
    fill(world)
    rows = TreatmentPlan.objects.with_people()
    plan = with_papers(rows, since(world.now)).get(pk=world.plan.pk)
    with CaptureQueriesContext(connection) as asked:
        papers = papers_of(plan, now=world.now)
        assert papers.facts.done == 2
    assert len(asked) == 0
    assert_same(plan, papers, now=world.now)


def test_what_the_plan_in_hand_says_counts(world: PlanWorld) -> None:
    world.plan.status = TreatmentPlan.Status.PAUSED
    assert papers_of(world.plan, now=world.now).facts.status == "paused"


def test_one_press_of_a_client_with_a_plan_takes_fewer_than_twenty_statements(
    world: PlanWorld,
) -> None:
    browser, address = browse(world.login), f"/book/{world.service.slug}/"
    counts = []
    for days in (3, 4, 6):
        start = (world.now + days * DAY).replace(hour=10, minute=0, second=0, microsecond=0)
        chosen = {"start": value_of(start)}
        answer = browser.post(f"{address}?practitioner={world.person.slug}", chosen)
        assert answer.status_code == 302
        form = {"for_whom": "me", "form_token": str(uuid.uuid4())}
        with CaptureQueriesContext(connection) as sent:
            assert browser.post(f"{address}you/", form).status_code == 302
        # Inside the test's own transaction BEGIN and COMMIT are those of a savepoint.
        counts.append(sum("SAVEPOINT" not in one["sql"] for one in sent.captured_queries))
    assert world.plan.visits.count() == 3
    assert len(set(counts)) == 1
    assert counts[0] < 20


def at_ten(world: PlanWorld) -> datetime:
    return (world.now + 3 * DAY).replace(hour=10, minute=0, second=0, microsecond=0)


def book(world: PlanWorld, client: Client, at: datetime) -> Any:
    """As the desk does."""
    return calendar.book(
        world.service,
        world.person,
        at,
        client=client,
        by=world.user,
        now=world.now,
        location=world.place,
    )


def test_a_plan_hears_of_visits_and_whoever_has_none_is_not_asked_for_it(world: PlanWorld) -> None:
    at = at_ten(world)
    stranger = make_client()
    asked = []
    for client, hours in ((world.client, 0), (stranger, 1)):
        with CaptureQueriesContext(connection) as sent:
            visit = book(world, client, at + 2 * hours * HOUR)
            moved = calendar.move(visit, starts_at=at + (4 + hours) * HOUR, by=None, now=world.now)
        asked.append(sum("treatment_plans_" in one["sql"] for one in sent.captured_queries))
        linked = PlanVisit.objects.filter(appointment=moved)
        assert linked.exists() == (client == world.client)
    assert asked[1] == 0 < asked[0]


def test_a_plan_that_starts_after_a_booking_takes_in_the_next(world: PlanWorld) -> None:
    at = at_ten(world)
    TreatmentPlan.objects.update(status=TreatmentPlan.Status.CANCELLED)
    visit = book(world, world.client, at)
    TreatmentPlan.objects.update(status=TreatmentPlan.Status.ACTIVE)
    assert visits.plan_for(visit, now=world.now) == world.plan
    visits.link(world.plan, visit, now=world.now)
    calendar.cancel(visit, cancelled_by="client", by=None, now=world.now)
    assert book(world, world.client, at + HOUR).plan_visit.plan == world.plan
