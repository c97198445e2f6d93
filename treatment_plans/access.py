"""Writing down who opened whose record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bookings.models import Client
from treatment_plans.models import RecordAccess


def record_opened(client: Client, user: Any, what: str, *, now: datetime, reason: str = "") -> None:
    """Add the row that says so; it can never be taken back."""
    RecordAccess.objects.create(client=client, user=user, what=what, reason=reason, at=now)


def records_opened(clients: Iterable[int], user: Any, what: str, *, now: datetime) -> None:
    """The same for several at once, by their keys. One query."""
    RecordAccess.objects.bulk_create(
        RecordAccess(client_id=client, user=user, what=what, at=now) for client in clients
    )
