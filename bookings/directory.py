"""Finding the right specialist: which fit the filters, and when each is next free."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from bookings.availability import Slot, next_free
from practitioners.models import Availability, Credential, Location, Practitioner, Service


@dataclass(frozen=True, slots=True)
class Listed:
    """A specialist in the directory, with the soonest time anyone can book."""

    practitioner: Practitioner
    soonest: Slot | None
    service: Service | None
    location: Location | None


def shown(*, now: datetime) -> QuerySet[Practitioner]:
    """Everybody whom visitors may see and book today, with what a row shows."""
    credentials = Credential.objects.filter(is_public=True)
    return (
        Practitioner.objects.bookable(on=now.date())
        .prefetch_related(
            "focus_areas",
            Prefetch("credentials", queryset=credentials),
        )
        .order_by("name")
    )


def matching(people: QuerySet[Practitioner], wanted: dict[str, Any]) -> QuerySet[Practitioner]:
    """Keep those who fit every filter that was set."""
    if wanted.get("condition"):
        condition = wanted["condition"]
        fits = people.filter(focus_areas=condition) | people.filter(
            certificates__technique__in=condition.techniques.all()
        )
        people = people.filter(pk__in=fits.values("pk"))
    if wanted.get("technique"):
        people = people.filter(certificates__technique=wanted["technique"])
    if wanted.get("location"):
        people = people.filter(_works(location=wanted["location"]))
    if wanted.get("day"):
        people = people.filter(_works(weekday=int(wanted["day"])))
    if wanted.get("language"):
        people = people.filter(languages__contains=[wanted["language"]])
    if wanted.get("gender"):
        people = people.filter(gender=wanted["gender"])
    return people


def _works(**where: Any) -> Q:
    hours = Availability.objects.filter(**where)
    return Q(pk__in=hours.values("practitioner"))


def listed(people: Iterable[Practitioner], *, now: datetime) -> list[Listed]:
    """Add the next free time to each; the queries do not grow with their number."""
    people = list(people)
    free = next_free(None, practitioners=[one.pk for one in people], now=now)
    services = {one.pk: one for one in Service.objects.published()}
    locations = {one.pk: one for one in Location.objects.all()}
    rows = []
    for person in people:
        slots = free.get(person.pk, [])
        slot = slots[0] if slots else None
        rows.append(
            Listed(
                person,
                slot,
                services.get(slot.service_id) if slot else None,
                locations.get(slot.location_id) if slot else None,
            )
        )
    return rows


def languages() -> list[str]:
    """Every language that somebody shown speaks, in order."""
    spoken = Practitioner.objects.filter(is_active=True).values_list("languages", flat=True)
    return sorted({language for several in spoken for language in several})
