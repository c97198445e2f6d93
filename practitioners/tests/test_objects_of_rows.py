"""Objects that are made of rows are those that Django makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.signals import post_init

from practitioners.models import Availability, Location, Practitioner
from practitioners.prepared import PreparedQuery
from practitioners.tests.factories import make_location, make_practitioner, make_service

pytestmark = pytest.mark.django_db
HALF = PreparedQuery(
    "test_some_fields", {}, lambda: Location.objects.only("name", "phone").order_by("pk")
)


def hours_query(name: str) -> PreparedQuery[Availability]:
    """A new one, which has not looked yet at who listens."""
    return PreparedQuery(
        name,
        {},
        lambda: Availability.objects.select_related("practitioner__user", "location"),
    )


def test_fields_that_were_not_read_are_read_when_somebody_asks() -> None:
    place = make_location(phone="+442079460000")
    (found,) = HALF.rows()
    assert (
        found.get_deferred_fields()
        == Location.objects.only("name", "phone").get().get_deferred_fields()
    )
    assert (found.name, found.slug) == (place.name, place.slug)
    assert not found._state.adding
    found.name = "Elsewhere"
    found.save()
    assert Location.objects.get().name == "Elsewhere"


def test_what_stands_beside_is_known_and_may_be_another_later() -> None:
    make_practitioner(make_service(), at=make_location())
    other = make_practitioner(name="Other")
    found, usual = hours_query("test_hours_known").rows()[0], Availability.objects.all()[0]
    assert found._state.fields_cache.keys() == {"practitioner", "location"}
    assert found.practitioner.user is None
    assert vars(found.location) == {**vars(usual.location), "_state": found.location._state}
    found.practitioner_id = other.pk
    assert found.practitioner == other


def test_whoever_wants_to_hear_of_every_object_hears_of_it() -> None:
    make_practitioner(make_service(), at=make_location())
    heard: list[Any] = []

    def hear(instance: Any, **_about: Any) -> None:
        heard.append(instance)

    post_init.connect(hear, sender=Practitioner)
    try:
        found = hours_query("test_hours_heard_of").rows()
    finally:
        post_init.disconnect(hear, sender=Practitioner)
    assert heard == [one.practitioner for one in found]
