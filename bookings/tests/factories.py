"""Clients, logins and visits for tests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from bookings import calendar
from bookings.models import Appointment, Client, ClientAccess
from practitioners.models import Location, Practitioner, Service
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

numbers = count(1)
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
TEN = datetime(2026, 11, 30, 10, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def make_user(**fields: Any) -> Any:
    return get_user_model().objects.create_user(
        **{"email": f"person{next(numbers)}@example.com", **fields}
    )


def make_staff(role: str, **fields: Any) -> Any:
    """Make a login with one staff role: Front desk, Admin or Clinical lead."""
    user = make_user(**fields)
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def make_client(user: Any = None, *, scope: str = "record", **fields: Any) -> Client:
    """Make a person; with a login, that login acts for them as themselves."""
    number = next(numbers)
    defaults = {"name": f"Client {number}", "email": f"client{number}@example.com"}
    person = Client.objects.create(**{**defaults, **fields})
    if user is not None:
        ClientAccess.objects.create(user=user, client=person, relation="self", scope=scope)
    return person


def make_appointment(
    practitioner: Practitioner,
    service: Service,
    location: Location,
    starts_at: datetime,
    *,
    client: Client | None = None,
    **fields: Any,
) -> Appointment:
    """Make a booked visit with its busy range, whatever the hours say."""
    ends_at = starts_at + service.length
    busy = (
        starts_at - timedelta(minutes=service.turnover_before),
        ends_at + timedelta(minutes=service.turnover_after),
    )
    defaults = {"status": Appointment.Status.BOOKED, "price": service.price}
    return Appointment.objects.create(
        practitioner=practitioner,
        service=service,
        location=location,
        client=client or make_client(),
        starts_at=starts_at,
        ends_at=ends_at,
        busy=busy,
        **{**defaults, **fields},
    )


class SmallClinic:
    """One location with one room, one specialist, one service of an hour, one client.

    It is 24 November 2026, 08:00; visits are on Monday the 30th at ten.
    """

    def __init__(self) -> None:
        self.clinic = make_clinic(travel_minutes=0)
        self.place = make_location()
        self.room = make_room(self.place)
        self.service = make_service(start_grid=30)
        self.person = make_practitioner(self.service, at=self.place)
        self.user = make_user()
        self.client = make_client(self.user)

    def another(self, **fields: Any) -> Practitioner:
        """One more specialist for the same service, and a room for them."""
        make_room(self.place)
        return make_practitioner(self.service, at=self.place, **fields)

    def hold(self, visitor: str = "me", at: datetime = TEN, **more: Any) -> Appointment:
        return calendar.hold(self.service, at, visitor=visitor, **{"now": NOW, **more})

    def confirm(self, visitor: str = "me", **more: Any) -> Appointment:
        given = {"client": self.client, "by": self.user, "form_token": uuid.uuid4(), "now": NOW}
        return calendar.confirm(visitor, **{**given, **more})

    def booked(self, at: datetime = TEN, **more: Any) -> Appointment:
        """A visit that a client has booked alone."""
        self.hold(at=at)
        return self.confirm(**more)

    def book(self, at: datetime = TEN, **more: Any) -> Appointment:
        """A visit that the desk has booked."""
        given: dict[str, Any] = {"client": self.client, "by": self.user, "now": NOW}
        person = more.pop("person", self.person)
        service = more.pop("service", self.service)
        return calendar.book(service, person, at, **{"location": self.place, **given, **more})

    def stranger(self, at: datetime = TEN, **fields: Any) -> Appointment:
        """Somebody else's visit with the specialist, in no room of ours."""
        return make_appointment(self.person, self.service, self.place, at, **fields)
