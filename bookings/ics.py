"""A visit as a calendar file: the same UID for life, a higher SEQUENCE with every change."""

from __future__ import annotations

from datetime import datetime

import icalendar
from django.conf import settings
from django.utils import timezone

from bookings.models import Appointment
from practitioners.models import ClinicSettings


def visit_calendar(visit: Appointment, *, now: datetime | None = None) -> bytes:
    """Build the file. PUBLISH, not REQUEST: a calendar's "decline" would never reach us."""
    clinic = ClinicSettings.current()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Clinic//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = icalendar.Event()
    event.add("uid", f"visit-{visit.public_id}@{domain}")
    event.add("sequence", visit.version - 1)
    event.add("dtstamp", now or timezone.now())
    event.add("dtstart", visit.starts_at.astimezone(visit.zone))
    event.add("dtend", visit.ends_at.astimezone(visit.zone))
    event.add("summary", f"Session at {clinic.name}")
    event.add("location", ", ".join(visit.location.address.splitlines()) or visit.location.name)
    event.add("status", "CANCELLED" if visit.is_cancelled else "CONFIRMED")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()
