"""What workers do: look for due messages and hand them over."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down

from bookings.messages import delivery, stopping


@shared_task(name="bookings.tasks.send_due", ignore_result=True)
def send_due() -> None:
    """Hand over every due message; many workers may do so at once."""
    delivery.send_due()


@worker_shutting_down.connect
def finish_in_hand(**_about: Any) -> None:
    """Let running tasks finish the message in hand and give the rest back."""
    stopping.ask()
