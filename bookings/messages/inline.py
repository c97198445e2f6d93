"""Sending one message in the request that wrote it, when no worker can be reached."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from bookings.messages import delivery
from bookings.models import Message


def deliver_now(source_type: str, source_id: Any) -> None:
    """Claim the open rows of one source for this process and hand them over."""
    rows = Message.objects.about(source_type, source_id).filter(state=Message.State.PENDING)
    for pk in rows.values_list("pk", flat=True):
        if delivery.claim_one(pk):
            delivery.deliver(pk, now=timezone.now(), counts=delivery.Counts())

