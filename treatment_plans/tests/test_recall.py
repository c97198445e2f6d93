"""From a plan and its visits to exactly one message per cycle and kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import calendar
from bookings.consents import opt_in, opt_out
from bookings.messages import delivery
from bookings.messages.sms import MemoryGateway, length_of
from bookings.models import Message, Task
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans import plans, recall
from treatment_plans.errors import BadPhases, ReasonMissing, WrongState
from treatment_plans.models import PlanPhase, PlanVersion, TreatmentPlan
from treatment_plans.tests.factories import make_plan

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")


def at(day: int, hour: int = 9, minute: int = 30, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON)


@pytest.fixture
def world(settings: Any) -> Any:
    """A weekly plan whose first session was done on Monday 7 September."""
    settings.MESSAGE_GRACE_SECONDS = 0

    class World:
        clinic = make_clinic()
        place = make_location()
        room = make_room(place)
        service = make_service()
        user = make_user()
        person = make_practitioner(service, at=place, user=make_user())
        client = make_client()

        def __init__(self) -> None:
            self.plan = make_plan(
                self.client, self.person, self.service, self.place, by=self.user, now=at(7, 8)
            )
            visit = make_appointment(
                self.person, self.service, self.place, at(7, 10, 0), client=self.client
            )
            calendar_listeners("booked", visit, now=at(7, 8))
            calendar.mark(visit, "completed", by=self.user, now=at(7, 11))
            self.plan.refresh_from_db()

    return World()


def calendar_listeners(event: str, visit: Any, *, now: datetime) -> None:
    from treatment_plans.visits import follow_appointment

    follow_appointment(event, visit, now=now)  # type: ignore[arg-type]


def run(now: datetime) -> list[str]:
    """Sweep and send at a moment; return the kinds that went out by then."""
    recall.sweep(now=now)
    delivery.send_due(now=now)
    sent = Message.objects.filter(source_type="treatment_plan", state="sent").order_by("sent_at")
    return list(sent.values_list("kind", flat=True))


def test_the_due_index_holds_the_next_message_and_its_moment(world: Any) -> None:
    assert (world.plan.next_message_kind, world.plan.next_message_at) == ("due_soon", at(12))
    assert (world.plan.due_on.day, world.plan.overdue_at) == (14, at(18))


def test_each_kind_goes_out_once_in_a_cycle(world: Any) -> None:
    assert run(at(11)) == []
    assert run(at(12)) == ["due_soon"]
    assert run(at(12, 10)) == ["due_soon"]
    assert run(at(18)) == ["due_soon", "overdue"]
    assert run(at(29)) == ["due_soon", "overdue", "lapsed"]
    assert run(at(29, month=10)) == ["due_soon", "overdue", "lapsed"]
    assert Task.objects.filter(kind="lapsed").count() == 1


def test_the_mail_is_neutral_and_leads_to_the_plan_s_booking(world: Any) -> None:
    run(at(12))
    message = mail.outbox[-1]
    assert message.subject == "Your next session at Willow Street Clinic"
    assert "Monday 14 September" in message.body
    assert "/book/from/" in message.body
    assert world.service.name not in message.body
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_booking_on_the_plan_stops_the_reminder(world: Any) -> None:
    recall.sweep(now=at(12))
    calendar.book(
        world.service, world.person, at(15, 9, 0), client=world.client, by=world.user,
        location=world.place, now=at(12),
    )  # fmt: skip
    assert run(at(12)) == []
    assert Message.objects.get(kind="due_soon").last_code == "already_booked"


def test_a_cancelled_booking_brings_the_reminder_back(world: Any) -> None:
    recall.sweep(now=at(12))
    visit = calendar.book(
        world.service, world.person, at(15, 9, 0), client=world.client, by=world.user,
        location=world.place, now=at(12),
    )  # fmt: skip
    assert run(at(12)) == []
    calendar.cancel(visit, cancelled_by="client", by=world.user, now=at(12, 12))
    assert run(at(12, 13)) == ["due_soon"]


@pytest.mark.parametrize("stop", ["discharge", "opt_out", "deceased", "hold"])
def test_no_message_goes_after_a_stop_reason(world: Any, stop: str) -> None:
    recall.sweep(now=at(12))
    if stop == "discharge":
        plans.end(
            world.plan, TreatmentPlan.Status.DISCHARGED, by=world.user, now=at(12), reason="Moved"
        )
    elif stop == "opt_out":
        opt_out(world.client, now=at(12))
    elif stop == "deceased":
        world.client.is_deceased = True
        world.client.save()
    else:
        plans.hold(world.plan, by=world.user, now=at(12), reason="Waiting for the doctor")
    assert run(at(12)) == []
    assert mail.outbox == []


def test_in_quiet_hours_a_message_waits_for_the_next_send_day(world: Any) -> None:
    recall.sweep(now=at(12))
    assert run(at(12, 19, 40)) == []
    waiting = Message.objects.get(kind="due_soon")
    assert (waiting.state, waiting.send_after) == ("pending", at(14, 9, 0))
    assert run(at(14, 9, 0)) == ["due_soon"]


def test_a_completed_session_begins_a_new_cycle(world: Any) -> None:
    run(at(12))
    visit = make_appointment(
        world.person, world.service, world.place, at(14, 10, 0), client=world.client
    )
    calendar_listeners("booked", visit, now=at(13))
    calendar.mark(visit, "completed", by=world.user, now=at(14, 11))
    assert run(at(19)) == ["due_soon", "due_soon"]


def test_the_sweep_costs_one_statement_when_nothing_is_due(world: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        recall.sweep(now=at(8))
    statements = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(statements) == 1


def test_every_change_is_a_version_that_nobody_can_alter(world: Any) -> None:
    with pytest.raises(ReasonMissing):
        plans.save(
            world.plan,
            phases=list(world.plan.phases.all()),
            goals=[],
            techniques=[],
            regions=[],
            by=world.user,
            now=at(12),
        )
    plans.save(
        world.plan, phases=[PlanPhase(rate_kind="per_week", rate_value=2, session_count=6)],
        goals=[], techniques=[], regions=[], by=world.user, now=at(12), reason="More often",
    )  # fmt: skip
    numbers = list(world.plan.versions.values_list("number", flat=True))
    assert numbers == [1, 2, 3]
    with pytest.raises(InternalError), transaction.atomic():
        PlanVersion.objects.filter(plan=world.plan).update(reason="Nothing happened")
    with pytest.raises(InternalError), transaction.atomic():
        PlanVersion.objects.filter(plan=world.plan)._raw_delete("default")


def test_phases_that_make_no_sense_save_nothing(world: Any) -> None:
    before = TreatmentPlan.objects.count()
    with pytest.raises(BadPhases):
        make_plan(
            world.client, world.person, world.service, world.place, by=world.user, now=at(12),
            phases=(("per_week", 1, None), ("per_week", 1, 4)),
        )  # fmt: skip
    assert TreatmentPlan.objects.count() == before


def test_an_ended_plan_cannot_be_changed(world: Any) -> None:
    plans.end(world.plan, TreatmentPlan.Status.DISCHARGED, by=world.user, now=at(12), reason="Done")
    with pytest.raises(WrongState):
        plans.activate(world.plan, by=world.user, now=at(13))


def test_the_last_session_completes_the_plan_and_an_undo_reopens_it(world: Any) -> None:
    short = make_plan(
        make_client(), world.person, world.service, world.place, by=world.user, now=at(1),
        phases=(("per_week", 1, 1),),
    )  # fmt: skip
    visit = make_appointment(
        world.person, world.service, world.place, at(2, 10, 0), client=short.client
    )
    calendar_listeners("booked", visit, now=at(1))
    calendar.mark(visit, "completed", by=world.user, now=at(2, 11))
    short.refresh_from_db()
    assert short.status == "completed"
    calendar.mark(visit, "booked", by=world.user, now=at(2, 12))
    short.refresh_from_db()
    assert (short.status, short.next_message_kind) == ("active", "due_soon")


def late(world: Any) -> list[tuple[str, Any, str]]:
    rows = Task.objects.filter(kind="booked_late").order_by("pk")
    return [(row.title, row.owner, row.role) for row in rows]


def test_a_booking_later_than_planned_is_told_once_to_whoever_treats(world: Any) -> None:
    calendar.book(
        world.service, world.person, at(28, 9, 0), client=world.client, by=world.user,
        location=world.place, now=at(10),
    )  # fmt: skip
    for moment in (at(12), at(18), at(18, 10)):
        assert run(moment) == []
    title = "A client has booked later than planned: look at the dates"
    assert late(world) == [(title, world.person.user, "")]
    link = Task.objects.get(kind="booked_late").link
    assert link == f"/desk/plans/{world.plan.public_id}/dates/"


def test_a_booking_in_time_is_told_to_nobody(world: Any) -> None:
    calendar.book(
        world.service, world.person, at(15, 9, 0), client=world.client, by=world.user,
        location=world.place, now=at(10),
    )  # fmt: skip
    assert run(at(12)) == []
    assert late(world) == []


def test_without_a_login_of_whoever_treats_the_desk_is_told(world: Any) -> None:
    world.person.user = None
    world.person.save()
    assert run(at(29)) == []
    run(at(29, 10))
    assert run(at(29, 11)) == ["lapsed"]
    assert [(row.owner, row.role) for row in Task.objects.filter(kind="lapsed")] == [
        (None, "Front desk")
    ]


def test_two_plans_of_one_client_write_three_days_apart(world: Any) -> None:
    """The second waits for the next send day after three days, at the daily job's time."""
    other = make_plan(
        world.client, world.person, world.service, world.place, by=world.user, now=at(7, 8),
        start_on=at(14).date(),
    )  # fmt: skip
    recall.sweep(now=at(12))
    assert run(at(12)) == ["due_soon"]
    waiting = Message.objects.get(state="pending")
    assert (waiting.last_code, waiting.send_after) == ("rate_limited", at(15))
    assert run(at(14)) == ["due_soon"]
    assert run(at(15)) == ["due_soon", "due_soon"]
    assert set(Message.objects.filter(state="sent").values_list("source_id", flat=True)) == {
        str(world.plan.pk), str(other.pk),
    }  # fmt: skip


def test_a_follow_up_goes_as_a_text_message_to_who_prefers_that(world: Any, settings: Any) -> None:
    settings.SMS_BACKEND = "bookings.messages.sms.MemoryGateway"
    MemoryGateway.sent.clear()
    world.client.phone, world.client.preferred_channel = "+447700900982", "sms"
    world.client.save()
    opt_in(world.client, "sms", now=at(8), by="desk")
    assert run(at(12)) == ["due_soon"]
    assert mail.outbox == []
    (text,) = MemoryGateway.sent
    start = "Willow Street Clinic: your next session is due around Monday 14 September. Book it: "
    assert text.words.startswith(f"{start}http://localhost:8000/m/")
    assert text.words.endswith(" Reply STOP to stop these.")
    assert length_of(text.words)[1] <= 2
    assert run(at(18)) == ["due_soon", "overdue"]


def test_who_cannot_be_reached_is_shown_to_the_desk(world: Any) -> None:
    world.client.email = ""
    world.client.save()
    assert run(at(12)) == []
    row = Message.objects.get(kind="due_soon")
    assert (row.state, row.last_code) == ("cancelled", "no_consented_channel")
    assert run(at(18)) == []
    task = Task.objects.get()
    assert (task.role, task.client) == ("Front desk", world.client)
    assert task.title.startswith("A client cannot be reminded")


def test_one_reminder_takes_three_statements_and_two_commits(world: Any) -> None:
    """Lock and read, mark, result; the rest of a run does not grow with them."""
    counts = []
    for many in (1, 3):
        for _ in range(many):
            who = make_client()
            make_plan(who, world.person, world.service, world.place, by=world.user, now=at(7, 8))
        recall.sweep(now=at(8))
        with CaptureQueriesContext(connection) as sent:
            assert delivery.send_due(now=at(8)).sent == many
        counts.append(len([one for one in sent if "SAVEPOINT" not in one["sql"]]))
    assert counts[1] - counts[0] == 2 * 3
