"""Clients who are signed in, each with a time kept for them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from bench.clinic_1m import Start
from bookings.models import Appointment, Client, ClientAccess
from bookings.visitors import KEY
from practitioners.models import Service


@dataclass(frozen=True, slots=True)
class Login:
    """What a browser of a client sends along, and who that is."""

    session: str
    visitor: str
    user: int
    client: int


def sign_in(count: int) -> list[Login]:
    """Make so many clients with a login and an open session."""
    mark = secrets.token_hex(4)
    users = [
        get_user_model()(email=f"{mark}-{number}@example.com", name=f"Login {number}")
        for number in range(count)
    ]
    for user in users:
        user.set_unusable_password()
    get_user_model().objects.bulk_create(users)
    clients = Client.objects.bulk_create(Client(name=user.name, email=user.email) for user in users)
    ClientAccess.objects.bulk_create(
        ClientAccess(user=user, client=client, relation="self", scope="record")
        for user, client in zip(users, clients, strict=True)
    )
    logins = [
        Login(f"{mark}{number}", secrets.token_urlsafe(24), user.pk, client.pk)
        for number, (user, client) in enumerate(zip(users, clients, strict=True))
    ]
    store, expires = SessionStore(), timezone.now() + timedelta(days=1)
    Session.objects.bulk_create(
        Session(
            session_key=login.session,
            session_data=store.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                    KEY: login.visitor,
                }
            ),
            expire_date=expires,
        )
        for login, user in zip(logins, users, strict=True)
    )
    return logins


def keep(logins: list[Login], starts: list[Start]) -> None:
    """Keep one start for each."""
    now, service = timezone.now(), Service.objects.get()
    Appointment.objects.bulk_create(
        Appointment(
            practitioner_id=start.practitioner,
            location_id=start.place,
            room_id=start.room,
            service=service,
            starts_at=start.at,
            ends_at=start.at + service.length,
            busy=(start.at, start.at + service.length + timedelta(minutes=service.turnover_after)),
            price=service.price,
            status=Appointment.Status.HELD,
            held_by=login.visitor,
            held_until=now + timedelta(hours=1),
        )
        for login, start in zip(logins, starts, strict=True)
    )
