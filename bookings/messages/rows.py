"""The rows of the outbox: one per reason, written in the transaction of its cause."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bookings.messages.kinds import KINDS
from bookings.models import Client, Message
from practitioners.prepared_rows import PreparedInsert

# What a row is before anybody has tried to send it.
UNSENT = (
    "state", "next_attempt_at", "attempts", "claims", "claim_no", "claimed_by", "lease_until", "sending_at",
    "sent_at", "sent_to", "via", "is_ambiguous", "provider_ref", "last_code",
)  # fmt: skip
INSERT = PreparedInsert(Message, usual=UNSENT)


@dataclass(slots=True)
class NewMessage:
    """A row that is not written yet: of the columns of a message, those that are not as usual.

    Every booking makes some, and to make the model of one takes ten times as long.
    """

    kind: str
    source_type: str
    source_id: str
    occurrence: str
    channel: str
    recipient: str
    client_id: int | None
    user_id: int | None
    lane: int
    send_after: datetime
    expires_at: datetime
    public_id: uuid.UUID = field(default_factory=uuid.uuid4)
    created_at: datetime | None = None  # set when it is written


def message(
    kind: str,
    *,
    source_type: str,
    source_id: Any,
    now: datetime,
    occurrence: str = "",
    client: Client | None = None,
    user_key: int | None = None,
    address: str = "",
    channel: str | None = None,
    send_after: datetime | None = None,
    expires_at: datetime | None = None,
) -> NewMessage:
    """Make a row that is not written yet; the kind says its lane and how long it is of use.

    A client's own wishes choose the channel when it goes, unless one is named here. For
    nobody it is a pattern, see `noting`.
    """
    rule = KINDS[kind]
    at = send_after or now
    named = f"client:{client.pk}" if client else f"user:{user_key}" if user_key else ""
    return NewMessage(
        kind=kind,
        source_type=source_type,
        source_id=str(source_id),
        occurrence=occurrence,
        channel=channel if channel is not None else "" if client else Client.Channel.EMAIL,
        recipient=address or named,
        client_id=client.pk if client else None,
        user_id=user_key,
        lane=int(rule.lane),
        send_after=at,
        expires_at=expires_at or at + rule.lifetime,
    )


def write(kind: str, **about: Any) -> None:
    """Write a message, as `message()` makes it, unless the same reason has written it already."""
    write_all([message(kind, **about)])


def write_all(messages: Collection[NewMessage]) -> None:
    """Write some messages by one statement; reasons that have been written stay as they are."""
    if messages:
        INSERT.write(messages)
