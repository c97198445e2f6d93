"""What beat asks once a minute: what has become due, and who is asked something?"""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from bookings.messages import heartbeat, outbox
from bookings.messages.pretending import pretended
from treatment_plans import asking, recall, reviews


@shared_task(name="treatment_plans.tasks.sweep", ignore_result=True)
def sweep(now: str | None = None) -> None:
    """Write the follow-ups and questions and open the reviews that are due; wake whoever sends.

    A moment that is pretended is passed on: one business time from the sweep to the sending.
    """
    pretends = pretended(now)
    moment = pretends or timezone.now()
    reviews.sweep(now=moment)
    written = recall.sweep(now=moment) + asking.sweep(now=moment)
    heartbeat.beat(heartbeat.SWEEP, now=moment)
    if written:
        outbox.wake_worker(now=pretends)
