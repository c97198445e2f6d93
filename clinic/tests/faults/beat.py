"""A real beat with our own clock: `celery -A clinic.tests.faults.beat beat`."""

from __future__ import annotations

import os

from clinic.celery import app

__all__ = ["app"]

EVERY = 0.5  # seconds
app.conf.beat_schedule = {
    name: {"task": task, "schedule": EVERY, "kwargs": {"now": os.environ["FAULT_NOW"]}}
    for name, task in (
        ("what-is-due", "treatment_plans.tasks.sweep"),
        ("send-due", "bookings.tasks.send_due"),
    )
}
