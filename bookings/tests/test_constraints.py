"""What PostgreSQL itself refuses, whoever writes: the last guard against booking twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from bookings.models import Appointment
from bookings.tests.factories import (
    HOUR,
    MINUTE,
    NOW,
    TEN,
    SmallClinic,
    make_appointment,
    make_client,
)
from practitioners.tests.factories import make_practitioner, make_room, make_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SmallClinic:
    return SmallClinic()


def visit_of(world: Any, **fields: Any) -> Appointment:
    """A booked visit of its own specialist, room and client: it clashes by what is given."""
    given = {
        "practitioner": fields.get("practitioner") or make_practitioner(),
        "client": fields.get("client") or make_client(),
        "room": make_room(world.place),
        "location": world.place,
        "service": world.service,
        "status": "booked",
        "price": 1,
        "starts_at": TEN,
        "ends_at": TEN + HOUR,
        "busy": (TEN, TEN + HOUR),
    }
    return Appointment(**{**given, **fields})


def refused(visit: Appointment) -> str:
    """The name of the constraint that refuses to store it."""
    with pytest.raises(IntegrityError) as problem, transaction.atomic():
        visit.save()
    return str(problem.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]


def hold_of(world: Any, number: int, **fields: Any) -> Appointment:
    kept = {"status": "held", "client": None, "held_by": f"visitor{number}", "held_until": NOW}
    return visit_of(world, **{**kept, **fields})


def test_a_practitioner_a_room_and_a_client_are_in_one_place_at_a_time(world: Any) -> None:
    first = visit_of(world)
    first.save()
    assert refused(visit_of(world, practitioner=first.practitioner)) == "practitioner_not_twice"
    assert refused(visit_of(world, room=first.room)) == "room_not_twice"
    assert refused(visit_of(world, client=first.client)) == "client_not_twice"
    visit_of(world).save()


def test_back_to_back_is_fine_and_a_minute_less_is_not(world: Any) -> None:
    first = visit_of(world)
    first.save()
    whole = {name: getattr(first, name) for name in ("practitioner", "room", "client")}
    later = TEN + HOUR
    early = {
        "starts_at": later - MINUTE,
        "ends_at": later + HOUR,
        "busy": (later - MINUTE, later + HOUR),
    }
    assert refused(visit_of(world, **whole, **early)).endswith("_not_twice")
    visit_of(
        world, **whole, starts_at=later, ends_at=later + HOUR, busy=(later, later + HOUR)
    ).save()


def test_turnover_blocks_practitioner_and_room_but_not_the_client(world: Any) -> None:
    first = visit_of(world, busy=(TEN, TEN + 2 * HOUR))
    first.save()
    next_hour = {
        "starts_at": TEN + HOUR, "ends_at": TEN + 2 * HOUR, "busy": (TEN + HOUR, TEN + 2 * HOUR),
    }  # fmt: skip
    later = {"practitioner": first.practitioner, **next_hour}
    assert refused(visit_of(world, **later)) == "practitioner_not_twice"
    assert refused(visit_of(world, room=first.room, **next_hour)) == "room_not_twice"
    visit_of(world, client=first.client, **next_hour).save()


def test_two_visits_without_a_room_and_two_anonymous_holds_are_fine(world: Any) -> None:
    for number in range(2):
        visit_of(world, room=None).save()
        hold_of(world, number, room=None).save()
    assert Appointment.objects.count() == 4


def test_a_cancelled_visit_is_in_nobody_s_way(world: Any) -> None:
    first = visit_of(world, status="cancelled", cancelled_by="client")
    first.save()
    visit_of(world, practitioner=first.practitioner, room=first.room, client=first.client).save()
    first.status = "booked"
    assert refused(first).endswith("_not_twice")


@pytest.mark.parametrize("status", ["held", "booked", "arrived", "started", "completed", "no_show"])
def test_everything_else_is(world: Any, status: str) -> None:
    first = hold_of(world, 1) if status == "held" else visit_of(world, status=status)
    first.save()
    assert refused(visit_of(world, practitioner=first.practitioner)) == "practitioner_not_twice"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("visit_ends_after_start", {"ends_at": TEN, "busy": (TEN, TEN + HOUR)}),
        ("busy_contains_visit", {"busy": (TEN + MINUTE, TEN + HOUR)}),
        ("busy_contains_visit", {"busy": (TEN, TEN + HOUR - MINUTE)}),
        ("busy_contains_visit", {"busy": (TEN, None)}),
        ("busy_contains_visit", {"busy": (None, TEN + HOUR)}),
        ("visit_has_client", {"client": None}),
        ("hold_has_owner_and_end", {"status": "held", "held_by": "me"}),
        ("hold_has_owner_and_end", {"status": "held", "held_until": NOW}),
        ("cancelled_names_who", {"status": "cancelled"}),
        ("visit_whole_minutes", {"starts_at": TEN.replace(second=30), "busy": (TEN, TEN + HOUR)}),
        (
            "visit_within_calendar",
            {
                "starts_at": TEN.replace(year=1999),
                "ends_at": TEN.replace(year=1999) + HOUR,
                "busy": (TEN.replace(year=1999), TEN.replace(year=1999) + HOUR),
            },
        ),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(world: Any, name: str, fields: Any) -> None:
    visit = visit_of(world)
    for field, value in fields.items():
        setattr(visit, field, value)
    assert refused(visit) == name


def test_two_practitioners_at_one_time_pass_validation_and_one_twice_does_not(world: Any) -> None:
    first = visit_of(world)
    first.save()
    visit_of(world).validate_constraints()
    for field in ("practitioner", "room", "client"):
        with pytest.raises(ValidationError) as problem:
            visit_of(world, **{field: getattr(first, field)}).validate_constraints()
        assert len(problem.value.messages) == 1


def test_one_form_makes_one_visit(world: Any) -> None:
    token = uuid.uuid4()
    visit_of(world, form_token=token).save()
    assert refused(visit_of(world, form_token=token)).endswith("form_token_key")


def test_the_factory_makes_rows_that_hold(world: Any) -> None:
    service = make_service(turnover_before=5, turnover_after=10)
    visit = make_appointment(world.person, service, world.place, TEN)
    visit.full_clean(exclude=["held_by"])
    visit.refresh_from_db()
    assert (visit.busy.lower, visit.busy.upper) == (TEN - 5 * MINUTE, TEN + HOUR + 10 * MINUTE)


def test_no_extension_is_needed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        assert [name for (name,) in cursor.fetchall()] == ["plpgsql"]
