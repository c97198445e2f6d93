"""Lists are sent again only after a change, and after every change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import psycopg2
import pytest
from django.apps import apps
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from practitioners.models import Condition, Location, Practitioner, Service
from practitioners.prepared import PreparedQuery
from practitioners.tests.factories import make_location, make_practitioner, make_service
from practitioners.together import KEPT, Together

PLACES = Together(places=Location.objects.all)
NAMED = PreparedQuery(
    "noted_people", {"slug": "text"}, lambda slug: Practitioner.objects.filter(slug=slug)
)
PEOPLE = Together(places=Location.objects.all, people=NAMED)


def names() -> list[str]:
    return [one.name for one in PLACES.read()["places"]]


def rows_of_changes() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM practitioners_change")
        return int(cursor.fetchone()[0])


def test_every_table_is_watched_also_while_other_triggers_are_off(db: None) -> None:
    models = apps.get_app_config("practitioners").get_models(include_auto_created=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname = 'note_change' AND tgenabled = 'A'"
        )
        assert {row[0] for row in cursor} == {model._meta.db_table for model in models}


def test_what_has_not_changed_is_not_sent_again(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_location(name="Willow Street")
    assert names() == ["Willow Street"]
    first = PLACES._kept[()]
    with django_assert_num_queries(1):
        assert names() == ["Willow Street"]
    assert PLACES._kept[()] is first


def test_what_is_worked_out_is_kept_as_long_as_the_lists(db: None) -> None:
    make_location(name="Willow")
    _, drawer = PLACES.read_with_drawer()
    drawer["count"] = 1
    assert PLACES.read_with_drawer()[1] == {"count": 1}
    make_location(name="Harbour")
    assert PLACES.read_with_drawer()[1] == {}


def _truncate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE practitioners_location CASCADE")


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda: make_location(name="Harbour"), ["Harbour", "Willow"]),
        (lambda: Location.objects.update(name="Wharf"), ["Wharf"]),
        (lambda: Location.objects.all().delete(), []),
        (_truncate, []),
    ],
)
def test_each_kind_of_change_is_seen_at_once(
    db: None, change: Callable[[], object], expected: list[str]
) -> None:
    make_location(name="Willow")
    assert names() == ["Willow"]
    change()
    assert names() == expected


def test_a_change_of_what_a_list_is_chosen_by_is_seen(db: None) -> None:
    service = make_service()
    condition = Condition.objects.create(slug="neck", name="Neck", offer="offer")
    given = Together(services=lambda: Service.objects.filter(techniques__conditions__slug="neck"))
    assert given.read()["services"] == []
    condition.techniques.set(service.techniques.all())
    assert given.read()["services"] == [service]


def test_what_is_undone_was_never_there(db: None) -> None:
    place = make_location(name="Willow")
    assert names() == ["Willow"]
    with transaction.atomic():
        Location.objects.update(name="Harbour")
        assert names() == ["Harbour"]
        transaction.set_rollback(True)
    assert names() == ["Willow"]
    place.name = "Wharf"
    place.save()
    assert names() == ["Wharf"]


@pytest.mark.django_db(transaction=True)
def test_a_change_of_another_counts_from_its_commit_on() -> None:
    make_location(name="Willow")
    settings = connection.get_connection_params()
    settings = {
        key: settings[key] for key in ("dbname", "user", "host", "port") if settings.get(key)
    }
    with closing(psycopg2.connect(**settings)) as other, other.cursor() as cursor:
        cursor.execute("UPDATE practitioners_location SET name = 'Harbour'")
        assert names() == ["Willow"]
        make_location(name="Wharf")  # nobody waits for anybody
        assert names() == ["Wharf", "Willow"]
        other.commit()
        assert names() == ["Harbour", "Wharf"]


def test_each_set_of_values_has_lists_of_its_own(db: None) -> None:
    ana, ben = (make_practitioner(make_service(), at=make_location()) for _ in range(2))
    for _ in range(2):
        assert PEOPLE.read(slug=ana.slug)["people"] == [ana]
        assert PEOPLE.read(slug=ben.slug)["people"] == [ben]
        assert PEOPLE.read(slug="nobody")["people"] == []


def test_whoever_asks_for_anything_fills_no_memory(db: None) -> None:
    make_location()
    for number in range(KEPT + 2):
        PEOPLE.read(slug=f"nobody-{number}")
    assert len(PEOPLE._kept) <= KEPT


def test_rows_that_somebody_changes_are_not_what_others_get(db: None) -> None:
    make_location(name="Willow")
    names()
    (place,) = PLACES.read()["places"]
    place.name = "Harbour"
    assert names() == ["Willow"]
    place.save()
    assert names() == ["Harbour"]


def test_old_notes_are_cleaned_away_and_without_any_nothing_is_kept(db: None) -> None:
    make_location(name="Willow")
    for number in range(KEPT + 20):
        Location.objects.update(name=f"Willow {number}")
        assert names() == [f"Willow {number}"]
    assert rows_of_changes() <= KEPT
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM practitioners_change")
    PLACES._kept.clear()
    assert names() == [f"Willow {KEPT + 19}"]
    assert PLACES._kept == {}


def test_a_list_is_made_once_and_only_for_who_asks_for_it(db: None) -> None:
    ana = make_practitioner(make_service(), at=make_location())
    found = PEOPLE.read(slug=ana.slug)
    assert set(found) == {"places", "people"}
    assert found["people"] is found["people"]
    assert found["people"][0] is not PEOPLE.read(slug=ana.slug)["people"][0]
