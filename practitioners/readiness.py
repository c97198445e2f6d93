"""What still keeps a practitioner from being booked online, in words.

The rules are those by which free times are computed; a practitioner without a
single reason here has times as soon as the calendar has room.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.db.models import Q

from practitioners.models import (
    Availability,
    Credential,
    Location,
    Practitioner,
    PractitionerTechnique,
    Room,
    Service,
    Technique,
)


def ready(practitioner: Practitioner, *, on: date) -> bool:
    """Tell whether nothing is missing for a booking on that date."""
    return not missing(practitioner, on=on)


def missing(practitioner: Practitioner, *, on: date) -> list[str]:
    """Name every reason, each a sentence for the people who can mend it. At most seven queries."""
    services = list(practitioner.services.prefetch_related("techniques"))
    places = _places(practitioner, on=on)
    return [
        *_standing(practitioner),
        *_papers(practitioner, on=on),
        *_offer(services),
        *_certificates(practitioner, services, on=on),
        *_hours(places),
        *_rooms(places, services),
    ]


def _standing(practitioner: Practitioner) -> list[str]:
    reasons = []
    if not practitioner.is_active:
        reasons.append("Not active: tick “active” when this person works here.")
    if not practitioner.is_bookable_online:
        reasons.append("Hidden from online booking: tick “is bookable online” to show this person.")
    return reasons


def _papers(practitioner: Practitioner, *, on: date) -> list[str]:
    lapsed = practitioner.credentials.filter(kind__in=Credential.GATES_BOOKING).exclude(
        Credential.valid(on=on)
    )
    return [_lapsed(paper, on=on) for paper in lapsed]


def _lapsed(paper: Credential, *, on: date) -> str:
    name = f"{paper.get_kind_display()} ({paper.body})"
    if paper.status != Credential.Status.ACTIVE:
        return f"{name} is {paper.get_status_display().lower()}."
    assert paper.expires_on is not None
    return f"{name} expired on {paper.expires_on.day} {paper.expires_on:%B %Y}."


def _offer(services: list[Service]) -> list[str]:
    """With no service at all, or none that visitors see, there is nothing to book."""
    if not services:
        return ["No service chosen."]
    if not any(_is_shown(service) for service in services):
        return ["None of the services is shown to visitors."]
    return []


def _is_shown(service: Service) -> bool:
    return service.is_published and all(one.is_published for one in service.techniques.all())


def _certificates(practitioner: Practitioner, services: list[Service], *, on: date) -> list[str]:
    """One sentence per technique, naming every service that waits for it."""
    held = {row.technique_id: row for row in practitioner.certificates.select_related("technique")}
    waiting: dict[Technique, list[str]] = defaultdict(list)
    for service in services:
        for technique in service.techniques.all():
            if not _counts(held.get(technique.pk), on=on):
                waiting[technique].append(service.name)
    return [
        f"{technique}: {_fault(held.get(technique.pk), on=on)} Needed for {', '.join(names)}."
        for technique, names in waiting.items()
    ]


def _counts(row: PractitionerTechnique | None, *, on: date) -> bool:
    return row is not None and _fault(row, on=on) == ""


def _fault(row: PractitionerTechnique | None, *, on: date) -> str:
    """Say why a certificate does not count on a date; empty when it does."""
    if row is None:
        return "no certificate."
    if row.expires_on and row.expires_on < on:
        return f"the certificate expired on {row.expires_on.day} {row.expires_on:%B %Y}."
    if row.certified_on and row.certified_on > on:
        return f"certified only from {row.certified_on.day} {row.certified_on:%B %Y}."
    if row.technique.needs_training and not row.evidence:
        return "evidence of training is not filled in."
    return ""


def _places(practitioner: Practitioner, *, on: date) -> list[Location]:
    """Every location at which the practitioner is in on that date or later."""
    weekly = Availability.objects.filter(practitioner=practitioner).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    )
    extra = practitioner.extra_hours.filter(on__gte=on)
    return list(
        Location.objects.filter(
            Q(pk__in=weekly.values("location")) | Q(pk__in=extra.values("location"))
        )
    )


def _hours(places: list[Location]) -> list[str]:
    if not places:
        return ["No hours: add weekly or extra hours."]
    return [f"{place} is not active." for place in places if not place.is_active]


def _rooms(places: list[Location], services: list[Service]) -> list[str]:
    needing = [service.name for service in services if service.needs_room]
    if not needing:
        return []
    with_room = set(
        Room.objects.filter(location__in=places, is_active=True).values_list("location", flat=True)
    )
    return [
        f"{place} has no active room. Needed for {', '.join(needing)}."
        for place in places
        if place.is_active and place.pk not in with_room
    ]
