"""A visit that moves, is missed or cancelled: the rest is proposed anew, and moves only when accepted."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, Task
from bookings.picking import value_of
from bookings.tests.factories import make_client
from practitioners.tests.factories import make_clinic
from treatment_plans import plans
from treatment_plans.models import Reproposal
from treatment_plans.proposals import book_dates, propose
from treatment_plans.tests.plan_world import DAY, HOUR, PlanWorld, browse

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


@pytest.fixture
def world() -> PlanWorld:
    """Four sessions once a week, all booked, the first in three days."""
    found = PlanWorld(start_on=(timezone.now() + 3 * DAY).date(), phases=(("per_week", 1, 4),))
    layout = propose(plans.with_all(found.plan.pk), now=found.now, for_staff=True).layout
    book_dates(
        plans.with_all(found.plan.pk),
        moves={},
        starts=[one.free.starts_at for one in layout.sessions if one.free],
        by=found.user,
        form_token=uuid.uuid4(),
        now=found.now,
        for_staff=True,
    )
    return found


def visits(world: PlanWorld) -> list[Appointment]:
    rows = Appointment.objects.filter(plan_visit__plan=world.plan).standing()
    return list(rows.with_details().order_by("starts_at"))


def starts(world: PlanWorld) -> list[datetime]:
    return [one.starts_at for one in visits(world)]


def waiting(world: PlanWorld) -> Reproposal | None:
    return world.plan.reproposals.open().first()


def tasks(world: PlanWorld) -> Any:
    return Task.objects.filter(kind="dates", client=world.client)


def cancel(world: PlanWorld, number: int) -> None:
    calendar.cancel(
        visits(world)[number], cancelled_by="client", by=world.login, now=world.now, reason="Ill",
        for_staff=True,
    )  # fmt: skip


def move(world: PlanWorld, number: int, by: timedelta) -> None:
    visit = visits(world)[number]
    calendar.move(
        visit, starts_at=visit.starts_at + by, by=world.login, now=world.now, for_staff=True
    )


def page(world: PlanWorld) -> str:
    return browse(world.user).get(f"/desk/plans/{world.plan.public_id}/").content.decode()


def dates(world: PlanWorld) -> str:
    return f"/desk/plans/{world.plan.public_id}/dates/"


def test_booking_what_was_proposed_upsets_nothing(world: PlanWorld) -> None:
    assert (len(visits(world)), waiting(world)) == (4, None)
    assert not tasks(world).exists()


def test_a_cancelled_visit_asks_for_new_dates_and_moves_nothing(world: PlanWorld) -> None:
    before = starts(world)
    cancel(world, 1)
    row = waiting(world)
    assert row is not None
    assert row.event == "cancelled"
    assert starts(world) == [before[0], *before[2:]]
    (task,) = tasks(world)
    assert (task.owner, task.link, task.done_at) == (world.user, dates(world), None)
    for word in (world.client.name, world.service.name, "massage", "week"):
        assert word not in task.title
    shown = page(world)
    assert "Some dates no longer fit" in shown
    assert "was cancelled" in shown
    assert "not booked" in shown


def test_a_visit_that_nobody_came_to_asks_as_well(world: PlanWorld) -> None:
    first = visits(world)[0]
    later = first.starts_at + 2 * HOUR
    calendar.mark(first, "no_show", by=world.user, now=later)
    row = waiting(world)
    assert row is not None
    assert row.event == "no_show"


def test_a_visit_moved_within_its_days_asks_nothing(world: PlanWorld) -> None:
    move(world, 1, DAY)
    assert waiting(world) is None


def test_a_visit_moved_onto_the_next_asks_to_move_the_others_on(world: PlanWorld) -> None:
    move(world, 1, 5 * DAY)
    assert waiting(world) is not None
    layout = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True).layout
    assert [one.step for one in layout.sessions] == ["keep", "keep", "move", "move"]
    assert "was moved" in page(world)


def test_where_nothing_would_have_to_move_no_new_date_is_promised(world: PlanWorld) -> None:
    move(world, 1, 8 * DAY)
    assert waiting(world) is not None
    shown = page(world), browse(world.user).get(dates(world)).content.decode()
    for text in shown:
        assert "None of the others would have to move" in text
        assert "new dates" not in text
        assert "Below are the dates that would fit" not in text
    assert "Leave the dates as they are" in shown[1]


def accepted(world: PlanWorld) -> dict[str, Any]:
    """What a browser posts when every new date is taken as it is proposed."""
    proposal = propose(plans.with_all(world.plan.pk), now=world.now, for_staff=True)
    data: dict[str, Any] = {"form_token": str(uuid.uuid4())}
    for one in proposal.layout.sessions:
        if one.step == "book" and one.free:
            data[f"book-{one.days.session}"] = value_of(one.free.starts_at)
        if one.step == "move" and one.free and one.booked:
            visit = proposal.visits[one.booked.key]
            data[f"move-{visit.public_id}"] = value_of(one.free.starts_at)
    return data


def test_accepting_moves_and_books_all_and_settles_it(world: PlanWorld) -> None:
    move(world, 1, 5 * DAY)
    moved = starts(world)[1]
    assert "Accept these dates" in browse(world.user).get(dates(world)).content.decode()
    assert browse(world.user).post(dates(world), accepted(world)).status_code == 302
    assert starts(world)[1] == moved
    gaps = [(later - one).days for one, later in pairwise(starts(world)[1:])]
    assert all(5 <= gap <= 10 for gap in gaps)
    row = Reproposal.objects.get()
    assert (row.outcome, row.settled_by) == ("accepted", world.user)
    assert tasks(world).get().done_by == world.user
    assert "no longer fit" not in page(world)


def late(world: PlanWorld) -> None:
    """Sessions 3 and 4 would move; only the third is within a notice of twenty days."""
    move(world, 1, 5 * DAY)
    make_clinic(travel_minutes=0, cancel_notice_hours=20 * 24, policy="Twenty days ahead.")


def test_a_move_within_the_notice_asks_why_and_keeps_it(world: PlanWorld) -> None:
    late(world)
    desk, third = browse(world.user), visits(world)[2]
    page = desk.get(dates(world)).content.decode()
    assert "Session 3 is within the notice for changes. If you move it, say why." in page
    assert ("Twenty days ahead." in page, page.count("Why so late?")) == (True, 1)
    data, before = accepted(world), starts(world)
    for reason, said in (("", "Please say why"), (" ", "Please say why"), ("a\nb", "one line")):
        answer = desk.post(dates(world), {**data, "reason": reason})
        page = answer.content.decode()
        assert (answer.status_code, said in page, starts(world)) == (422, True, before), reason
        assert 'href="#id_reason"' in page
        assert f'value="{data["form_token"]}"' in page
        for name, at in data.items():
            assert f'id="{name}-{at}" value="{at}" checked' in page or name == "form_token"
    assert waiting(world) is not None
    answer = desk.post(dates(world), {**data, "reason": "Called: ill until Monday"})
    assert answer.status_code == 302
    assert starts(world)[2:] != before[2:]
    history = desk.get(f"/desk/visits/{third.public_id}/").content.decode()
    assert "Called: ill until Monday" in history


def test_what_was_said_is_kept_when_a_time_was_taken(world: PlanWorld) -> None:
    late(world)
    data = {**accepted(world), "reason": "Called: ill until Monday"}
    taken = datetime.fromtimestamp(
        int(data[f"move-{visits(world)[3].public_id}"]), tz=world.now.tzinfo
    )
    world.visit(taken, client=make_client())
    answer = browse(world.user).post(dates(world), data)
    assert answer.status_code == 409
    assert 'value="Called: ill until Monday"' in answer.content.decode()


def test_a_session_within_the_notice_that_stays_needs_no_reason(world: PlanWorld) -> None:
    late(world)
    third = visits(world)[2]
    data = {**accepted(world), f"move-{third.public_id}": "keep"}
    assert browse(world.user).post(dates(world), data).status_code == 302
    third.refresh_from_db()
    assert third.version == 1


def test_the_notice_may_begin_while_the_page_is_open(world: PlanWorld) -> None:
    move(world, 1, 5 * DAY)
    assert "Why so late?" not in browse(world.user).get(dates(world)).content.decode()
    data, before = accepted(world), starts(world)
    make_clinic(travel_minutes=0, cancel_notice_hours=20 * 24)
    answer = browse(world.user).post(dates(world), data)
    assert (answer.status_code, starts(world)) == (422, before)
    assert "Why so late?" in answer.content.decode()


def test_sessions_in_time_are_moved_without_a_reason(world: PlanWorld) -> None:
    move(world, 1, 5 * DAY)
    page = browse(world.user).get(dates(world)).content.decode()
    assert ("Why so late?" in page, "within the notice" in page) == (False, False)
    assert browse(world.user).post(dates(world), accepted(world)).status_code == 302


def test_clients_are_not_asked_why_and_do_not_move_within_the_notice(world: PlanWorld) -> None:
    late(world)
    path, before = f"/my/plans/{world.plan.public_id}/dates/", starts(world)
    page = browse(world.login).get(path).content.decode()
    assert ("Accept these dates" in page, "Why so late?" in page) == (True, False)
    answer = browse(world.login).post(path, {**accepted(world), "reason": "Let me"})
    assert (answer.status_code, starts(world)) == (422, before)
    page = answer.content.decode()
    assert ("This session is less than 480 hours" in page, "Why so late?" in page) == (True, False)


def test_a_missing_session_is_booked_by_accepting(world: PlanWorld) -> None:
    cancel(world, 1)
    assert browse(world.user).post(dates(world), accepted(world)).status_code == 302
    assert (len(visits(world)), waiting(world)) == (4, None)


def test_leaving_keeps_every_date_and_asks_no_more(world: PlanWorld) -> None:
    cancel(world, 3)
    before = starts(world)
    assert browse(world.user).post(dates(world), {"leave": "1"}).status_code == 302
    assert (starts(world), waiting(world)) == (before, None)
    assert Reproposal.objects.get().outcome == "left"
    assert tasks(world).get().done_at is not None


def test_one_that_was_taken_meanwhile_and_nothing_moves(world: PlanWorld) -> None:
    move(world, 1, 5 * DAY)
    data, before = accepted(world), starts(world)
    last = datetime.fromtimestamp(int(list(data.values())[-1]), tz=world.now.tzinfo)
    world.visit(last, client=make_client())
    answer = browse(world.user).post(dates(world), data)
    assert answer.status_code == 409
    assert (starts(world), waiting(world) is not None) == (before, True)


def test_it_is_over_when_the_client_books_the_missing_one_alone(world: PlanWorld) -> None:
    gone = visits(world)[1]
    cancel(world, 1)
    calendar.book(
        world.service, world.person, gone.starts_at + DAY, client=world.client, by=world.login,
        now=world.now, location=world.place,
    )  # fmt: skip
    assert Reproposal.objects.get().outcome == "over"
    assert tasks(world).get().done_at is not None


def test_it_is_over_when_the_plan_ends(world: PlanWorld) -> None:
    cancel(world, 1)
    plans.end(world.plan, "discharged", by=world.user, now=world.now, reason="Moved")
    assert Reproposal.objects.get().outcome == "over"
    cancel(world, 0)
    assert Reproposal.objects.count() == 1


def test_two_changes_are_one_thing_to_look_at(world: PlanWorld) -> None:
    cancel(world, 1)
    cancel(world, 1)
    assert Reproposal.objects.count() == tasks(world).count() == 1


def test_without_a_login_of_whoever_treats_the_desk_gets_the_task(world: PlanWorld) -> None:
    world.person.user = None
    world.person.save()
    cancel(world, 1)
    assert (tasks(world).get().owner, tasks(world).get().role) == (None, "Front desk")


def test_the_client_sees_it_and_may_accept(world: PlanWorld) -> None:
    cancel(world, 1)
    own = f"/my/plans/{world.plan.public_id}/"
    assert "Some dates no longer fit" in browse(world.login).get(own).content.decode()
    answer = browse(world.login).post(f"{own}dates/", accepted(world))
    assert (answer.status_code, len(visits(world)), waiting(world)) == (302, 4, None)


INDEX = (
    "status", "due_on", "target_on", "cycle_key", "next_message_kind", "next_message_at",
    "due_soon_at", "overdue_at", "lapsed_at", "next_review_at",
)  # fmt: skip


@pytest.mark.parametrize("change", [cancel, lambda world, number: move(world, number, 3 * DAY)])
def test_what_is_undone_leaves_a_plan_as_it_was(world: PlanWorld, change: Any) -> None:
    def index() -> list[Any]:
        world.plan.refresh_from_db()
        return [getattr(world.plan, name) for name in INDEX]

    before, stood, visit = index(), starts(world), visits(world)[1]
    change(world, 1)
    assert waiting(world) is not None
    visit.refresh_from_db()
    calendar.put_back(
        visit, version=visit.version, by=world.user, now=timezone.now(), for_staff=True
    )
    assert (index(), starts(world), waiting(world)) == (before, stood, None)
    assert tasks(world).get().done_at is not None
    assert "Some dates no longer fit" not in page(world)


def test_an_undo_leaves_the_reason_that_was_there_before(world: PlanWorld) -> None:
    first, second = visits(world)[1:3]
    move(world, 1, 5 * DAY)
    cancel(world, 2 if visits(world)[2] == second else 1)
    second.refresh_from_db()
    assert (waiting(world).event, waiting(world).appointment) == ("cancelled", second)  # type: ignore[union-attr]
    calendar.put_back(
        second, version=second.version, by=world.user, now=timezone.now(), for_staff=True
    )
    assert (waiting(world).event, waiting(world).appointment) == ("moved", first)  # type: ignore[union-attr]
    assert tasks(world).get().done_at is None
