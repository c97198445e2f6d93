"""On whose clock a time is read and shown that has no location of its own."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from practitioners.models import Location, Practitioner, TimeOff


def clinic_zone() -> ZoneInfo:
    """The wall clock of the desk: that of the clinic's oldest location. One query."""
    place = Location.objects.active().order_by("pk").first()
    return place.zone if place else ZoneInfo(timezone.get_default_timezone_name())


def desk_zone(person: Practitioner | None) -> ZoneInfo:
    """The wall clock of one person's calendar, or of everybody's. At most two queries."""
    return own_zone(person) if person else clinic_zone()


def own_zone(person: Practitioner) -> ZoneInfo:
    """The wall clock of the place where somebody works."""
    return zone_of(person.pk)


def zone_of(practitioner: Any) -> ZoneInfo:
    """The wall clock of the place where the person with this key works, else the desk's."""
    key = read_key(practitioner)
    place = Location.objects.active().worked_at_by(key).first() if key else None
    return place.zone if place else clinic_zone()


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
