"""What a page reads once of the clinic, and that the next page reads it anew."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from practitioners.facts import facts, facts_to_book, facts_to_find_by
from practitioners.models import ClinicSettings, Location, Service
from practitioners.once import read_once
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)


@pytest.fixture
def clinic(db: None) -> ClinicSettings:
    return make_clinic(name="Willow Street")


def test_what_asks_afterwards_asks_nothing(
    clinic: ClinicSettings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    place, service = make_location(), make_service()
    with read_once(), django_assert_num_queries(1):
        known = facts()
        assert facts() is known
        assert ClinicSettings.current() is known.clinic
        assert Location.every() == [place]
        assert Service.offered() == [service]
        assert list(known.hours_of(place)) == known.hours


def test_another_page_sees_what_was_changed_meanwhile(clinic: ClinicSettings) -> None:
    with read_once():
        assert facts().clinic.name == "Willow Street"
        ClinicSettings.objects.update(name="Harbour House")
        assert facts().clinic.name == "Willow Street"
    with read_once():
        assert facts().clinic.name == "Harbour House"


def test_outside_of_a_page_nothing_is_kept(clinic: ClinicSettings) -> None:
    assert facts().clinic.name == "Willow Street"
    ClinicSettings.objects.update(name="Harbour House")
    assert facts().clinic.name == ClinicSettings.current().name == "Harbour House"


def test_before_the_first_save_there_are_defaults(db: None) -> None:
    assert facts().clinic.name == ClinicSettings().name
    assert (facts().places, facts().services) == ([], [])


def test_places_given_up_are_known_but_not_active(clinic: ClinicSettings) -> None:
    given_up, place = make_location(is_active=False), make_location()
    assert set(facts().places) == {given_up, place}
    assert facts().active_places == [place]


def test_to_find_by_are_languages_of_people_who_work_here(clinic: ClinicSettings) -> None:
    for languages, is_active in ((["Polish", "English"], True), (["Thai"], False), ([], True)):
        person = make_practitioner(make_service(), at=make_location())
        person.languages, person.is_active = languages, is_active
        person.save()
    assert facts_to_find_by().languages == [{"language": "English"}, {"language": "Polish"}]


def test_to_book_is_said_where_each_session_is_offered(clinic: ClinicSettings) -> None:
    here, there, given_up = make_location(), make_location(), make_location(is_active=False)
    one, other, nobodys = make_service(), make_service(), make_service()
    both = make_practitioner(one, other, at=here)
    only_one = make_practitioner(one, at=there)
    elsewhere = make_practitioner(one, at=given_up)
    make_practitioner(one, at=here, is_active=False)
    known = facts_to_book()
    for service in (one, other, nobodys):
        assert known.places_offering(service) == list(Location.objects.offering(service))
    assert set(known.places_offering(one)) == {here, there}
    assert known.places_offering(nobodys) == []
    assert set(known.givers_of(one)) == {both.pk, only_one.pk, elsewhere.pk}
    assert known.givers_of(other) == [both.pk]
    assert known.givers_of(nobodys) == []
