"""What we hold about somebody, for them to take home.

Of people whose record a login may see: everything but what the desk notes for itself. Of
others it books for: their name, and when and where they come. What the record adds is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bookings.models import Appointment, ChannelConsent, ClientAccess, Message, WaitlistEntry

COLUMNS = (
    "person", "date", "time", "time_zone", "starts_at", "minutes", "session", "with", "where",
    "price", "currency", "state", "booked_at", "cancelled_at",
)  # fmt: skip


def own_data(
    user: Any,
    *,
    currency: str,
    now: datetime,
    record: Mapping[int, dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Everything as one tree, with the record by client. Six queries, however many people and visits."""
    people, record = list(ClientAccess.objects.held_by(user)), record or {}
    visits = visits_of(people)
    return {
        "made_at": now.isoformat(timespec="seconds"),
        "sign_in": {"email": user.email, "name": user.name},
        "people": [
            {
                "relation": access.get_relation_display(),
                **_person(access),
                "sessions": [
                    _session(visit, currency) for visit in visits if visit.client == access.client
                ],
                **(_more(access) if access.scope == ClientAccess.Scope.RECORD else {}),
                **record.get(access.client_id, {}),
            }
            for access in _with_more(people)
        ],
    }


def own_sessions(user: Any, *, currency: str) -> Iterable[list[Any]]:
    """The sessions alone, as rows of a table under COLUMNS. Two queries."""
    people = list(ClientAccess.objects.held_by(user))
    for visit in visits_of(people):
        row = {"person": visit.client.name if visit.client else "", **_session(visit, currency)}
        yield [row[column] for column in COLUMNS]


def visits_of(people: Iterable[ClientAccess]) -> list[Appointment]:
    """Every visit of these people, the latest first."""
    clients = [access.client for access in people]
    rows = Appointment.objects.filter_for(clients).with_details()
    return list(rows.order_by("-starts_at", "-pk"))


def _session(visit: Appointment, currency: str) -> dict[str, Any]:
    local = visit.starts_at.astimezone(visit.zone)
    return {
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%H:%M}",
        "time_zone": visit.location.time_zone,
        "starts_at": _moment(visit.starts_at),
        "minutes": int((visit.ends_at - visit.starts_at).total_seconds() // 60),
        "session": visit.service.name,
        "with": visit.practitioner.name,
        "where": visit.location.name,
        "price": f"{visit.price:.2f}",
        "currency": currency,
        "state": visit.said_to_client,
        "booked_at": _moment(visit.booked_at),
        "cancelled_at": _moment(visit.cancelled_at),
        "your_note": visit.client_note,
    }


def _person(access: ClientAccess) -> dict[str, Any]:
    client = access.client
    if access.scope != ClientAccess.Scope.RECORD:
        return {"name": client.name}
    return {
        "name": client.name,
        "called": client.called,
        "date_of_birth": client.date_of_birth.isoformat() if client.date_of_birth else None,
        "email": client.email,
        "phone": str(client.phone),
        "preferred_channel": client.get_preferred_channel_display(),
        "time_zone": client.time_zone,
    }


def _with_more(people: list[ClientAccess]) -> list[ClientAccess]:
    """Add what hangs on the people themselves: consents, waiting list, messages. Three queries."""
    clients = [one.client for one in people if one.scope == ClientAccess.Scope.RECORD]
    for name, rows in (
        ("said", ChannelConsent.objects.filter(client__in=clients).order_by("pk")),
        ("waits", WaitlistEntry.objects.filter_for(clients).with_details()),
        ("told", Message.objects.filter(client__in=clients).order_by("created_at", "pk")),
    ):
        found: dict[int, list[Any]] = {client.pk: [] for client in clients}
        for row in rows:
            found[row.client_id].append(row)  # type: ignore[index]
        for access in people:
            setattr(access, name, found.get(access.client_id, []))
    return people


def _more(access: Any) -> dict[str, Any]:
    return {
        "reminders": [
            {
                "channel": one.get_channel_display(),
                "wanted": one.is_given,
                "since": _moment(one.changed_at),
            }
            for one in access.said
        ],
        "waiting_list": [
            {
                "session": one.service.name,
                "where": one.location.name,
                "first_day": one.first_day.isoformat(),
                "last_day": one.last_day.isoformat(),
                "state": one.get_status_display(),
            }
            for one in access.waits
        ],
        "messages": [
            {
                "kind": one.kind,
                "channel": one.get_channel_display(),
                "state": one.get_state_display(),
                "sent_at": _moment(one.sent_at),
                "sent_to": one.sent_to,
            }
            for one in access.told
        ],
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
