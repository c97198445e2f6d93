"""Writing messages: one row per reason, in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from bookings.messages.kick import kick, kick_or_deliver, wake_worker
from bookings.messages.kinds import KINDS
from bookings.models import Client, Message

__all__ = [
    "cancel_open",
    "kick",
    "kick_or_deliver",
    "message",
    "settle",
    "wake_worker",
    "write",
    "write_all",
]

State = Message.State


def message(
    kind: str,
    *,
    source_type: str,
    source_id: Any,
    now: datetime,
    occurrence: str = "",
    client: Client | None = None,
    user: Any = None,
    address: str = "",
    channel: str | None = None,
    send_after: datetime | None = None,
    expires_at: datetime | None = None,
) -> Message:
    """Make a row that is not written yet; the kind says its lane and how long it is of use.

    A client's own wishes choose the channel when it goes, unless one is named here.
    """
    rule = KINDS[kind]
    at = send_after or now
    recipient = address or (f"client:{client.pk}" if client else f"user:{user.pk}")
    return Message(
        kind=kind,
        source_type=source_type,
        source_id=str(source_id),
        occurrence=occurrence,
        channel=channel if channel is not None else "" if client else Client.Channel.EMAIL,
        recipient=recipient,
        client=client,
        user=user,
        lane=rule.lane,
        send_after=at,
        expires_at=expires_at or at + rule.lifetime,
    )


def write(kind: str, **about: Any) -> None:
    """Write a message, as `message()` makes it, unless the same reason has written it already."""
    write_all([message(kind, **about)])


def write_all(messages: Collection[Message]) -> None:
    """Write some messages by one statement; reasons that have been written stay as they are."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def cancel_open(
    source_type: str, source_id: Any, *, code: str, kinds: Collection[str] | None = None
) -> int:
    """Take back what has not been handed over yet; returns how many."""
    waiting = Message.objects.about(source_type, source_id).filter(
        state__in=(State.PENDING, State.CLAIMED)
    )
    if kinds is not None:
        waiting = waiting.filter(kind__in=kinds)
    return waiting.update(state=State.CANCELLED, last_code=code)


def settle(row: Message, *, has_arrived: bool, now: datetime) -> bool:
    """Decide for a message of which nobody knows: it arrived, or it is sent once more.

    Returns False when somebody else has settled it already.
    """
    unknown = Message.objects.filter(pk=row.pk, state=State.UNKNOWN)
    if has_arrived:
        return bool(unknown.update(state=State.SENT, sent_at=now, last_code="said_to_have_arrived"))
    return bool(
        unknown.update(
            state=State.PENDING,
            last_code="sent_again",
            send_after=now,
            expires_at=now + KINDS[row.kind].lifetime,
            next_attempt_at=None,
        )
    )
