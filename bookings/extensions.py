"""What other parts of the product add to bookings, named in the settings.

`BOOKING_GATES` may refuse a booking, `APPOINTMENT_LISTENERS` hear of every change in
the same transaction, `BOOKING_FACTS` are read along for both, `MESSAGE_SOURCES` know whether a message is still wanted,
`CLIENT_NOTICES` say at the desk what to mind before it books for somebody,
`SWEEPS` write what time alone makes due. A path that does not load stops the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, Literal, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models.functions import JSONObject
from django.utils.module_loading import import_string

# `length`: it takes longer or shorter. `put_back`: that, a move or a cancellation was undone.
# `undone`: what was marked at the desk was.
Event = Literal[
    "booked", "moved", "length", "cancelled", "put_back", "completed", "no_show", "undone"
]


class Gate(Protocol):
    """May refuse what a client wants to book or to move to. Raises Refused."""

    def __call__(
        self,
        *,
        client: Any,
        service: Any,
        practitioner: Any,
        starts_at: datetime,
        visit: Any,
        now: datetime,
    ) -> None: ...


class Listener(Protocol):
    """Hears what has happened to a visit, before it is committed."""

    def __call__(self, event: Event, appointment: Any, /, *, now: datetime) -> None: ...


class Facts(Protocol):
    """What gates and listeners would like to know, as expressions by their names.

    They find them in `Appointment.facts`, where the calendar has read a visit for its change;
    elsewhere there are none, so whoever misses one asks. Without a visit it is about the client alone.
    """

    def __call__(self, *, client: Any, visit: Any = None) -> dict[str, Any]: ...


class Notices(Protocol):
    """What whoever books for a client at the desk has to mind, in sentences without anything clinical."""

    def __call__(self, client: Any, /, *, now: datetime) -> list[str]: ...


@cache
def load(path: str) -> Any:
    """Load one dotted path. Raises ImproperlyConfigured with the path and the reason."""
    try:
        found = import_string(path)
    except Exception as problem:  # whatever keeps a module from loading keeps us from starting
        sentence = f"The settings name {path}, which cannot be loaded: {problem}"
        raise ImproperlyConfigured(sentence) from problem
    if not callable(found):
        raise ImproperlyConfigured(
            f"The settings name {path}, which is nothing that can be called."
        )
    return found


def named() -> Iterator[str]:
    """Every path that the settings name."""
    yield from settings.BOOKING_GATES
    yield from settings.APPOINTMENT_LISTENERS
    yield from settings.BOOKING_FACTS
    yield from settings.CLIENT_NOTICES
    yield from settings.MESSAGE_SOURCES.values()
    yield from settings.SWEEPS
    if settings.SMS_BACKEND:
        yield settings.SMS_BACKEND


def check() -> None:
    """Load every path once, so that a wrong one stops the start and not a booking."""
    for path in named():
        load(path)


def facts_about(*, client: Any, visit: Any = None) -> dict[str, Any]:
    """All facts of a client, and a visit of theirs, each a key or a reference to one: an annotation."""
    found: dict[str, Any] = {}
    for path in settings.BOOKING_FACTS:
        facts: Facts = load(path)
        found |= facts(client=client, visit=visit)
    return {"facts": JSONObject(**found)}


def ask_gates(*, client: Any, visit: Any, starts_at: datetime, now: datetime) -> None:
    """Let every gate look at what a client wants with a visit: to book it or to move it. Raises Refused."""
    for path in settings.BOOKING_GATES:
        gate: Gate = load(path)
        gate(
            client=client,
            service=visit.service,
            practitioner=visit.practitioner,
            starts_at=starts_at,
            visit=visit,
            now=now,
        )


def tell_listeners(event: Event, appointment: Any, *, now: datetime) -> None:
    """Tell every listener what happened to a visit, inside its transaction."""
    for path in settings.APPOINTMENT_LISTENERS:
        listener: Listener = load(path)
        listener(event, appointment, now=now)


def notices_about(client: Any, *, now: datetime) -> list[str]:
    """Every sentence that the desk should read before it books for a client."""
    found: list[str] = []
    for path in settings.CLIENT_NOTICES:
        notices: Notices = load(path)
        found += notices(client, now=now)
    return found


def message_source(source_type: str) -> Any:
    """The source of a message type, or None when this version does not know it."""
    path = settings.MESSAGE_SOURCES.get(source_type)
    return load(path) if path else None
