"""Rows for tests: each is valid, small and says what it is."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from itertools import count
from typing import Any

from practitioners.models import (
    Availability,
    ClinicSettings,
    Condition,
    Credential,
    Location,
    OpeningHours,
    Practitioner,
    PractitionerTechnique,
    Room,
    Service,
    Technique,
)

numbers = count(1)
WORKDAYS = (1, 2, 3, 4, 5)


def make_clinic(**fields: Any) -> ClinicSettings:
    defaults = {"name": "Willow Street Clinic", "phone": "020 7946 0000", "time_style": "24h"}
    return ClinicSettings.objects.update_or_create(pk=1, defaults={**defaults, **fields})[0]


def make_location(**fields: Any) -> Location:
    number = next(numbers)
    defaults = {
        "name": f"Location {number}",
        "slug": f"location-{number}",
        "address": "1 Test Street",
    }
    location = Location.objects.create(**{**defaults, **fields})
    OpeningHours.objects.bulk_create(
        OpeningHours(location=location, weekday=day, opens_at=time(8), closes_at=time(20))
        for day in range(1, 7)
    )
    return location


def make_room(location: Location, **fields: Any) -> Room:
    return Room.objects.create(location=location, **{"name": f"Room {next(numbers)}", **fields})


def make_technique(**fields: Any) -> Technique:
    number = next(numbers)
    defaults = {
        "slug": f"technique-{number}",
        "name": f"Technique {number}",
        "kind": "both",
        "summary": "A way of working.",
        "pressure": "moderate",
    }
    return Technique.objects.create(**{**defaults, **fields})


def make_condition(**fields: Any) -> Condition:
    number = next(numbers)
    defaults = {"slug": f"condition-{number}", "name": f"Condition {number}", "offer": "offer"}
    return Condition.objects.create(**{**defaults, **fields})


def make_service(*techniques: Technique, **fields: Any) -> Service:
    number = next(numbers)
    defaults = {
        "name": f"Service {number}",
        "slug": f"service-{number}",
        "kind": "medical",
        "minutes": 60,
        "price": Decimal("58"),
        "min_notice_minutes": 0,
    }
    service = Service.objects.create(**{**defaults, **fields})
    service.techniques.set(techniques or [make_technique()])
    return service


def make_practitioner(
    *services: Service,
    at: Location | None = None,
    weekdays: tuple[int, ...] = WORKDAYS,
    hours: tuple[tuple[time, time], ...] = ((time(9), time(17)),),
    **fields: Any,
) -> Practitioner:
    """Make somebody certified in everything the services need, in at the location."""
    number = next(numbers)
    defaults = {"name": f"Specialist {number}", "slug": f"specialist-{number}"}
    person = Practitioner.objects.create(**{**defaults, **fields})
    person.services.set(services)
    needed = Technique.objects.filter(services__in=services).distinct()
    PractitionerTechnique.objects.bulk_create(
        PractitionerTechnique(practitioner=person, technique=technique, evidence="Course 2020")
        for technique in needed
    )
    Credential.objects.create(practitioner=person, kind="insurance", body="Example Mutual")
    if at is not None:
        Availability.objects.bulk_create(
            Availability(
                practitioner=person, location=at, weekday=day, starts_at=start, ends_at=end
            )
            for day in weekdays
            for start, end in hours
        )
    return person
