"""Writing messages: one row per reason, in the transaction of its cause."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from bookings.messages import inline
from bookings.messages.kinds import KINDS
from bookings.models import Client, Message

State = Message.State
PATIENCE = 0.2  # seconds a request may spend on waking a worker
log = structlog.get_logger(__name__)


def write(
    kind: str,
    *,
    source_type: str,
    source_id: Any,
    now: datetime,
    occurrence: str = "",
    client: Client | None = None,
    user: Any = None,
    address: str = "",
    channel: str = Client.Channel.EMAIL,
    send_after: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Write a message unless the same reason has written it already."""
    rule = KINDS[kind]
    at = send_after or now
    recipient = address or (f"client:{client.pk}" if client else f"user:{user.pk}")
    Message.objects.bulk_create(
        [
            Message(
                kind=kind,
                source_type=source_type,
                source_id=str(source_id),
                occurrence=occurrence,
                channel=channel,
                recipient=recipient,
                client=client,
                user=user,
                lane=rule.lane,
                send_after=at,
                expires_at=expires_at or at + rule.lifetime,
            )
        ],
        ignore_conflicts=True,
    )


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


def kick() -> None:
    """Wake a worker after the commit; the sweep finds the row anyway if this fails."""
    transaction.on_commit(wake_worker, robust=True)


def wake_worker() -> bool:
    """Ask a worker to look now, for at most a fifth of a second. Returns whether it was heard."""
    try:
        with current_app.connection_for_write(connect_timeout=PATIENCE) as line:
            line.transport_options = {
                **(line.transport_options or {}),
                "socket_timeout": PATIENCE,
                "socket_connect_timeout": PATIENCE,
                "max_retries": 0,
            }
            current_app.send_task("bookings.tasks.send_due", connection=line, retry=False)
    except (KombuError, RedisError, OSError):
        log.warning("kick_failed")
        return False
    return True


def kick_or_deliver(source_type: str, source_id: Any) -> None:
    """For what somebody is waiting for: if no worker hears the call, send it right here."""

    def go() -> None:
        if not wake_worker():
            inline.deliver_now(source_type, source_id)

    transaction.on_commit(go, robust=True)
