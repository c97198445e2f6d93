"""Several lists by one query are the rows that the models read by themselves."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from practitioners.models import (
    Availability,
    ClinicSettings,
    Location,
    OpeningHours,
    Practitioner,
    Service,
    Technique,
)
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)
from practitioners.together import Together

MODELS: tuple[Any, ...] = (
    ClinicSettings, Location, OpeningHours, Service, Practitioner, Availability, Technique,
)  # fmt: skip


@pytest.fixture
def clinic(db: None) -> None:
    make_clinic(name="Willow & <Street>", reminder_job_at=time(9, 31, 5))
    place = make_location(address="1 Test Street\nLondon", phone="020 7946 0000")
    service = make_service(price="58.50", good_for="Backs, “quotes” and %s")
    person = make_practitioner(service, at=place, weekdays=(1, 3))
    person.languages = ["English", "Język polski"]
    person.save()
    person.availability.update(valid_from=date(2026, 1, 31))


def test_every_field_of_every_model_is_what_the_model_reads(
    clinic: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lists = Together(**{model.__name__: model.objects.all for model in MODELS})
    with django_assert_num_queries(1):
        found = lists.read()
    for model in MODELS:
        names = [one.attname for one in model._meta.concrete_fields]
        rows, expected = found[model.__name__], list(model.objects.all())
        assert rows == expected, model
        for row, other in zip(rows, expected, strict=True):
            for name in names:
                ours, theirs = getattr(row, name), getattr(other, name)
                assert (ours, type(ours)) == (theirs, type(theirs)), (model, name)
            assert not row._state.adding


def test_it_keeps_conditions_orders_and_values(clinic: None) -> None:
    make_service(name="Another", position=0, is_published=False)
    make_service(name="A third", position=9)
    lists = Together(
        shown=Service.objects.published,
        names=lambda: Service.objects.order_by("-name").values("name", "price"),
        none=lambda: Location.objects.filter(name="%s; no such place"),
    )
    found = lists.read()
    assert found["shown"] == list(Service.objects.published())
    assert found["names"] == list(Service.objects.order_by("-name").values("name", "price"))
    assert found["none"] == []
    assert lists.read() == found
