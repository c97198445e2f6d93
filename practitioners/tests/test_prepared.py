"""Statements that are put together once ask and write the same as Django's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import DataError, OperationalError, connection, transaction
from django.db.models import Count, F
from django.test.utils import CaptureQueriesContext

from practitioners.later import GoesAlong
from practitioners.models import Location, Practitioner, TimeOff
from practitioners.prepared import Prepared, PreparedQuery, execute, whole_line
from practitioners.prepared_rows import PreparedInsert, PreparedUpdate
from practitioners.tests.factories import make_location, make_practitioner

pytestmark = pytest.mark.django_db
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
LOCATIONS, AWAY = PreparedInsert(Location), PreparedInsert(TimeOff)
NAME = PreparedUpdate(Location, "name", "is_active")


def with_all(name: Any) -> Any:
    rows = Practitioner.objects.select_related("user").annotate(many=Count("time_off"))
    return rows.filter(name=name).order_by("pk")


KEYS = PreparedQuery(
    "test_keys",
    {"name": "text"},
    lambda name: Practitioner.objects.filter(name=name).only("pk").order_by("pk"),
)
PEOPLE = PreparedQuery("test_people", {"name": "text"}, with_all)
HALF = PreparedQuery(
    "test_half",
    {"start": "text"},
    lambda start: Location.objects.filter(name__contains="50%", slug=start),
)
SOON = PreparedQuery(
    "test_soon", {"now": "timestamptz"},
    lambda now: TimeOff.objects.filter(starts_at__gt=now + timedelta(hours=1)),
)  # fmt: skip


def test_it_finds_what_the_query_finds_with_all_that_belongs_to_it() -> None:
    user = get_user_model().objects.create_user("maya@example.com")
    known, alone = make_practitioner(user=user, name="Maya"), make_practitioner(name="Maya")
    make_practitioner(name="Ben")
    TimeOff.objects.create(practitioner=known, starts_at=NOON, ends_at=NOON + timedelta(hours=1))
    with CaptureQueriesContext(connection) as sent:
        found: Any = PEOPLE.rows(name="Maya")
        assert found == [known, alone]
        assert [one.user for one in found] == [user, None]
        assert [one.many for one in found] == [1, 0]
        assert vars(found[0]).keys() == vars(with_all("Maya")[0]).keys()
    assert len(sent) == 2
    assert PEOPLE.first(name="Nobody") is None
    with pytest.raises(Practitioner.DoesNotExist):
        PEOPLE.only(name="Nobody")


def test_the_keys_alone_are_found_in_order_too() -> None:
    known, alone = make_practitioner(name="Maya"), make_practitioner(name="Maya")
    make_practitioner(name="Ben")
    assert KEYS.keys(name="Maya") == [known.pk, alone.pk]
    assert KEYS.keys(name="Nobody") == []


class TestWithValues:
    """Some of the values stand in the statement itself."""

    BOTH = Prepared(
        "test_both", "SELECT %(said)s, %(more)s, '50%%'", {"said": "text[]", "more": "int"}
    )

    def test_they_are_read_once_whatever_they_hold(self) -> None:
        said = self.BOTH.with_values(1, {"said": ["50%", "%(more)s", "it's $1", '\\"']})
        for more in (1, 2):
            assert said.rows({"more": more}) == [
                (["50%", "%(more)s", "it's $1", '\\"'], more, "50%")
            ]
        assert self.BOTH.rows({"said": None, "more": 3}) == [(None, 3, "50%")]

    def test_a_session_knows_one_of_each_number(self) -> None:
        ours = self.BOTH.with_values(1, {"said": ["ours"]})
        theirs = self.BOTH.with_values(1, {"said": ["theirs"]})
        other = self.BOTH.with_values(2, {"said": ["other"]})
        for _ in range(2):
            for one, said in ((ours, "ours"), (theirs, "theirs"), (other, "other")):
                assert one.rows({"more": 1}) == [([said], 1, "50%")]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name ~ '^test_both_'")
            assert cursor.fetchone() == (2,)

    def test_one_that_the_server_refuses_leaves_the_number_free(self) -> None:
        self.BOTH.with_values(1, {"said": ["ours"]}).rows({"more": 1})
        with pytest.raises(DataError), transaction.atomic():
            self.BOTH.with_values(1, {"said": "no array"}).rows({"more": 1})
        again = self.BOTH.with_values(1, {"said": ["again"]})
        assert again.rows({"more": 1}) == [(["again"], 1, "50%")]


def test_what_does_not_change_may_hold_any_character() -> None:
    place = make_location(name="The 50% house", slug="half")
    make_location(name="The 50 house", slug="other")
    assert HALF.rows(start="half") == [place]
    assert HALF.rows(start="other") == []


class Half(GoesAlong):
    """Says what half of all is, before whatever is executed; Django could not call it."""

    def before(self, values: Any) -> str:
        half = "50%" if values is None else "50%%"
        return f"SELECT set_config('test.half', '{half}', false); "


def test_what_goes_along_is_put_in_front_past_django() -> None:
    half = Prepared("test_said", "SELECT current_setting('test.half')", {})
    along: Any = Half()
    with connection.execute_wrapper(along):
        assert half.rows({}) == [("50%",)]
        assert execute(whole_line(), "SELECT current_setting('test.half')").fetchall() == [("50%",)]


def test_somebody_who_watches_sees_every_statement() -> None:
    seen: list[str] = []

    def watch(execute: Any, statement: str, *others: Any) -> Any:
        seen.append(statement)
        return execute(statement, *others)

    with connection.execute_wrapper(watch):
        KEYS.rows(name="Maya")
    assert seen == ["EXECUTE test_keys (%(name)s)"]


def test_a_query_that_computes_from_its_values_is_refused() -> None:
    with pytest.raises(ValueError, match="test_soon computes something from its values"):
        SOON.rows(now=NOON)


def test_rows_are_written_whole_and_those_that_stand_stay_as_they_are() -> None:
    make_location(name="First", slug="a")
    drafts = [Location(name=name, slug=slug) for name, slug in (("Again", "a"), ("Second", "b"))]
    keys = LOCATIONS.write(drafts)
    assert [Location.objects.get(pk=key).name for key in keys] == ["Second"]
    assert Location.objects.get(slug="a").name == "First"
    stored = Location.objects.get(slug="b")
    assert (stored.time_zone, stored.phone, stored.is_active) == ("Europe/London", "", True)


def test_moments_and_references_arrive() -> None:
    person = make_practitioner()
    (key,) = AWAY.write(
        [TimeOff(practitioner=person, starts_at=NOON, ends_at=NOON + timedelta(hours=2))]
    )
    assert TimeOff.objects.filter(ends_at=F("starts_at") + timedelta(hours=2)).get().pk == key


def test_only_the_named_fields_of_the_one_row_change() -> None:
    place, other = (
        make_location(name="Here", slug="here"),
        make_location(name="There", slug="there"),
    )
    place.name, place.is_active, place.phone = "Nowhere", False, "123"
    assert NAME.write(place)
    place.refresh_from_db()
    assert (place.name, place.is_active, place.phone) == ("Nowhere", False, "")
    other.refresh_from_db()
    assert other.name == "There"
    assert not NAME.write(Location(pk=0, name="Nobody"))


def test_what_is_too_long_is_refused_and_not_cut_off() -> None:
    place = make_location(name="Here", slug="here")
    place.name = "x" * 81
    for write in (lambda: NAME.write(place), lambda: LOCATIONS.write([place])):
        with pytest.raises(DataError), transaction.atomic():
            write()


def test_a_query_that_loses_a_value_is_refused() -> None:
    """A number that no column can hold makes Django leave the condition out."""
    lost = PreparedQuery(
        "test_lost",
        {"lane": "bigint"},
        lambda lane: Location.objects.filter(opening_hours__weekday__lt=lane),
    )
    with pytest.raises(ValueError, match="does not ask for lane"):
        lost.rows(lane=1)


class TestALineThatTheServerHasEnded:
    """Before the first statement of a request nobody knows whether the connection is whole."""

    pytestmark = pytest.mark.django_db(transaction=True)
    HERE = Prepared("test_here", "SELECT pg_backend_pid() + %(more)s", {"more": "int"})
    SLOW = Prepared("test_slow", "SELECT pg_sleep(%(seconds)s)", {"seconds": "float"})

    @pytest.fixture(autouse=True)
    def _first_of_a_request(self) -> Iterator[None]:
        self.here = self.HERE.rows({"more": 0})
        connection.health_check_enabled, connection.health_check_done = True, False
        yield
        connection.close()

    def end_it(self) -> None:
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", self.here[0])
        other.close()

    def test_what_only_reads_is_its_own_health_check(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "is_usable", lambda: pytest.fail("asked twice"))
        assert self.HERE.only_read({"more": 0}) == self.here
        assert self.HERE.rows({"more": 0}) == self.here

    def test_what_only_reads_is_asked_again_on_a_new_one(self) -> None:
        self.end_it()
        assert self.HERE.only_read({"more": 0}) != self.here

    def test_anything_else_has_the_line_looked_at_before(self) -> None:
        self.end_it()
        assert self.HERE.rows({"more": 0}) != self.here

    def test_inside_a_transaction_nothing_is_asked_again(self) -> None:
        @transaction.atomic
        def within_a_transaction() -> None:
            self.end_it()
            self.HERE.only_read({"more": 0})

        with pytest.raises(OperationalError):
            within_a_transaction()

    def test_an_error_on_a_whole_line_is_an_error(self) -> None:
        self.SLOW.rows({"seconds": 0})
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 1")
        connection.health_check_done = False
        with pytest.raises(OperationalError, match="timeout"):
            self.SLOW.only_read({"seconds": 5})
        assert connection.connection is not None
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        assert self.HERE.rows({"more": 0}) == self.here
