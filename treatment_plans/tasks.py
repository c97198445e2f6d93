"""What beat asks once a minute: which follow-ups have become due?"""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bookings.messages import heartbeat, outbox
from treatment_plans import recall, reviews


@shared_task(name="treatment_plans.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Write the follow-ups and open the reviews that are due, and wake whoever sends."""
    now = timezone.now()
    reviews.sweep(now=now)
    written = recall.sweep(now=now)
    heartbeat.beat(heartbeat.SWEEP, now=now)
    if written:
        outbox.wake_worker()
