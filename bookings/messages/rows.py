"""The rows of the outbox: one per reason, written in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Collection
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
) -> Message:
    """Make a row that is not written yet; the kind says its lane and how long it is of use.

    A client's own wishes choose the channel when it goes, unless one is named here. For
    nobody it is a pattern, see `noting`.
    """
    rule = KINDS[kind]
    at = send_after or now
    named = f"client:{client.pk}" if client else f"user:{user_key}" if user_key else ""
    return Message(
        kind=kind,
        source_type=source_type,
        source_id=str(source_id),
        occurrence=occurrence,
        channel=channel if channel is not None else "" if client else Client.Channel.EMAIL,
        recipient=address or named,
        client=client,
        user_id=user_key,
        lane=rule.lane,
        send_after=at,
        expires_at=expires_at or at + rule.lifetime,
    )


def write(kind: str, **about: Any) -> None:
    """Write a message, as `message()` makes it, unless the same reason has written it already."""
    write_all([message(kind, **about)])


def write_all(messages: Collection[Message]) -> None:
    """Write some messages by one statement; reasons that have been written stay as they are."""
    if messages:
        INSERT.write(messages)
