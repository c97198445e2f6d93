"""What beat asks once a minute: which follow-ups have become due?"""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bookings.messages import outbox
from treatment_plans import recall


@shared_task(name="treatment_plans.tasks.sweep", ignore_result=True)
def sweep() -> None:
    """Write the follow-ups that are due and wake whoever sends."""
    if recall.sweep(now=timezone.now()):
        outbox.wake_worker()
