"""The first-run checklist: what a clinic needs before anybody can book."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from practitioners.models import ClinicSettings, Location, Practitioner, Service
from practitioners.readiness import missing


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, where to do it, and what is still missing."""

    title: str
    url: str
    is_done: bool
    notes: list[str]


def steps() -> list[Step]:
    """Every step in order, with its state as it is now."""
    clinic = ClinicSettings.current()
    today = timezone.now().date()
    people = list(Practitioner.objects.filter(is_active=True)[:20])
    lacking = {person: missing(person, on=today) for person in people}
    ready = [person for person, notes in lacking.items() if not notes]
    has_place = Location.objects.filter(is_active=True).exists()
    return [
        Step(
            "Clinic name, phone and policy",
            reverse("admin:practitioners_clinicsettings_changelist"),
            bool(clinic.pk and clinic.phone and clinic.name != "Our clinic"),
            [],
        ),
        Step(
            "A location with rooms",
            reverse("admin:practitioners_location_changelist"),
            has_place,
            [],
        ),
        Step(
            "A service",
            reverse("admin:practitioners_service_changelist"),
            Service.objects.published().exists(),
            [],
        ),
        Step("Invite your specialists", reverse("staff"), bool(people), []),
        Step(
            "A specialist with hours who can be booked",
            reverse("admin:practitioners_practitioner_changelist"),
            bool(ready),
            [f"{person}: {note}" for person, notes in lacking.items() for note in notes][:8]
            if not ready
            else [],
        ),
        Step("A test mail", "", clinic.test_mail_sent_at is not None, []),
    ]
