"""Waking a worker after a commit: a courtesy, never a condition.

The rows are written; a worker finds them within half a minute whether it hears this
or not. So nothing here may take longer than a blink or raise.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any

import structlog
from celery import current_app
from django.db import transaction

from bookings.messages import delivery
from bookings.models import Message

PATIENCE = 0.2  # seconds a request may wait for the broker
REST = 5.0  # seconds without asking again after it did not answer
RELAY_PATIENCE = 10.0  # seconds for a mail that somebody is waiting for in front of a page
log = structlog.get_logger(__name__)


class _Broker:
    """What this process knows about the broker."""

    rests_until = 0.0


def kick() -> None:
    """Wake a worker after the commit; the sweep finds the row anyway if this fails."""
    transaction.on_commit(wake_worker, robust=True)


def kick_or_deliver(source_type: str, source_id: Any) -> None:
    """For what somebody is waiting for: if no worker hears the call, send it right here."""

    def go() -> None:
        if not wake_worker():
            rows = Message.objects.about(source_type, source_id)
            waiting = rows.filter(state=Message.State.PENDING).values_list("pk", flat=True)
            delivery.send_due(only=list(waiting), timeout=RELAY_PATIENCE)

    transaction.on_commit(go, robust=True)


def wake_worker(*, now: datetime | None = None) -> bool:
    """Ask a worker to look now; returns whether the broker took the call in time.

    `now` is business time that is pretended, and passed on.
    """
    if time.monotonic() < _Broker.rests_until:
        return False
    try:
        _caller().submit(_call, now).result(timeout=PATIENCE)
    except Exception as problem:  # whatever the broker or its client does, the request goes on
        _Broker.rests_until = time.monotonic() + REST
        log.warning("kick_failed", problem=type(problem).__name__)
        return False
    return True


@cache
def _caller() -> ThreadPoolExecutor:
    """One thread to wait in, because a hung broker answers no time limit of its own."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="kick")


def _call(now: datetime | None) -> None:
    options = {
        **current_app.conf.broker_transport_options,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "max_retries": 0,
    }
    with current_app.connection_for_write(transport_options=options) as line:
        current_app.send_task(
            "bookings.tasks.send_due",
            kwargs={"now": now.isoformat()} if now else {},
            connection=line,
            retry=False,
        )
