"""What workers do: look for due messages and hand them over."""

from __future__ import annotations

from celery import shared_task

from bookings.messages import delivery


@shared_task(name="bookings.tasks.send_due", ignore_result=True)
def send_due() -> None:
    """Hand over every due message; many workers may do so at once."""
    delivery.send_due()
