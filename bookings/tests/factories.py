"""Clients, logins and visits for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from bookings.models import Appointment, Client, ClientAccess
from practitioners.models import Location, Practitioner, Service

numbers = count(1)


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
