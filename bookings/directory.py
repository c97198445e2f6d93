"""Finding the right specialist: which fit the filters, and when each is next free."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from bookings.availability import next_free
from bookings.starts import Slot
from practitioners.models import (
    Availability,
    Location,
    Practitioner,
    PractitionerTechnique,
    Service,
)
from practitioners.models.people import PractitionerQuerySet


class Listed(NamedTuple):
    """A specialist in the directory, with the soonest time anyone can book."""

    practitioner: Practitioner
    soonest: Slot | None
    service: Service | None
    location: Location | None


def matching(
    people: PractitionerQuerySet, wanted: dict[str, str], *, now: datetime
) -> PractitionerQuerySet:
    """Keep those who fit every filter that was set. Certificates count that are valid today.

    Of those who help with a condition, whoever names it as a focus comes first.
    """
    held = PractitionerTechnique.objects.valid(on=now.date())
    if condition := wanted.get("condition"):
        helps = held.filter(technique__conditions__slug=condition)
        focused = Practitioner.focus_areas.through.objects.filter(condition__slug=condition)
        people = people.annotate(
            is_focus=Exists(focused.filter(practitioner=OuterRef("pk")))
        ).filter(Q(is_focus=True) | Q(pk__in=helps.values("practitioner")))
        people = people.order_by("-is_focus", *people.query.order_by or ("name", "pk"))
    if technique := wanted.get("technique"):
        people = people.filter(pk__in=held.filter(technique__slug=technique).values("practitioner"))
    if location := wanted.get("location"):
        people = people.filter(_works(location__slug=location))
    if day := wanted.get("day"):
        people = people.filter(_works(weekday=int(day)))
    if language := wanted.get("language"):
        people = people.filter(languages__contains=[language])
    if gender := wanted.get("gender"):
        people = people.filter(gender=gender)
    return people


def _works(**where: Any) -> Q:
    hours = Availability.objects.filter(**where)
    return Q(pk__in=hours.values("practitioner"))


def listed(people: Iterable[Practitioner], *, now: datetime, at: str = "") -> list[Listed]:
    """Add the next free time to each; at most three queries where the clinic's facts are known.

    Where the place with the slug `at` was asked for, the next one there.
    """
    people = list(people)
    services, places = Service.offered(), Location.every()
    free = next_free(
        services,
        practitioners=[one.pk for one in people],
        now=now,
        location=next((one for one in places if one.slug == at), None),
        places=places,
    )
    by_pk = {one.pk: one for one in services}
    locations = {one.pk: one for one in places}
    rows = []
    for person in people:
        slot = free.get(person.pk)
        rows.append(
            Listed(
                person,
                slot,
                by_pk.get(slot.service_id) if slot else None,
                locations.get(slot.location_id) if slot else None,
            )
        )
    return rows
