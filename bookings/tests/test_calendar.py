"""Holding, booking, moving and cancelling: what goes, what is refused and with which reason."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from bookings import calendar
from bookings.errors import (
    AlreadyUsed,
    CallToBook,
    ClientBusy,
    HoldExpired,
    SlotTaken,
    TooLate,
    TooManyOpen,
    WrongState,
)
from bookings.models import Appointment
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TEN = datetime(2026, 11, 30, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> Any:
    """One location, one room, one specialist, one service of an hour."""

    class World:
        def __init__(self) -> None:
            self.clinic = make_clinic()
            self.place = make_location()
            self.room = make_room(self.place)
            self.service = make_service(start_grid=60)
            self.person = make_practitioner(self.service, at=self.place)
            self.user = make_user()
            self.client = make_client(self.user)

        def hold(self, visitor: str = "me", at: datetime = TEN, now: datetime = NOW) -> Appointment:
            return calendar.hold(self.service, at, visitor=visitor, now=now)

        def confirm(self, visitor: str = "me", **more: Any) -> Appointment:
            values = {
                "client": self.client,
                "by": self.user,
                "form_token": uuid.uuid4(),
                "now": NOW,
            }
            return calendar.confirm(visitor, **{**values, **more})

        def booked(self, at: datetime = TEN) -> Appointment:
            self.hold(at=at)
            return self.confirm()

    return World()


def test_a_held_time_becomes_the_booked_visit(world: Any) -> None:
    kept = world.hold()
    visit = world.confirm()
    assert visit.pk == kept.pk
    assert (visit.status, visit.client, visit.room) == ("booked", world.client, world.room)
    assert (visit.held_by, visit.held_until) == ("", None)


def test_a_second_visitor_cannot_hold_the_same_time(world: Any) -> None:
    world.hold("first")
    with pytest.raises(SlotTaken):
        world.hold("second")


def test_holding_another_time_gives_the_first_back(world: Any) -> None:
    world.hold("first")
    world.hold("first", TEN + HOUR)
    world.hold("second")
    assert Appointment.objects.filter(status="held").count() == 2


def test_a_hold_that_ran_out_is_nobody_s(world: Any) -> None:
    world.hold("first")
    later = NOW + timedelta(minutes=11)
    assert calendar.live_hold("first", now=later) is None
    assert calendar.hold(world.service, TEN, visitor="second", now=later).held_by == "second"


def test_confirming_after_the_ten_minutes_says_that_it_is_still_free(world: Any) -> None:
    world.hold()
    with pytest.raises(HoldExpired) as refusal:
        world.confirm(now=NOW + timedelta(minutes=11))
    assert refusal.value.details["is_still_free"]


def test_five_more_minutes_can_be_had_once(world: Any) -> None:
    kept = world.hold()
    longer = calendar.extend_hold("me", now=NOW)
    assert longer.held_until == kept.created_at + timedelta(minutes=15)


def test_the_same_form_twice_is_one_visit_and_other_answers_are_refused(world: Any) -> None:
    token = uuid.uuid4()
    world.hold()
    first = world.confirm(form_token=token)
    assert world.confirm(form_token=token) == first
    with pytest.raises(AlreadyUsed):
        world.confirm(form_token=token, client=make_client())
    assert Appointment.objects.count() == 1


def test_price_and_length_come_from_the_service(world: Any) -> None:
    visit = world.booked()
    assert visit.price == world.service.price
    assert visit.ends_at - visit.starts_at == world.service.length


def test_nobody_can_be_in_two_places(world: Any) -> None:
    make_room(world.place)
    other = make_practitioner(world.service, at=world.place)
    make_appointment(other, world.service, world.place, TEN, client=world.client)
    calendar.hold(world.service, TEN, practitioner=world.person, visitor="me", now=NOW)
    with pytest.raises(ClientBusy):
        world.confirm()


def test_limits_bind_clients(world: Any) -> None:
    world.client.is_call_to_book = True
    world.client.save()
    world.hold()
    with pytest.raises(CallToBook):
        world.confirm()
    make_clinic(max_open_bookings=0)
    world.client.is_call_to_book = False
    world.client.save()
    with pytest.raises(TooManyOpen):
        world.confirm()


def test_any_specialist_means_the_one_with_least_to_do(world: Any) -> None:
    make_room(world.place)
    idle = make_practitioner(world.service, at=world.place)
    make_appointment(world.person, world.service, world.place, TEN + 4 * HOUR)
    assert world.hold().practitioner == idle


def test_the_desk_books_at_once_and_inside_the_notice(world: Any) -> None:
    make_clinic(min_notice_minutes=10_000)
    visit = calendar.book(
        world.service, world.person, TEN, client=world.client, by=world.user,
        location=world.place, now=NOW,
    )  # fmt: skip
    assert visit.status == "booked"


def test_moving_keeps_the_visit_and_kills_old_links(world: Any) -> None:
    visit = world.booked()
    moved = calendar.move(visit, starts_at=TEN + HOUR, by=world.user, now=NOW)
    assert moved.pk == visit.pk
    assert (moved.version, moved.link_version) == (2, 2)
    assert moved.busy.lower == TEN + HOUR


def test_moving_by_half_a_visit_does_not_collide_with_itself(world: Any) -> None:
    world.service.start_grid = 30
    world.service.save()
    visit = world.booked()
    assert calendar.move(visit, starts_at=TEN + HOUR / 2, by=world.user, now=NOW).version == 2


def test_moving_onto_somebody_is_refused_and_changes_nothing(world: Any) -> None:
    visit = world.booked()
    make_appointment(world.person, world.service, world.place, TEN + HOUR)
    with pytest.raises(SlotTaken):
        calendar.move(visit, starts_at=TEN + HOUR, by=world.user, now=NOW)
    visit.refresh_from_db()
    assert (visit.starts_at, visit.version) == (TEN, 1)


def test_clients_cancel_in_time_and_twice_is_fine(world: Any) -> None:
    visit = world.booked()
    for _ in range(2):
        gone = calendar.cancel(visit, cancelled_by="client", by=world.user, now=NOW)
        assert (gone.status, gone.is_late_cancellation, gone.version) == ("cancelled", False, 2)
    assert world.hold("other").held_by == "other"


def test_inside_the_notice_clients_call_and_staff_may(world: Any) -> None:
    visit = world.booked()
    late = TEN - timedelta(hours=23)
    with pytest.raises(TooLate):
        calendar.cancel(visit, cancelled_by="client", by=world.user, now=late)
    with pytest.raises(TooLate):
        calendar.move(visit, starts_at=TEN + HOUR, by=world.user, now=late)
    gone = calendar.cancel(visit, cancelled_by="client", by=None, now=late, for_staff=True)
    assert gone.is_late_cancellation


def test_a_booking_by_mistake_can_be_taken_back_for_three_minutes(world: Any) -> None:
    visit = world.booked()
    with pytest.raises(TooLate):
        calendar.undo(visit, by=world.user, now=NOW + timedelta(minutes=4))
    assert calendar.undo(visit, by=world.user, now=NOW + timedelta(minutes=2)).is_cancelled


def test_states_follow_each_other_and_can_be_taken_back(world: Any) -> None:
    visit = world.booked()
    for status in ("arrived", "completed", "arrived", "booked", "no_show"):
        assert calendar.mark(visit, status, by=world.user, now=TEN).status == status
    with pytest.raises(WrongState):
        calendar.mark(visit, "completed", by=world.user, now=TEN)


def test_the_database_itself_refuses_two_visits_at_once(world: Any) -> None:
    visit = world.booked()
    for changed in (
        {"room": None, "client": make_client()},
        {"practitioner": make_practitioner(world.service), "client": make_client()},
        {"practitioner": make_practitioner(world.service), "room": None},
    ):
        twin = Appointment(
            **{
                "practitioner": visit.practitioner, "location": visit.location, "room": visit.room,
                "service": visit.service, "client": visit.client, "starts_at": TEN,
                "ends_at": TEN + HOUR, "busy": (TEN, TEN + HOUR), "status": "booked", "price": 1,
                **changed,
            }
        )  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            twin.save()


def test_two_visits_without_a_room_and_two_anonymous_holds_may_overlap(world: Any) -> None:
    chair = make_service(needs_room=False)
    for number in range(2):
        person = make_practitioner(chair, at=world.place)
        make_appointment(person, chair, world.place, TEN)
        Appointment.objects.create(
            practitioner=person, location=world.place, service=chair, price=1, status="held",
            starts_at=TEN + HOUR, ends_at=TEN + 2 * HOUR, busy=(TEN + HOUR, TEN + 2 * HOUR),
            held_by=f"visitor{number}", held_until=NOW,
        )  # fmt: skip
    assert Appointment.objects.count() == 4


def test_two_practitioners_at_one_time_pass_validation(world: Any) -> None:
    visit = make_appointment(world.person, world.service, world.place, TEN)
    visit.pk, visit.public_id = None, uuid.uuid4()
    visit.practitioner = make_practitioner(world.service)
    visit.client = make_client()
    visit.room = None
    visit.validate_constraints(exclude={"client"})


def test_back_to_back_is_fine(world: Any) -> None:
    make_appointment(world.person, world.service, world.place, TEN)
    make_appointment(world.person, world.service, world.place, TEN + HOUR)
    assert Appointment.objects.count() == 2
