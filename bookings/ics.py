"""Visits as a calendar file: the same UID for life, a higher SEQUENCE with every change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.utils import timezone

from bookings.links import visit_link
from bookings.models import Appointment
from bookings.times import UTC, is_repeated
from bookings.vtimezone import described
from practitioners.models import ClinicSettings

LOOK_AGAIN = timedelta(hours=1)  # what a calendar program that reads a feed is asked to do
Titled = tuple[Appointment, str]


def visit_calendar(visit: Appointment, *, now: datetime | None = None) -> bytes:
    """Build the file of one visit: when and where, and nothing of what for.

    PUBLISH, not REQUEST: a calendar's "decline" would look like a cancellation that
    we never hear of. Local times with their zone, so that a calendar shows the
    clinic's clock also to somebody who travels.
    """
    clinic = ClinicSettings.current()
    event = _event(visit, f"Session at {clinic.name}", clinic, now=now or timezone.now())
    if not visit.is_cancelled:
        event.add("description", f"Change or cancel: {settings.SITE_URL}{visit_link(visit)}")
    return _published([event], [visit]).to_ical()


def visits_calendar(titled: Iterable[Titled], clinic: ClinicSettings, *, now: datetime) -> bytes:
    """Build the file of many visits, each with its title, for a program that reads it again.

    No links: whoever knows the address of a feed reads it, and changes nothing.
    """
    rows = list(titled)
    events = [_event(visit, title, clinic, now=now) for visit, title in rows]
    calendar = _published(events, [visit for visit, _ in rows])
    calendar.add("x-wr-calname", clinic.name)
    calendar.refresh_interval = LOOK_AGAIN
    calendar.add("x-published-ttl", LOOK_AGAIN)
    return calendar.to_ical()


def _published(events: list[icalendar.Event], visits: list[Appointment]) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Clinic//Sessions//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    days = sorted(visit.starts_at.date() for visit in visits)
    for name in sorted({visit.location.time_zone for visit in visits}):
        calendar.add_component(described(ZoneInfo(name), first=days[0], last=days[-1]))
    for event in events:
        calendar.add_component(event)
    return calendar


def _event(
    visit: Appointment, title: str, clinic: ClinicSettings, *, now: datetime
) -> icalendar.Event:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    event = icalendar.Event()
    event.add("uid", f"visit-{visit.public_id}@{address.rpartition('@')[2]}")
    event.add("sequence", visit.version - 1)
    event.add("dtstamp", now)
    starts_at, ends_at = _clocks(visit)
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", title)
    event.add("location", _place(visit))
    event.add("status", "CANCELLED" if visit.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if visit.is_cancelled else "OPAQUE")
    event.add("organizer", _organizer(clinic, address))
    return event


def _clocks(visit: Appointment) -> tuple[datetime, datetime]:
    """Both times on the clock of the place; in UTC when that clock shows one of them twice.

    The format has no word for the second of two, RFC 5545 3.3.5 reads it as the first.
    """
    local = visit.starts_at.astimezone(visit.zone), visit.ends_at.astimezone(visit.zone)
    if any(is_repeated(one) for one in local):
        return visit.starts_at.astimezone(UTC), visit.ends_at.astimezone(UTC)
    return local


def _place(visit: Appointment) -> str:
    lines = [visit.location.name, *visit.location.address.splitlines()]
    return ", ".join(line.strip() for line in lines if line.strip())


def _organizer(clinic: ClinicSettings, address: str) -> icalendar.vCalAddress:
    """Who publishes it; a published event has to name somebody."""
    organizer = icalendar.vCalAddress(f"mailto:{clinic.email or address}")
    organizer.params["cn"] = icalendar.vText(clinic.name)
    return organizer
