"""What can become of a visit: moved, cancelled, taken back, marked; and who may when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings import calendar
from bookings.errors import (
    ClientBusy,
    Ended,
    NeedsReason,
    NoRoom,
    NotPossible,
    OutsideHours,
    Refused,
    SlotTaken,
    TooLate,
    WrongState,
)
from bookings.models import Appointment, Message
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_client,
)
from practitioners.models import Service
from practitioners.tests.factories import make_practitioner, make_room

pytestmark = pytest.mark.django_db
LATE = TEN - 23 * HOUR
heard: list[tuple[str, int]] = []


@pytest.fixture
def world(settings: Any) -> SmallClinic:
    settings.APPOINTMENT_LISTENERS = [*settings.APPOINTMENT_LISTENERS, f"{__name__}.listen"]
    heard.clear()
    return SmallClinic()


def listen(event: str, appointment: Any, *, now: Any) -> None:
    heard.append((event, appointment.pk))


def refuse_everybody(**_: Any) -> None:
    raise Refused("ask_first", "Please ask us first.")


def events() -> list[str]:
    return [event for event, _ in heard]


def move(visit: Any, to: Any = TEN + HOUR, **more: Any) -> Appointment:
    return calendar.move(visit, starts_at=to, **{"by": None, "now": NOW, **more})


def cancel(visit: Any, by_whom: str = "client", **more: Any) -> Appointment:
    return calendar.cancel(visit, cancelled_by=by_whom, **{"by": None, "now": NOW, **more})


# Moving


def test_moving_keeps_the_row_and_raises_both_versions(world: Any) -> None:
    visit = world.booked()
    moved = move(visit)
    moved.refresh_from_db()
    assert (moved.pk, moved.public_id) == (visit.pk, visit.public_id)
    assert (moved.starts_at, moved.ends_at) == (TEN + HOUR, TEN + 2 * HOUR)
    assert (moved.busy.lower, moved.busy.upper) == (TEN + HOUR, TEN + 2 * HOUR)
    assert (moved.version, moved.link_version, moved.status) == (2, 2, "booked")
    assert events() == ["booked", "moved"]


def test_moving_frees_the_old_time(world: Any) -> None:
    move(world.booked())
    assert world.hold("another").starts_at == TEN


def test_moving_by_half_a_visit_does_not_collide_with_itself(world: Any) -> None:
    assert move(world.booked(), TEN + HOUR / 2).room == world.room


def test_moving_to_another_specialist_and_back(world: Any) -> None:
    other = world.another()
    visit = world.booked(client_note="x")
    there = visit.practitioner
    elsewhere = other if there == world.person else world.person
    assert move(visit, TEN, practitioner=elsewhere).practitioner == elsewhere
    assert move(visit, TEN, practitioner=there).version == 3


def test_a_visit_read_before_another_move_is_moved_from_where_it_is(world: Any) -> None:
    old = world.booked()
    other = world.another()
    move(Appointment.objects.get(pk=old.pk), TEN + HOUR, practitioner=other)
    moved = move(old, TEN + 2 * HOUR)
    assert (moved.practitioner, moved.version) == (other, 3)


def test_to_where_it_is_already_changes_nothing(world: Any) -> None:
    visit = world.booked()
    assert move(visit, TEN).version == 1
    move(visit)
    assert move(visit).version == 2
    assert events() == ["booked", "moved"]


def test_the_price_stays_and_the_length_is_that_of_the_service_now(world: Any) -> None:
    visit = world.booked()
    Service.objects.update(price=999, minutes=90)
    moved = move(visit)
    assert (moved.price, moved.ends_at - moved.starts_at) == (visit.price, 90 * MINUTE)


def test_it_keeps_its_room_where_it_can_and_finds_another_where_not(world: Any) -> None:
    second = make_room(world.place)
    visit = world.book(room=second)
    assert move(visit).room == second
    other = make_practitioner(world.service, at=world.place)
    make_appointment(other, world.service, world.place, TEN + 3 * HOUR, room=second)
    assert move(visit, TEN + 3 * HOUR).room == world.room


def test_a_move_that_is_refused_names_its_reason_and_changes_nothing(world: Any) -> None:
    visit = world.booked()
    world.stranger(TEN + HOUR)
    other = world.another()
    third = make_practitioner(world.service, at=world.place)
    make_appointment(other, world.service, world.place, TEN + 3 * HOUR, client=world.client)
    for room in world.place.rooms.all():
        elsewhere = make_practitioner(world.service)
        make_appointment(elsewhere, world.service, world.place, TEN + 5 * HOUR, room=room)
    for error, wish in (
        (SlotTaken, {"to": TEN + HOUR}),
        (ClientBusy, {"to": TEN + 3 * HOUR}),
        (NoRoom, {"to": TEN + 5 * HOUR, "practitioner": third}),
        (OutsideHours, {"to": TEN + 12 * HOUR}),
    ):
        with pytest.raises(error):
            move(visit, **wish)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.practitioner, visit.version) == (TEN, world.person, 1)
    assert events() == ["booked"]


def test_a_gate_binds_the_client_who_moves_and_not_the_desk(world: Any, settings: Any) -> None:
    visit = world.booked()
    settings.BOOKING_GATES = [f"{__name__}.refuse_everybody"]
    with pytest.raises(Refused):
        move(visit)
    assert move(visit, for_staff=True).version == 2


def test_within_the_notice_a_client_calls_and_the_desk_moves(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(
        TooLate, match="less than 24 hours away: to move or cancel it, call us on 020"
    ):
        move(visit, now=LATE)
    assert move(visit, now=LATE, for_staff=True).version == 2


def test_who_has_arrived_and_is_moved_has_not_arrived(world: Any) -> None:
    visit = world.booked()
    calendar.mark(visit, "arrived", by=None, now=TEN)
    moved = move(visit, TEN + HOUR, now=TEN, for_staff=True)
    assert (moved.status, moved.arrived_at) == ("booked", None)


@pytest.mark.parametrize("way", [move, cancel])
def test_what_is_over_cannot_be_changed(world: Any, way: Any) -> None:
    visit = world.booked()
    with pytest.raises(Ended):
        way(visit, now=TEN)
    calendar.mark(visit, "completed", by=None, now=TEN)
    with pytest.raises(Ended):
        way(visit, now=TEN, for_staff=True)


def test_a_cancelled_visit_does_not_move_not_even_to_its_own_time(world: Any) -> None:
    visit = cancel(world.booked())
    for to in (TEN, TEN + HOUR):
        with pytest.raises(Ended):
            move(visit, to, for_staff=True)


# Cancelling


def test_a_client_cancels_in_time_and_twice_changes_nothing(world: Any) -> None:
    visit = world.booked()
    for _ in range(2):
        gone = cancel(visit, reason="Away")
        gone.refresh_from_db()
        assert (gone.status, gone.cancelled_by, gone.cancel_reason) == (
            "cancelled",
            "client",
            "Away",
        )
        assert (gone.cancelled_at, gone.is_late_cancellation) == (NOW, False)
        assert (gone.version, gone.link_version) == (2, 2)
    assert events() == ["booked", "cancelled"]


def test_a_cancelled_visit_frees_specialist_room_and_client(world: Any) -> None:
    visit = cancel(world.booked())
    again = world.booked()
    assert (again.practitioner, again.room, again.client) == (
        visit.practitioner, visit.room, visit.client,
    )  # fmt: skip


def test_exactly_at_the_notice_is_in_time(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(TooLate):
        cancel(visit, now=TEN - 24 * HOUR + MINUTE)
    assert cancel(visit, now=TEN - 24 * HOUR).is_cancelled


def test_within_the_notice_staff_cancel_with_a_reason_and_it_is_late(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(TooLate):
        cancel(visit, now=LATE)
    with pytest.raises(NeedsReason):
        cancel(visit, now=LATE, for_staff=True, reason=" ")
    gone = cancel(visit, now=LATE, for_staff=True, reason="Called, is ill")
    assert (gone.is_late_cancellation, gone.cancel_reason) == (True, "Called, is ill")


def test_what_the_clinic_cancels_is_never_late(world: Any) -> None:
    gone = cancel(world.booked(), "clinic", now=LATE, for_staff=True, reason="Specialist is ill")
    assert (gone.cancelled_by, gone.is_late_cancellation) == ("clinic", False)


# Taking back


def test_a_booking_by_mistake_is_taken_back_within_three_minutes(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(TooLate, match="You can still cancel"):
        calendar.undo(visit, by=world.user, now=NOW + 3 * MINUTE + timedelta(seconds=1))
    for _ in range(2):
        gone = calendar.undo(visit, by=world.user, now=NOW + 3 * MINUTE)
        assert (gone.status, gone.cancelled_by, gone.version) == ("cancelled", "client", 2)
    assert set(Message.objects.about("appointment", visit.pk).values_list("state", flat=True)) == {
        "cancelled"
    }


def test_taking_back_a_booking_for_today_is_not_late(world: Any) -> None:
    world.hold(now=TEN - HOUR)
    visit = world.confirm(now=TEN - HOUR)
    assert not calendar.undo(visit, by=world.user, now=TEN - HOUR).is_late_cancellation


def test_who_has_arrived_takes_nothing_back(world: Any) -> None:
    world.hold(now=TEN - MINUTE)
    visit = world.confirm(now=TEN - MINUTE)
    calendar.mark(visit, "arrived", by=None, now=TEN)
    with pytest.raises(Ended):
        calendar.undo(visit, by=world.user, now=TEN)


# Marking


def test_the_usual_day(world: Any) -> None:
    visit = world.booked()
    for status, minute in (("arrived", -5), ("started", 0), ("completed", 60)):
        calendar.mark(visit, status, by=world.user, now=TEN + minute * MINUTE)
    visit.refresh_from_db()
    assert visit.status == "completed"
    assert (visit.arrived_at, visit.completed_at) == (TEN - 5 * MINUTE, TEN + HOUR)
    assert events() == ["booked", "completed"]


def test_marking_what_stands_already_changes_nothing(world: Any) -> None:
    visit = world.booked()
    for minute in (0, 5):
        visit = calendar.mark(visit, "completed", by=None, now=TEN + minute * MINUTE)
    assert visit.completed_at == TEN
    assert events() == ["booked", "completed"]


def test_what_was_marked_can_be_taken_back(world: Any) -> None:
    visit = world.booked()
    for status in ("completed", "booked", "no_show", "arrived"):
        visit = calendar.mark(visit, status, by=None, now=TEN)
    assert (visit.arrived_at, visit.completed_at) == (TEN, None)
    assert events() == ["booked", "completed", "undone", "no_show", "undone"]


def test_who_did_not_come_has_not_arrived(world: Any) -> None:
    visit = world.booked()
    calendar.mark(visit, "arrived", by=None, now=TEN)
    visit = calendar.mark(visit, "no_show", by=None, now=TEN)
    assert (visit.status, visit.arrived_at) == ("no_show", None)


ALLOWED = {
    "booked": {"arrived", "started", "completed", "no_show"},
    "arrived": {"booked", "started", "completed", "no_show"},
    "started": {"arrived", "completed"},
    "completed": {"booked", "arrived", "started"},
    "no_show": {"booked", "arrived"},
    "cancelled": set(),
    "held": set(),
}


@pytest.mark.parametrize("was", ALLOWED)
def test_only_some_states_follow_each_other(world: Any, was: str) -> None:
    visit = world.stranger(
        cancelled_by="client", held_by="me", held_until=TEN, client=make_client()
    )
    got = set()
    for status in (*Appointment.Status.values, "nonsense"):
        Appointment.objects.filter(pk=visit.pk).update(status=was)
        try:
            calendar.mark(visit, status, by=None, now=TEN)
        except WrongState:
            continue
        got.add(status)
    assert got == ALLOWED[was] | {was}


def test_nothing_is_marked_before_its_day_and_no_no_show_before_its_time(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(NotPossible, match="later day"):
        calendar.mark(visit, "arrived", by=None, now=TEN - 24 * HOUR)
    with pytest.raises(NotPossible, match="not begun"):
        calendar.mark(visit, "no_show", by=None, now=TEN - MINUTE)
    assert calendar.mark(visit, "arrived", by=None, now=TEN - HOUR).status == "arrived"
