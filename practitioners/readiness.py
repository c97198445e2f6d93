"""What still keeps a practitioner from being booked, in words."""

from __future__ import annotations

from datetime import date

from practitioners.models import Credential, Practitioner, PractitionerTechnique, Room, Service


def missing(practitioner: Practitioner, *, on: date) -> list[str]:
    """Name everything that stands between a practitioner and an online booking on a date."""
    notes = []
    if not practitioner.is_active:
        notes.append("is marked as no longer working here")
    if not practitioner.is_bookable_online:
        notes.append("is hidden from online booking")
    for credential in practitioner.credentials.filter(kind__in=Credential.GATES_BOOKING).exclude(
        Credential.valid(on=on)
    ):
        notes.append(f"{credential.get_kind_display().lower()} by {credential.body} is not valid")
    services = list(practitioner.services.all())
    if not services:
        notes.append("no service is chosen")
    notes += [note for service in services for note in _lacking(practitioner, service, on=on)]
    places = {row.location for row in practitioner.availability.select_related("location")}
    if not places:
        notes.append("no weekly hours")
    notes += [f"{place} is closed down" for place in places if not place.is_active]
    if any(service.needs_room for service in services):
        notes += [
            f"{place} has no room"
            for place in places
            if not Room.objects.filter(location=place, is_active=True).exists()
        ]
    return notes


def _lacking(practitioner: Practitioner, service: Service, *, on: date) -> list[str]:
    held = PractitionerTechnique.objects.valid(on=on).filter(practitioner=practitioner)
    lacking = service.techniques.exclude(pk__in=held.values("technique"))
    return [f"{service} needs a certificate in {technique}" for technique in lacking]
