"""From a kept time or from the desk to a booked visit: what goes, and what is refused why."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from bookings import calendar
from bookings.errors import (
    AlreadyUsed,
    BookingError,
    CallToBook,
    Changed,
    ClientBusy,
    HoldExpired,
    NoRoom,
    NotCertified,
    NotOffered,
    OutsideHours,
    Refused,
    SlotTaken,
    TooManyOpen,
    TooSoon,
)
from bookings.models import Appointment, Client, Message
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_client,
)
from practitioners.models import Practitioner, Service, TimeOff
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SmallClinic:
    return SmallClinic()


def refuse_everybody(**_: Any) -> None:
    raise Refused("ask_first", "Please ask us first.")


# From a kept time


def test_a_kept_time_becomes_the_booked_visit(world: Any) -> None:
    kept = world.hold()
    visit = world.confirm(client_note="Second floor, please", source_ref="letter:1")
    visit.refresh_from_db()
    assert (visit.pk, visit.public_id) == (kept.pk, kept.public_id)
    assert (visit.status, visit.client, visit.room) == ("booked", world.client, world.room)
    assert (visit.booked_by, visit.booked_at) == (world.user, NOW)
    assert (visit.client_note, visit.source_ref) == ("Second floor, please", "letter:1")
    assert (visit.held_by, visit.held_until, visit.version) == ("", None, 1)


def test_booking_writes_its_messages_in_the_same_transaction(world: Any) -> None:
    visit = world.booked()
    kinds = Message.objects.about("appointment", visit.pk).values_list("kind", flat=True)
    assert set(kinds) == {"confirmation", "visit_reminder"}


def test_the_same_form_twice_is_one_visit(world: Any) -> None:
    token = uuid.uuid4()
    world.hold()
    first = world.confirm(form_token=token)
    assert world.confirm(form_token=token) == first
    assert Appointment.objects.count() == 1
    assert Message.objects.filter(kind="confirmation").count() == 1


def test_the_same_form_with_other_answers_shows_what_it_booked(world: Any) -> None:
    token = uuid.uuid4()
    world.hold()
    first = world.confirm(form_token=token)
    with pytest.raises(AlreadyUsed) as refusal:
        world.confirm(form_token=token, client_note="Another")
    assert refusal.value.appointment == first


def test_after_the_ten_minutes_it_says_whether_the_time_is_still_free(world: Any) -> None:
    later = NOW + 11 * MINUTE
    world.hold()
    with pytest.raises(HoldExpired, match="still free") as refusal:
        world.confirm(now=later)
    assert refusal.value.is_still_free
    TimeOff.objects.create(practitioner=world.person, starts_at=TEN, ends_at=TEN + HOUR)
    with pytest.raises(HoldExpired, match="since been taken") as refusal:
        world.confirm(now=later)
    assert not refusal.value.is_still_free
    assert not Appointment.objects.filter(status="booked").exists()


def test_somebody_else_had_it_meanwhile(world: Any) -> None:
    world.hold("first")
    world.hold("second", now=NOW + 11 * MINUTE)
    with pytest.raises(HoldExpired) as refusal:
        world.confirm("first", now=NOW + 11 * MINUTE)
    assert not refusal.value.is_still_free


def test_what_nobody_kept_cannot_be_confirmed(world: Any) -> None:
    world.hold("first")
    with pytest.raises(HoldExpired):
        world.confirm("second")


def test_the_notice_counts_when_the_time_is_chosen(world: Any) -> None:
    Service.objects.update(min_notice_minutes=60)
    kept_at = TEN - HOUR
    world.hold(now=kept_at)
    assert world.confirm(now=kept_at + 5 * MINUTE).status == "booked"
    with pytest.raises(TooSoon):
        world.hold("late", TEN, now=kept_at + 5 * MINUTE, practitioner=world.another())


def test_a_choice_of_another_window_is_not_booked_by_this_form(world: Any) -> None:
    shown = (world.service.pk, world.person.pk, TEN)
    world.hold(at=TEN + HOUR)
    with pytest.raises(Changed):
        world.confirm(expected=shown)
    world.hold(at=TEN)
    assert world.confirm(expected=shown).starts_at == TEN


def test_a_new_price_is_shown_before_it_is_booked_and_one_press_goes_on(world: Any) -> None:
    world.hold()
    Service.objects.update(price=Decimal("70"))
    with pytest.raises(Changed) as refusal:
        world.confirm()
    assert refusal.value.status == 409
    assert world.confirm().price == Decimal("70")


def test_a_longer_session_that_no_longer_fits_is_given_back(world: Any) -> None:
    world.stranger(TEN + HOUR)
    world.hold()
    Service.objects.update(minutes=90)
    with pytest.raises(Changed):
        world.confirm()
    assert calendar.live_hold("me", now=NOW) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda world: Service.objects.update(is_published=False),
        lambda world: Practitioner.objects.update(is_active=False),
        lambda world: Practitioner.objects.update(is_bookable_online=False),
        lambda world: world.person.certificates.all().delete(),
        lambda world: TimeOff.objects.create(
            practitioner=world.person, starts_at=TEN, ends_at=TEN + HOUR
        ),
    ],
)
def test_what_ended_while_the_form_was_open_is_said_and_not_booked(world: Any, change: Any) -> None:
    world.hold()
    change(world)
    with pytest.raises(Changed) as refusal:
        world.confirm()
    assert (refusal.value.code, refusal.value.status) == ("changed", 409)
    assert not Appointment.objects.exists()


def test_nobody_can_be_in_two_places(world: Any) -> None:
    make_appointment(
        world.another(), world.service, world.place, TEN - HOUR / 2, client=world.client
    )
    world.hold(practitioner=world.person)
    with pytest.raises(ClientBusy) as refusal:
        world.confirm()
    assert refusal.value.details["visit"].client == world.client


def test_call_to_book_binds_the_client_and_not_the_desk(world: Any) -> None:
    Client.objects.update(is_call_to_book=True)
    world.hold()
    with pytest.raises(CallToBook, match="020 7946 0000"):
        world.confirm()
    calendar.release_hold("me")
    assert world.book().status == "booked"


def test_so_many_open_bookings_bind_the_client_and_not_the_desk(world: Any) -> None:
    make_clinic(max_open_bookings=1)
    world.booked(TEN)
    world.hold(at=TEN + HOUR)
    with pytest.raises(TooManyOpen):
        world.confirm()
    assert world.book(TEN + 3 * HOUR).status == "booked"
    with pytest.raises(TooManyOpen):
        world.book(TEN + 5 * HOUR, for_staff=False)


def test_a_gate_may_refuse_a_client_and_is_not_asked_for_the_desk(
    world: Any, settings: Any
) -> None:
    settings.BOOKING_GATES = [f"{__name__}.refuse_everybody"]
    world.hold()
    with pytest.raises(Refused, match="ask us first") as refusal:
        world.confirm()
    assert (refusal.value.code, refusal.value.status) == ("ask_first", 422)
    calendar.release_hold("me")
    assert world.book().status == "booked"


def test_a_note_that_is_too_long_is_refused(world: Any) -> None:
    world.hold()
    with pytest.raises(ValidationError):
        world.confirm(client_note="x" * 201)
    assert not Appointment.objects.filter(status="booked").exists()


# From the desk


def test_the_desk_books_at_once_within_the_notice(world: Any) -> None:
    Service.objects.update(min_notice_minutes=10_000)
    visit = world.book(desk_note="By phone")
    visit.refresh_from_db()
    assert (visit.status, visit.booked_by, visit.desk_note) == ("booked", world.user, "By phone")
    assert (visit.room, visit.location, visit.booked_at) == (world.room, world.place, NOW)
    with pytest.raises(TooSoon):
        world.book(TEN + HOUR, for_staff=False)


def test_the_location_is_where_the_specialist_is_then(world: Any) -> None:
    assert world.book(location=None).location == world.place
    with pytest.raises(NotOffered):
        world.book(location=None, person=make_practitioner(world.service))


def test_the_desk_may_choose_the_room(world: Any) -> None:
    second = make_room(world.place)
    assert world.book(room=second).room == second
    other = make_practitioner(world.service, at=world.place)
    for room in (second, make_room(make_location()), make_room(world.place, is_active=False)):
        with pytest.raises(NoRoom):
            world.book(person=other, client=make_client(), room=room)


def test_a_form_of_the_desk_sent_twice_is_one_visit(world: Any) -> None:
    token = uuid.uuid4()
    first = world.book(form_token=token)
    assert world.book(form_token=token) == first
    with pytest.raises(AlreadyUsed):
        world.book(TEN + HOUR, form_token=token)
    assert Appointment.objects.count() == 1


def test_a_hold_stands_in_the_way_of_the_desk_until_it_runs_out(world: Any) -> None:
    world.hold()
    with pytest.raises(SlotTaken):
        world.book()
    assert world.book(now=NOW + 10 * MINUTE).status == "booked"
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize(
    ("error", "status", "wish"),
    [
        (SlotTaken, 409, lambda world: {"at": TEN + HOUR / 2}),
        (
            ClientBusy,
            409,
            lambda world: {"person": world.another(), "client": Client.objects.last()},
        ),
        (NoRoom, 409, lambda world: {"person": make_practitioner(world.service, at=world.place)}),
        (OutsideHours, 422, lambda world: {"at": TEN + 10 * HOUR}),
        (NotOffered, 422, lambda world: {"service": make_service()}),
        (NotCertified, 422, lambda world: {"person": uncertified(world)}),
    ],
)
def test_each_refusal_has_its_class(world: Any, error: Any, status: int, wish: Any) -> None:
    world.stranger(room=world.room)
    with pytest.raises(error) as refusal:
        world.book(**wish(world))
    assert (type(refusal.value), refusal.value.status) == (error, status)
    assert Appointment.objects.count() == 1


def uncertified(world: Any) -> Practitioner:
    person = world.another()
    person.certificates.all().delete()
    return person


def test_every_refusal_has_a_code_of_its_own_and_a_sentence() -> None:
    def below(error: type[BookingError]) -> set[type[BookingError]]:
        return {error, *(one for child in error.__subclasses__() for one in below(child))}

    groups = {"BookingError", "Taken", "NotPossible", "Refused"}
    leaves = [one for one in below(BookingError) if one.__module__ == "bookings.errors"]
    named = [one for one in leaves if one.__name__ not in groups]
    assert len({one.code for one in named}) == len(named) >= 20
    assert {one.status for one in named} == {409, 422, 503}
    assert all(one.sentence.endswith(".") and "!" not in one.sentence for one in named)


def test_a_time_far_away_is_the_desk_s_to_book(world: Any) -> None:
    far = TEN + timedelta(days=7 * 30, hours=-1)  # ten in the morning in summer
    assert world.book(far).status == "booked"
