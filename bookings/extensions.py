"""What other parts of the product add to bookings, named in the settings.

`BOOKING_GATES` may refuse a booking, `APPOINTMENT_LISTENERS` hear of every change in
the same transaction, `MESSAGE_SOURCES` know whether a message is still wanted. A
path that does not load stops the start.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Literal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

Event = Literal["booked", "moved", "cancelled", "completed", "no_show", "undone"]
Gate = Callable[..., None]
Listener = Callable[..., None]


@cache
def load(path: str) -> Any:
    """Load one dotted path. Raises ImproperlyConfigured with the path."""
    try:
        return import_string(path)
    except ImportError as problem:
        raise ImproperlyConfigured(
            f"The settings name {path}, which cannot be loaded."
        ) from problem


def check() -> None:
    """Load every path once, so that a wrong one stops the start and not a booking."""
    for path in (
        *settings.BOOKING_GATES,
        *settings.APPOINTMENT_LISTENERS,
        *settings.MESSAGE_SOURCES.values(),
        *settings.SWEEPS,
    ):
        load(path)


def ask_gates(
    *, client: Any, service: Any, practitioner: Any, starts_at: datetime, now: datetime
) -> None:
    """Let every gate look at a booking a client wants to make. Raises Refused."""
    for path in settings.BOOKING_GATES:
        load(path)(
            client=client, service=service, practitioner=practitioner, starts_at=starts_at, now=now
        )


def tell_listeners(event: Event, appointment: Any, *, now: datetime) -> None:
    """Tell every listener what happened to a visit, inside its transaction."""
    for path in settings.APPOINTMENT_LISTENERS:
        load(path)(event, appointment, now=now)


def message_source(source_type: str) -> Any:
    """The source of a message type, or None when this version does not know it."""
    path = settings.MESSAGE_SOURCES.get(source_type)
    return load(path) if path else None
