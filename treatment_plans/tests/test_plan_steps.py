"""A plan from state to state: asked first, said what it means, done with a reason."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.models import Appointment, Message
from bookings.tests.factories import make_client, make_staff
from treatment_plans import plans, recall, visits
from treatment_plans.models import PlanVisit, TreatmentPlan
from treatment_plans.plan_facts import facts_of
from treatment_plans.proposals import propose
from treatment_plans.tests.factories import ask
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, on_the_hour, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld()


def path(plan: TreatmentPlan, step: str) -> str:
    return f"/desk/plans/{plan.public_id}/step/{step}/"


def take(world: PlanWorld, step: str, **data: str) -> tuple[int, str]:
    answer = browse(world.user).post(path(world.plan, step), data)
    world.plan.refresh_from_db()
    return answer.status_code, answer.content.decode()


def days(world: PlanWorld, first: int, last: int | None = None) -> dict[str, str]:
    """The boxes of a pause, in days from today."""
    data = {}
    for name, offset in (("first_day", first), ("last_day", last)):
        if offset is not None:
            day = world.today + offset * DAY
            parts = (day.day, day.month, day.year)
            data |= {f"{name}_{number}": str(part) for number, part in enumerate(parts)}
    return data


def booked(world: PlanWorld, *offsets: int) -> list[Appointment]:
    """Visits of the plan, so many days from now."""
    start = on_the_hour(world.now)
    return [
        calendar.book(
            world.service, world.person, start + offset * DAY, client=world.client,
            by=world.user, now=world.now, location=world.place,
        )
        for offset in offsets
    ]  # fmt: skip


def test_each_step_asks_first_and_changes_nothing_by_being_looked_at(world: PlanWorld) -> None:
    for step, words in (("pause", "Pause the plan"), ("end", "End the plan")):  # fmt: skip
        page = browse(world.user).get(path(world.plan, step)).content.decode()
        assert words in page
    world.plan.refresh_from_db()
    assert (world.plan.status, world.plan.version) == ("active", 2)


def test_a_draft_is_started() -> None:
    world = PlanWorld(is_active=False)
    assert take(world, "start")[0] == 302
    assert (world.plan.status, world.plan.activated_on) == ("active", world.today)


def test_a_pause_with_dates_leaves_the_plan_active_and_shows_until_when(world: PlanWorld) -> None:
    assert take(world, "pause", reason="Holiday", **days(world, 0, 9))[0] == 302
    pause = world.plan.pauses.get()
    assert (pause.starts_on, pause.ends_on) == (world.today, world.today + 9 * DAY)
    assert (world.plan.status, recall.decision(world.plan, now=world.now).code) == (
        "active", "plan_paused",
    )  # fmt: skip
    page = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()
    assert "Paused" in page
    assert "Go on with it" in page


def test_a_pause_to_come_is_shown_and_can_be_taken_back(world: PlanWorld) -> None:
    where = f"/desk/plans/{world.plan.public_id}/"
    for first in (30, 10):
        assert (
            take(world, "pause", reason=f"Away on {first}", **days(world, first, first + 5))[0]
            == 302
        )
    page = browse(world.user).get(where).content.decode()
    assert page.index("Away on 10") < page.index("Away on 30")
    assert "Take the next pause back" in page
    assert take(world, "no-pause", reason="Stays here")[0] == 302
    assert [pause.reason for pause in world.plan.pauses.all()] == ["Away on 30"]
    assert plans.with_all(world.plan.pk).versions.last().reason == "Stays here"
    assert take(world, "no-pause", reason="Stays here")[0] == 302
    assert take(world, "no-pause", reason="Stays here")[0] == 422


def test_a_pause_that_has_begun_is_not_taken_back(world: PlanWorld) -> None:
    assert take(world, "pause", reason="Holiday", **days(world, 0, 9))[0] == 302
    status, page = take(world, "no-pause", reason="No")
    assert status == 422
    assert f'<a href="/desk/plans/{world.plan.public_id}/">Back to the plan</a>' in page
    assert 'aria-label="Desk"' in page
    assert world.plan.pauses.exists()


def test_a_plan_that_measures_nothing_says_so_to_who_treats(world: PlanWorld) -> None:
    where, lead = f"/desk/plans/{world.plan.public_id}/", make_staff("Clinical lead")
    assert "Choose what to measure" in browse(world.user).get(where).content.decode()
    assert "Choose what to measure" not in browse(lead).get(where).content.decode()
    ask(world.plan, "nprs")
    assert "Choose what to measure" not in browse(world.user).get(where).content.decode()


def test_going_on_ends_a_pause_yesterday(world: PlanWorld) -> None:
    plans.pause(
        world.plan, starts_on=world.today - 3 * DAY, ends_on=world.today + 9 * DAY,
        by=world.user, now=world.now, reason="Holiday",
    )  # fmt: skip
    assert take(world, "go-on", reason="Back already")[0] == 302
    assert world.plan.pauses.get().ends_on == world.today - DAY
    plans.pause(
        world.plan, starts_on=world.today, ends_on=world.today, by=world.user, now=world.now,
        reason="Ill",
    )  # fmt: skip
    assert take(world, "go-on", reason="Well again")[0] == 302
    assert world.plan.pauses.count() == 1  # a pause of today only never was


def test_a_rest_without_an_end_is_written_down_when_the_plan_goes_on(world: PlanWorld) -> None:
    assert take(world, "pause", reason="Expecting", **days(world, 0))[0] == 302
    assert (world.plan.status, world.plan.next_message_kind) == ("paused", "")
    noon = time(12, tzinfo=world.place.zone)  # thirty days from midnight may end on another day
    later = datetime.combine(world.today + 30 * DAY, noon)
    plan = plans.activate(world.plan, by=world.user, now=later, reason="Back")
    pause = plan.pauses.get()
    assert (pause.starts_on, pause.reason) == (world.today, "Expecting")
    assert (pause.ends_on - pause.starts_on).days == 29
    assert plan.due_on == world.today + 30 * DAY
    assert facts_of(plan).pause_on(world.today + 10 * DAY) is not None


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (-1, 3, "First day must be today or later"),
        (3, 1, "must not be before the first day"),
        (2, None, "must be given"),
        (0, 400, "within a year"),
    ],
)
def test_a_pause_that_cannot_be(
    world: PlanWorld, first: int, last: int | None, sentence: str
) -> None:
    status, page = take(world, "pause", reason="Holiday", **days(world, first, last))
    assert (status, sentence in page, "Holiday" in page) == (422, True, True)
    assert not world.plan.pauses.exists()


def test_a_date_that_does_not_exist_is_refused_at_its_place(world: PlanWorld) -> None:
    boxes = {"first_day_0": "31", "first_day_1": "2", "first_day_2": "2027"}
    status, page = take(world, "pause", reason="Holiday", **boxes)
    assert (status, "First day must be a real date" in page) == (422, True)


@pytest.mark.parametrize("step", ["pause", "end"])
@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_step_needs_a_reason_of_some_length(world: PlanWorld, step: str, reason: str) -> None:
    data = {**days(world, 0, 3), "how": "discharged", "reason": reason}
    status, page = take(world, step, **data)
    assert status == 422
    assert "Say why" in page or "at most 200" in page
    assert world.plan.version == 2


@pytest.mark.parametrize("how", ["discharged", "completed", "cancelled"])
def test_ending_takes_reminders_back_and_leaves_booked_sessions(world: PlanWorld, how: str) -> None:
    (visit,) = booked(world, 20)
    page = browse(world.user).get(path(world.plan, "end")).content.decode()
    assert "They stay booked unless you tick the box" in page
    Message.objects.filter(client=world.client).delete()
    waiting = Message.objects.create(
        source_type="treatment_plan", source_id=str(world.plan.pk), kind="due_soon",
        occurrence="start", channel="email", recipient=f"client:{world.client.pk}",
        client=world.client, lane=2, send_after=world.now, expires_at=world.now + DAY,
    )  # fmt: skip
    assert take(world, "end", how=how, reason="It is over")[0] == 302
    waiting.refresh_from_db()
    visit.refresh_from_db()
    assert (world.plan.status, world.plan.ended_on) == (how, world.today)
    assert (waiting.state, waiting.last_code) == ("cancelled", f"plan_{how}")
    assert visit.status == "booked"


def test_ending_can_cancel_what_is_booked(world: PlanWorld) -> None:
    visits_ = booked(world, 10, 17)
    take(world, "end", how="discharged", reason="Moved away", cancels="on")
    for visit in visits_:
        visit.refresh_from_db()
        assert (visit.status, visit.cancelled_by) == ("cancelled", "clinic")
    assert not world.plan.reproposals.open().exists()


@pytest.mark.parametrize(
    ("last", "choice", "status", "sentence"),
    [
        (9, "", 422, "1 session is booked in the pause. Choose what becomes of it"),
        (30, "", 422, "2 sessions are booked in the pause. Choose what becomes of them"),
        (None, "", 422, "2 sessions are booked in the pause. Choose what becomes of them"),
        (None, "move", 422, "only be moved out of a pause that has a last day"),
        (9, "vanish", 422, "valid choice"),
        (2, "", 302, ""),  # before both
        (9, "keep", 302, ""),
    ],
)
def test_what_is_booked_in_a_pause_is_asked_about(
    world: PlanWorld, last: int | None, choice: str, status: int, sentence: str
) -> None:
    booked(world, 5, 20)
    boxes = days(world, 0, last)
    found, page = take(world, "pause", reason="Holiday", inside=choice, **boxes)
    assert (found, sentence in page) == (status, True)
    assert world.plan.pauses.exists() == (status == 302)
    assert Appointment.objects.standing().filter(plan_visit__plan=world.plan).count() == 2


def test_sessions_are_moved_out_of_a_pause_by_the_dates_proposed_next(world: PlanWorld) -> None:
    both = booked(world, 5, 8)
    data = {"reason": "Holiday", "inside": "move", **days(world, 0, 12)}
    answer = browse(world.user).post(path(world.plan, "pause"), data)
    dates = f"/desk/plans/{world.plan.public_id}/dates/"
    assert answer["Location"] == dates
    page = browse(world.user).get(dates).content.decode()
    assert all(f'id="move-{visit.public_id}"' in page for visit in both)
    layout = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True).layout
    assert [one.step for one in layout.sessions] == ["move"] * 2 + ["book"] * 4
    assert layout.sessions[0].anchor > world.today + 12 * DAY


def test_a_pause_cancels_only_what_lies_inside_it(world: PlanWorld) -> None:
    inside, outside = booked(world, 5, 20)
    take(world, "pause", reason="Holiday", inside="cancel", **days(world, 1, 9))
    inside.refresh_from_db()
    outside.refresh_from_db()
    assert (inside.status, outside.status) == ("cancelled", "booked")


def test_what_cannot_be_cancelled_keeps_the_plan_as_it_is(world: PlanWorld) -> None:
    (visit,) = booked(world, 10)
    Appointment.objects.filter(pk=visit.pk).update(status="started")
    status, page = take(world, "end", how="discharged", reason="Moved", cancels="on")
    assert (status, world.plan.status) == (422, "active")
    assert "Moved" in page


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("draft", {"start", "end"}),
        ("active", {"pause", "end"}),
        ("paused", {"go-on", "end"}),
        ("discharged", set()),
    ],
)
def test_only_what_can_follow_is_offered(state: str, steps: set[str]) -> None:
    world = PlanWorld(is_active=state != "draft")
    if state == "paused":
        plans.rest(world.plan, by=world.user, now=world.now, reason="Away")
    if state == "discharged":
        plans.end(world.plan, state, by=world.user, now=world.now, reason="Over")
    for step in ("start", "pause", "go-on", "no-pause", "end"):
        expected = 200 if step in steps else 422
        assert browse(world.user).get(path(world.plan, step)).status_code == expected, step
        if expected == 422:
            assert take(world, step, reason="Now", how="discharged")[0] == 422
    assert browse(world.user).get(path(world.plan, "fly")).status_code == 404


def come(world: PlanWorld, at: Any) -> Appointment:
    visit = world.visit(at, status="completed")
    visits.link(world.plan, visit, now=world.now)
    visits.follow_appointment("completed", visit, now=world.now)
    return visit


def test_the_last_session_completes_the_plan_with_a_version_of_its_own() -> None:
    world = PlanWorld(phases=(("per_week", 1, 2),))
    come(world, world.now - 8 * DAY)
    last = come(world, world.now - DAY)
    world.plan.refresh_from_db()
    newest = world.plan.versions.last()
    assert newest is not None
    assert (world.plan.status, newest.content["status"], newest.made_by) == (
        "completed", "completed", None,
    )  # fmt: skip
    assert newest.reason == "All sessions are done"
    Appointment.objects.filter(pk=last.pk).update(status="booked")
    visits.follow_appointment("undone", last, now=world.now)
    world.plan.refresh_from_db()
    assert (world.plan.status, world.plan.versions.count()) == ("active", 4)


def test_a_plan_that_somebody_ended_is_not_brought_back_by_its_visits(world: PlanWorld) -> None:
    visit = come(world, world.now - DAY)
    plans.end(world.plan, "completed", by=world.user, now=world.now, reason="Well enough")
    for event in ("moved", "cancelled", "undone"):
        visits.follow_appointment(event, visit, now=world.now)  # type: ignore[arg-type]
    world.plan.refresh_from_db()
    assert world.plan.status == "completed"


def test_a_change_made_in_another_window_is_not_undone_by_an_old_copy(world: PlanWorld) -> None:
    stale = TreatmentPlan.objects.get(pk=world.plan.pk)
    plans.hold(world.plan, by=world.user, now=world.now, reason="Ask the doctor")
    plans.pause(
        stale, starts_on=world.today, ends_on=world.today + timedelta(days=2), by=world.user,
        now=world.now, reason="Ill",
    )  # fmt: skip
    world.plan.refresh_from_db()
    assert (world.plan.hold_reason, world.plan.version) == ("Ask the doctor", 4)


@pytest.mark.parametrize("method", ["get", "post"])
def test_steps_are_for_whoever_treats_and_the_clinical_lead(world: PlanWorld, method: str) -> None:
    sent = {"reason": "Over", "how": "discharged"} if method == "post" else {}
    found = statuses(world, path(world.plan, "end"), method, **sent)
    # After the first has ended it there is nothing to end: 422 tells that they may.
    assert found == {
        "treating": 302 if method == "post" else 200, "colleague": 404, "front desk": 403,
        "admin": 403, "lead": 422 if method == "post" else 200, "own": 403,
        "books for them": 403, "other client": 403, "anonymous": 302,
    }  # fmt: skip


def test_a_session_names_its_plan_and_version_to_who_may_read_it(world: PlanWorld) -> None:
    visit = world.visit(world.now + 2 * DAY)
    path = f"/desk/visits/{visit.public_id}/"
    link = f'href="/desk/plans/{world.plan.public_id}/"'
    assert link not in browse(world.user).get(path).content.decode()
    visits.link(world.plan, visit, now=world.now)
    for user in (world.user, make_staff("Clinical lead")):
        page = browse(user).get(path).content.decode()
        assert link in page
        assert f"version {world.plan.version}" in page
    assert link not in browse(make_staff("Front desk")).get(path).content.decode()


def test_a_plan_that_has_ended_chooses_no_measures(world: PlanWorld) -> None:
    where = f"/desk/plans/{world.plan.public_id}/"
    assert "Choose measures" in browse(world.user).get(where).content.decode()
    plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Over")
    page = browse(world.user).get(where).content.decode()
    assert "Enter scores" in page
    assert "Choose measures" not in page


def test_a_visit_is_taken_out_of_the_plan_and_back_in(world: PlanWorld) -> None:
    visit = come(world, world.now - DAY)
    url = f"/desk/plans/{world.plan.public_id}/visits/{visit.public_id}/"
    assert browse(world.user).post(url, {"belongs": "no"}).status_code == 302
    assert not world.plan.visits.exists()
    assert browse(world.user).post(url, {"belongs": "no"}).status_code == 422
    assert browse(world.user).post(url, {"belongs": "yes"}).status_code == 302
    assert world.plan.visits.get().appointment == visit
    other = PlanWorld()
    stranger = f"/desk/plans/{world.plan.public_id}/visits/{other.treated.public_id}/"
    assert browse(world.user).post(stranger, {"belongs": "yes"}).status_code == 422
    found = statuses(world, url, "post", belongs="no")
    assert {who for who, status in found.items() if status in (302, 422)} == {
        "treating", "lead", "anonymous",
    }  # fmt: skip


def test_what_is_booked_when_a_plan_starts_becomes_part_of_it() -> None:
    world = PlanWorld(is_active=False)
    coming = [world.visit(world.now + offset * DAY) for offset in (2, 9)]
    mine = world.visit(world.now + 16 * DAY, client=make_client())
    assert take(world, "start")[0] == 302
    assert [one.appointment for one in world.plan.visits.all()] == coming
    assert not PlanVisit.objects.filter(appointment=mine).exists()
    assert recall.decision(world.plan, now=world.now).code == "already_booked"


def test_with_two_active_plans_nobody_guesses_whose_a_booked_visit_is() -> None:
    world = PlanWorld(is_active=False)
    world.make_plan()
    world.visit(world.now + 2 * DAY)
    assert take(world, "start")[0] == 302
    assert not world.plan.visits.exists()
