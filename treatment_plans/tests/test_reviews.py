"""Reviews fall due by the plan, and each decision creates what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings.errors import Refused
from bookings.models import Appointment, Task
from bookings.tests.factories import NOW, SmallClinic, make_appointment, make_client
from treatment_plans import plans, reviews
from treatment_plans.errors import ReasonMissing, WrongState
from treatment_plans.gates import review_first
from treatment_plans.models import PlanPhase, Review, TreatmentPlan
from treatment_plans.plan_start import save_plan
from treatment_plans.tests.factories import make_plan
from treatment_plans.visits import follow_appointment, link

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
STEPPED = (("per_week", 2, 6), ("per_week", 1, 4))
PAST = datetime(2026, 11, 2, 9, tzinfo=UTC)


class World(SmallClinic):
    """A plan of twice a week for six sessions and then weekly, with a review after six."""

    def __init__(self) -> None:
        super().__init__()
        self.person.user = self.user
        self.person.save()
        self.patient = make_client(name="Robin Fictional")
        self.plan = self.make()

    def make(self, **fields: Any) -> TreatmentPlan:
        given = {"phases": STEPPED, "start_on": PAST.date(), "client": self.patient, **fields}
        client = given.pop("client")
        return make_plan(
            client, self.person, self.service, self.place, by=self.user, now=NOW, **given
        )

    def visit(self, at: datetime, status: str = "completed") -> Appointment:
        visit = make_appointment(
            self.person, self.service, self.place, at, client=self.patient, status=status
        )
        link(self.plan, visit, now=NOW)
        return visit

    def done(self, count: int) -> None:
        for number in range(count):
            self.visit(PAST + number * 3 * DAY)
        self.plan = plans.with_all(self.plan.pk)
        reviews.recall.refresh(self.plan, now=NOW)

    def open(self) -> Review:
        self.done(6)
        reviews.sweep(now=NOW)
        return self.plan.reviews.get()

    def decide(self, decision: str, **more: Any) -> Review:
        given = {"by": self.user, "now": NOW, "reasoning": "Pain is down", **more}
        return reviews.decide(self.open(), decision, **given)

    def fresh(self) -> TreatmentPlan:
        return plans.with_all(self.plan.pk)

    def wants(self, at: datetime) -> None:
        """Ask the gate about a visit that is not written yet."""
        visit = Appointment(
            practitioner=self.person, service=self.service, location=self.place,
            client=self.patient, starts_at=at,
        )  # fmt: skip
        review_first(client=self.patient, visit=visit, starts_at=at, now=NOW)


@pytest.fixture
def world() -> World:
    return World()


def test_the_sixth_session_makes_a_review_fall_due_once(world: World) -> None:
    world.done(5)
    assert reviews.sweep(now=NOW) == 0
    world.visit(PAST + 15 * DAY)
    reviews.recall.refresh(world.fresh(), now=NOW)
    assert reviews.sweep(now=NOW) == 1
    assert reviews.sweep(now=NOW + DAY) == 0
    review = world.plan.reviews.get()
    assert (review.number, review.due_on, review.sessions_before) == (
        1,
        (PAST + 15 * DAY).date(),
        6,
    )
    task = Task.objects.get(kind="review")
    assert (task.owner, task.title) == (world.user, "A progress review is due")
    assert task.link == f"/desk/reviews/{review.public_id}/"
    assert task.due_at.date() == review.due_on  # not when it was found


def test_four_weeks_make_a_review_fall_due_without_any_session(world: World) -> None:
    due = datetime(2026, 11, 30, tzinfo=UTC)
    assert reviews.sweep(now=due - timedelta(minutes=1)) == 0
    assert reviews.sweep(now=due) == 1


def test_a_practitioner_without_a_login_leaves_the_task_to_the_clinical_lead(world: World) -> None:
    world.person.user = None
    world.person.save()
    world.open()
    assert Task.objects.get(kind="review").role == "Clinical lead"


@pytest.mark.parametrize("status", ["draft", "discharged", "cancelled", "completed"])
def test_a_plan_that_does_not_run_has_no_review(world: World, status: str) -> None:
    TreatmentPlan.objects.filter(pk=world.plan.pk).update(status=status)
    assert reviews.sweep(now=NOW + 52 * WEEK) == 0
    with pytest.raises(WrongState):
        reviews.open_review(world.fresh(), now=NOW)


def test_the_cost_of_a_sweep_is_what_is_due(world: World) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            reviews.sweep(now=NOW)
        return len(queries)

    before = cost()
    for _ in range(5):
        world.make(client=make_client(), start_on=NOW.date())
    assert cost() == before


def test_to_go_on_changes_nothing_and_counts_anew(world: World) -> None:
    review = world.decide("continue", shared_summary="Pain went from 7 to 4.")
    plan = world.fresh()
    assert plan.status == "active"
    assert plan.next_review_at == datetime(2026, 12, 22, tzinfo=UTC)  # four weeks from the decision
    assert list(plan.versions.values_list("number", flat=True))[-1] == plan.version
    assert review.decided_by == world.user
    assert not Task.objects.open().filter(kind="review").exists()


def test_tapering_at_the_end_of_a_phase_goes_on_to_the_next(world: World) -> None:
    world.decide("taper")
    plan = world.fresh()
    assert [phase.session_count for phase in plan.phases.all()] == [6, 4]
    assert plan.versions.last().reason == "Review 1: go on to the next phase"


def test_tapering_inside_a_phase_ends_it_with_what_was_done(world: World) -> None:
    world.done(4)
    review = reviews.open_review(world.fresh(), now=NOW)
    reviews.decide(review, "taper", by=world.user, now=NOW, reasoning="Better already")
    assert [phase.session_count for phase in world.fresh().phases.all()] == [4, 4]


def test_there_must_be_a_phase_to_taper_to(world: World) -> None:
    world.plan = world.make(phases=(("per_week", 2, 20),), client=world.patient)
    with pytest.raises(WrongState, match="no later phase"):
        world.decide("taper")
    assert world.plan.reviews.get().is_open


def test_a_change_is_asked_for_until_the_next_version(world: World) -> None:
    world.decide("change")
    task = Task.objects.open().get(kind="review")
    assert task.link == f"/desk/plans/{world.plan.public_id}/edit/"
    reviews.plan_changed(world.fresh(), by=world.user, now=NOW)
    assert not Task.objects.open().exists()


def test_referring_leaves_a_task_and_holds_if_wanted(world: World) -> None:
    world.decide("refer", holds=True)
    assert Task.objects.open().get().title == (
        "Write to the client's doctor as decided in the review"
    )
    assert world.fresh().hold_reason == "Review 1: referred"


def test_discharging_ends_the_plan(world: World) -> None:
    world.decide("discharge")
    plan = world.fresh()
    assert (plan.status, plan.ended_on, plan.next_review_at) == ("discharged", NOW.date(), None)


def test_a_decision_needs_reasons_and_stands(world: World) -> None:
    review = world.open()
    with pytest.raises(ReasonMissing):
        reviews.decide(review, "continue", by=world.user, now=NOW, reasoning="  ")
    reviews.decide(review, "continue", by=world.user, now=NOW, reasoning="Pain is down")
    with pytest.raises(WrongState):
        reviews.decide(review, "discharge", by=world.user, now=NOW, reasoning="No")
    for change in ("update", "delete"):
        rows = Review.objects.filter(pk=review.pk)
        with pytest.raises(InternalError), transaction.atomic():
            rows.update(reasoning="") if change == "update" else rows.delete()


class TestEnd:
    """A plan whose sessions are all done has no next one for its review: it is due at once."""

    @pytest.fixture
    def over(self, world: World) -> Review:
        world.plan = world.make(phases=(("per_week", 2, 6),), client=make_client())
        world.patient = world.plan.client
        self.come(world, 6)
        assert world.fresh().status == "completed"
        return world.plan.reviews.get()

    def come(self, world: World, count: int) -> None:
        for number in range(count):
            visit = world.visit(PAST + (20 + number) * DAY)
            follow_appointment("completed", visit, now=visit.ends_at)

    def decide(self, world: World, review: Review, decision: str, **more: Any) -> Review:
        return reviews.decide(
            review, decision, by=world.user, now=NOW, reasoning="Pain is down", **more
        )

    def test_the_last_session_of_a_course_makes_its_review_fall_due(
        self, world: World, over: Review
    ) -> None:
        assert (over.is_open, over.sessions_before) == (True, 6)
        assert over.due_on == (PAST + 25 * DAY).date()
        assert Task.objects.open().get(kind="review").owner == world.user
        assert list(Review.objects.waiting_for(world.user)) == [over]

    def test_a_course_that_was_looked_at_shortly_before_ends_without_another(
        self, world: World
    ) -> None:
        world.plan = world.make(phases=(("per_week", 2, 7),), client=world.patient)
        self.come(world, 6)
        review = reviews.open_review(world.fresh(), now=PAST + 26 * DAY)
        reviews.decide(review, "continue", by=world.user, now=PAST + 26 * DAY, reasoning="One more")
        visit = world.visit(PAST + 28 * DAY)
        follow_appointment("completed", visit, now=visit.ends_at)
        assert world.fresh().status == "completed"
        assert not world.plan.reviews.open().exists()

    @pytest.mark.parametrize("decision", ["continue", "taper"])
    def test_there_is_nothing_to_go_on_with(
        self, world: World, over: Review, decision: str
    ) -> None:
        with pytest.raises(WrongState, match="all its sessions"):
            self.decide(world, over, decision)
        assert world.plan.reviews.get().is_open

    def test_discharging_leaves_what_has_ended_as_it_is(self, world: World, over: Review) -> None:
        before = world.plan.versions.count()
        assert self.decide(world, over, "discharge").decided_at == NOW
        plan = world.fresh()
        assert (plan.status, plan.versions.count()) == ("completed", before)
        assert not Task.objects.open().exists()

    def test_a_change_is_the_next_plan(self, world: World, over: Review) -> None:
        self.decide(world, over, "change")
        task = Task.objects.open().get(kind="review")
        assert task.link == f"/desk/clients/{world.patient.public_id}/plan/"
        following = TreatmentPlan(
            client=world.patient, practitioner=world.person, service=world.service,
            location=world.place, start_on=NOW.date(),
        )  # fmt: skip
        save_plan(
            following, by=world.user, now=NOW, goals=[], techniques=[], regions=[],
            phases=[PlanPhase(rate_kind="every_n_weeks", rate_value=4)],
        )  # fmt: skip
        assert not Task.objects.open().exists()

    def test_referring_leaves_a_task(self, world: World, over: Review) -> None:
        self.decide(world, over, "refer")
        assert Task.objects.open().get().link == f"/desk/reviews/{over.public_id}/letter/"

    @pytest.mark.parametrize("how", ["discharged", "completed", "cancelled"])
    def test_whoever_ends_a_plan_ends_the_review_that_waits(self, world: World, how: str) -> None:
        review = world.open()
        reviews.end_plan(world.fresh(), how, by=world.user, now=NOW, reason="Moved away")
        review.refresh_from_db()
        assert (review.decision, review.reasoning, review.decided_by) == (
            "discharge", "Moved away", world.user,
        )  # fmt: skip
        assert review.findings["completed"] == 6
        assert world.fresh().status == how
        assert not Task.objects.open().filter(kind="review").exists()


class TestGate:
    """Nobody books past the session with the review; staff can open the way."""

    def test_the_session_with_the_review_can_be_booked_and_the_one_after_cannot(
        self, world: World
    ) -> None:
        world.open()
        world.wants(NOW + DAY)
        world.visit(NOW + DAY, "booked")
        with pytest.raises(Refused, match="look at your progress") as refusal:
            world.wants(NOW + 4 * DAY)
        assert refusal.value.code == "review_first"

    def test_a_decision_opens_the_way(self, world: World) -> None:
        world.decide("continue")
        world.visit(NOW + DAY, "booked")
        world.wants(NOW + 4 * DAY)

    def test_staff_open_the_way_with_a_reason(self, world: World) -> None:
        review = world.open()
        world.visit(NOW + DAY, "booked")
        with pytest.raises(ReasonMissing):
            reviews.allow_booking(review, by=world.user, now=NOW, reason="")
        reviews.allow_booking(review, by=world.user, now=NOW, reason="Away for a month")
        world.wants(NOW + 4 * DAY)

    def test_the_session_with_the_review_can_be_moved(self, world: World) -> None:
        world.open()
        visit = world.visit(NOW + DAY, "booked")
        review_first(client=world.patient, visit=visit, starts_at=NOW + 5 * DAY, now=NOW)

    def test_a_client_without_a_plan_is_not_asked(self, world: World) -> None:
        stranger = make_client()
        visit = Appointment(practitioner=world.person, service=world.service, starts_at=NOW)
        review_first(client=stranger, visit=visit, starts_at=NOW, now=NOW)

    def test_relaxation_is_nobody_s_plan(self, world: World) -> None:
        world.open()
        world.visit(NOW + DAY, "booked")
        world.service.kind = "relaxation"
        world.wants(NOW + 4 * DAY)
