"""A visit as a calendar file: the same UID for life, a higher SEQUENCE with every change."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parseaddr

import icalendar
from django.conf import settings
from django.utils import timezone

from bookings.links import visit_link
from bookings.models import Appointment
from practitioners.models import ClinicSettings

A_YEAR = timedelta(days=366)  # of clock changes on either side of the visit


def visit_calendar(visit: Appointment, *, now: datetime | None = None) -> bytes:
    """Build the file: when and where, and nothing of what for.

    PUBLISH, not REQUEST: a calendar's "decline" would look like a cancellation that
    we never hear of. Local times with their zone, so that a calendar shows the
    clinic's clock also to somebody who travels.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Clinic//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(visit, ClinicSettings.current(), now=now or timezone.now()))
    day = visit.starts_at.date()
    calendar.add_missing_timezones(first_date=day - A_YEAR, last_date=day + A_YEAR)
    return calendar.to_ical()


def _event(visit: Appointment, clinic: ClinicSettings, *, now: datetime) -> icalendar.Event:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    event = icalendar.Event()
    event.add("uid", f"visit-{visit.public_id}@{address.rpartition('@')[2]}")
    event.add("sequence", visit.version - 1)
    event.add("dtstamp", now)
    event.add("dtstart", visit.starts_at.astimezone(visit.zone))
    event.add("dtend", visit.ends_at.astimezone(visit.zone))
    event.add("summary", f"Session at {clinic.name}")
    event.add("location", _place(visit))
    event.add("status", "CANCELLED" if visit.is_cancelled else "CONFIRMED")
    event.add("organizer", _organizer(clinic, address))
    if not visit.is_cancelled:
        event.add("description", f"Change or cancel: {settings.SITE_URL}{visit_link(visit)}")
    return event


def _place(visit: Appointment) -> str:
    lines = [visit.location.name, *visit.location.address.splitlines()]
    return ", ".join(line.strip() for line in lines if line.strip())


def _organizer(clinic: ClinicSettings, address: str) -> icalendar.vCalAddress:
    """Who publishes it; a published event has to name somebody."""
    organizer = icalendar.vCalAddress(f"mailto:{clinic.email or address}")
    organizer.params["cn"] = icalendar.vText(clinic.name)
    return organizer
