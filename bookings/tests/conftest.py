"""What tests of messages and of booking pages share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core import mail

from bookings.messages import delivery, kick, outbox, stopping
from bookings.messages.breaker import Breaker
from bookings.models import Client, Message
from bookings.tests.booking_world import World
from bookings.tests.factories import make_client
from bookings.tests.smtp_server import SmtpServer

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _well_rested(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins with a relay and a broker that have not failed, in a process that may go on."""
    monkeypatch.setattr(delivery, "breaker", Breaker())
    monkeypatch.setattr(kick._Broker, "rests_until", 0.0)
    stopping.forget()
    yield
    stopping.forget()


@pytest.fixture
def smtp(settings: Any) -> Iterator[SmtpServer]:
    """A relay on this machine, and patience with it of 0.4 seconds."""
    server = SmtpServer()
    settings.EMAIL_BACKEND = "bookings.messages.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 0.4
    yield server
    server.shutdown()
    server.server_close()


class Ledger:
    """Writes plain messages and lets time pass."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        settings.MESSAGE_SOURCES = {
            **settings.MESSAGE_SOURCES,
            "test": "bookings.tests.message_sources.DeskNoteSource",
        }

    def write(self, note: str = "", kind: str = "letter", **when: Any) -> Message:
        """A message to a new client of whom the desk has noted something."""
        person = make_client(desk_note=note)
        return self.write_to(person, kind=kind, **when)

    def write_to(self, person: Client, *, kind: str = "letter", **when: Any) -> Message:
        about = {"source_type": "test", "source_id": person.pk, "client": person, "now": NOW}
        outbox.write(kind, **{**about, **when})
        return Message.objects.about("test", person.pk).latest("pk")

    def set(self, message: Message, **values: Any) -> None:
        Message.objects.filter(pk=message.pk).update(**values)

    def send(self, now: datetime = NOW, **more: Any) -> delivery.Counts:
        return delivery.send_due(now=now, **more)

    def outbox(self) -> list[Any]:
        return list(getattr(mail, "outbox", []))


@pytest.fixture
def ledger(settings: Any, db: None) -> Ledger:
    return Ledger(settings)


@pytest.fixture
def world(db: None) -> World:
    """A clinic in which somebody can be booked."""
    return World()
