"""On whose clock a time is read and shown that has no location of its own."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from practitioners.models import Location, TimeOff


def zone_of(practitioner: Any) -> ZoneInfo:
    """The zone of a specialist's first location, else that of the clinic's first."""
    active = Location.objects.active().order_by("pk")
    place = None
    if key := read_key(practitioner):
        place = active.filter(availability__practitioner=key).first()
    place = place or active.first()
    return place.zone if place else ZoneInfo(str(timezone.get_default_timezone()))


def zone_of_time_off(object_id: Any, chosen: Any) -> ZoneInfo:
    """The zone in which a day off is read: of the person chosen, else of the row's own."""
    row = None
    if not read_key(chosen) and (key := read_key(object_id)):
        row = TimeOff.objects.filter(pk=key).first()
    return zone_of(row.practitioner_id if row else chosen)


def read_key(text: Any) -> int | None:
    """The key in an address or a form, if it can be one."""
    said = str(text or "")
    return int(said) if said.isdecimal() and len(said) < 19 else None
