"""What workers do: look for due messages and hand them over."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from bookings import outside_hours
from bookings.messages import delivery, heartbeat, stopping
from bookings.messages.pretending import pretended
from bookings.waiting import offers


@shared_task(name="bookings.tasks.send_due", ignore_result=True)
def send_due(now: str | None = None) -> None:
    """Hand over every due message; many workers may do so at once."""
    moment = pretended(now)
    heartbeat.beat(heartbeat.DELIVERY, now=moment or timezone.now())
    delivery.send_due(now=moment)


@shared_task(name="bookings.tasks.offer_from_waiting_list", ignore_result=True)
def offer_from_waiting_list() -> None:
    """Offer times that have opened to who waits for them; two at once offer each only once."""
    offers.sweep(now=timezone.now())


@shared_task(name="bookings.tasks.tick_off_outside_hours", ignore_result=True)
def tick_off_outside_hours() -> None:
    """Tick off on the desk's list whom nobody has to move any more."""
    outside_hours.sweep(now=timezone.now())


@worker_shutting_down.connect
def finish_in_hand(**_about: Any) -> None:
    """Let running tasks finish the message in hand and give the rest back."""
    stopping.ask()
