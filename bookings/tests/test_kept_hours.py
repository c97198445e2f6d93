"""Hours that a process keeps are those that the clinic has now, whatever is changed and by whom."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bookings import kept_hours
from bookings.starts import HOURS, ask
from bookings.tests.factories import make_appointment
from practitioners.facts import facts
from practitioners.models import (
    ClinicSettings,
    Closure,
    ExtraHours,
    Location,
    Practitioner,
    Room,
    Service,
    Technique,
    TimeOff,
)
from practitioners.once import read_once
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 24, 8, tzinfo=LONDON)
ALL = ["09:00", "10:00", "11:00"]


def at(clock: str) -> datetime:
    return datetime.combine(MONDAY, time.fromisoformat(clock), tzinfo=LONDON)


class Clinic:
    """One specialist from nine to twelve on Mondays, asked for the same Monday again and again."""

    def __init__(self) -> None:
        HOURS.forget()
        make_clinic()
        self.place = make_location()
        make_room(self.place)
        self.service = make_service(start_grid=60)
        self.person = make_practitioner(
            self.service, at=self.place, weekdays=(1,), hours=((time(9), time(12)),)
        )

    def offered(self, now: datetime = NOW, days: int = 1, people: int = 1) -> list[str]:
        with read_once():
            facts()
            return self.asked(now, days, people)

    def asked(self, now: datetime = NOW, days: int = 1, people: int = 1) -> list[str]:
        rows = ask(
            [self.service.pk],
            practitioners=[self.person.pk, *range(-people, -1)],
            first_day=MONDAY,
            days=days,
            now=now,
        )
        moments = (datetime.fromtimestamp(one, LONDON) for row in rows for one in row.at)
        return [f"{moment:%H:%M}" for moment in moments]

    def sent(self, days: int = 1, people: int = 1) -> tuple[list[str], list[str]]:
        """What is offered, and the kinds of statements that it took."""
        with CaptureQueriesContext(connection) as captured:
            offered = self.offered(days=days, people=people)
        return offered, kinds_of(captured)


def kinds_of(captured: Any) -> list[str]:
    said = [query["sql"].partition("EXECUTE free_slots_")[2] for query in captured]
    return [words.partition("_")[0] for words in said if words]


@pytest.fixture(params=["of few", "of many"])
def clinic(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Asked for few, whose hours are sent, or for many, whose hours stand in a statement if asked again."""
    clinic = Clinic()
    if request.param == "of many":
        monkeypatch.setattr(kept_hours, "FEW", 0)
        assert clinic.sent() == (ALL, ["hours"])
        assert len(HOURS) == 0
    return clinic


def test_hours_are_found_once_and_kept_until_something_is_changed(clinic: Clinic) -> None:
    assert clinic.sent() == (ALL, ["hours"])
    assert clinic.sent() == (ALL, ["kept"])
    clinic.person.availability.update(ends_at=time(11))
    assert clinic.sent() == (ALL[:2], ["hours"])
    assert clinic.sent() == (ALL[:2], ["kept"])


def test_a_change_after_a_page_has_read_its_facts_is_seen_too(clinic: Clinic) -> None:
    for _ in range(2):
        with read_once():
            facts()
            assert clinic.asked() == ALL
    with read_once():
        facts()
        clinic.person.availability.update(ends_at=time(11))
        with CaptureQueriesContext(connection) as captured:
            assert clinic.asked() == ALL[:2]
        assert kinds_of(captured) == ["kept", "hours"]


def test_whoever_acts_has_the_hours_found(clinic: Clinic) -> None:
    clinic.offered()
    with CaptureQueriesContext(connection) as captured:
        assert clinic.asked() == ALL
    assert kinds_of(captured) == ["hours"]


def _shut(clinic: Clinic) -> None:
    Closure.objects.create(name="Paint", starts_on=MONDAY, ends_on=MONDAY)


def _away(clinic: Clinic) -> None:
    TimeOff.objects.create(practitioner=clinic.person, starts_at=at("09:00"), ends_at=at("10:00"))


def _more(clinic: Clinic) -> None:
    ExtraHours.objects.create(
        practitioner=clinic.person, location=clinic.place, on=MONDAY,
        starts_at=time(18), ends_at=time(19),
    )  # fmt: skip


@pytest.mark.parametrize(
    "change, expected",
    [
        (lambda clinic: clinic.person.availability.all().delete(), []),
        (_more, [*ALL, "18:00"]),
        (_away, ALL[1:]),
        (_shut, []),
        (lambda clinic: clinic.person.credentials.update(expires_on=MONDAY - timedelta(1)), []),
        (lambda clinic: clinic.person.certificates.update(expires_on=MONDAY - timedelta(1)), []),
        (lambda clinic: clinic.person.services.clear(), []),
        (lambda clinic: Practitioner.objects.update(is_bookable_online=False), []),
        (lambda clinic: Technique.objects.update(is_published=False), []),
        (lambda clinic: Service.objects.update(is_published=False), []),
        (lambda clinic: Service.objects.update(turnover_after=30), ALL[:2]),
        (lambda clinic: Service.objects.update(minutes=90), ALL[:2]),
        (lambda clinic: Room.objects.update(is_active=False), []),
        (lambda clinic: ClinicSettings.objects.update(horizon_days=3), []),
        (lambda clinic: Location.objects.update(is_active=False), []),
        (lambda clinic: Location.objects.update(time_zone="Europe/Paris"), ["08:00", *ALL[:2]]),
    ],
)
def test_each_change_is_seen_at_once(
    clinic: Clinic, change: Callable[[Clinic], object], expected: list[str]
) -> None:
    assert [clinic.offered() for _ in range(2)] == [ALL, ALL]
    with transaction.atomic():
        change(clinic)
        assert [clinic.offered() for _ in range(2)] == [expected, expected]
        transaction.set_rollback(True)
    assert [clinic.offered() for _ in range(2)] == [ALL, ALL]


def test_visits_and_holds_are_looked_up_every_time(clinic: Clinic) -> None:
    clinic.offered()
    visit = make_appointment(clinic.person, clinic.service, clinic.place, at("10:00"))
    assert clinic.sent() == (["09:00", "11:00"], ["kept"])
    until = NOW + timedelta(minutes=9)
    type(visit).objects.update(status="held", held_until=until, held_by="another")
    assert clinic.sent() == (["09:00", "11:00"], ["kept"])
    assert clinic.offered(now=until) == ALL


def test_what_the_clock_decides_is_decided_anew(clinic: Clinic) -> None:
    make_clinic(horizon_days=5)
    Service.objects.update(min_notice_minutes=60)
    monday_before = datetime(2026, 11, 24, 23, 59, tzinfo=LONDON)
    for _ in range(2):
        assert clinic.offered(now=monday_before) == []
        assert clinic.offered(now=monday_before + timedelta(minutes=1)) == ALL
        assert clinic.offered(now=at("08:30")) == ALL[1:]
        assert clinic.offered(now=at("11:00")) == []
    assert len(HOURS) == 1


def test_what_is_asked_by_many_fills_no_memory() -> None:
    clinic = Clinic()
    for days in range(1, kept_hours.KEPT + 3):
        clinic.offered(days=days)
    assert 0 < len(HOURS) <= kept_hours.KEPT


class TestOfMany:
    """What stands in statements: there are few of them, and each session has its own."""

    @pytest.fixture
    def clinic(self, monkeypatch: pytest.MonkeyPatch) -> Clinic:
        monkeypatch.setattr(kept_hours, "FEW", 0)
        monkeypatch.setattr(kept_hours, "IN_STATEMENTS", 2)
        return Clinic()

    def test_what_is_asked_once_is_not_kept(self, clinic: Clinic) -> None:
        for days in range(1, 20):
            clinic.offered(days=days)
        assert len(HOURS) == 0

    def test_the_one_that_was_asked_least_lately_makes_room(self, clinic: Clinic) -> None:
        def asked(*days: int) -> list[list[str]]:
            return [clinic.sent(days=one)[1] for one in days]

        before = server_time()
        asked(1, 2, 1, 2)
        assert asked(1, 2, 1) == [["kept"]] * 3
        assert asked(3, 3) == [["hours"]] * 2
        assert asked(1, 3) == [["kept"]] * 2
        assert asked(2) == [["hours"]]
        assert len(HOURS) == 2
        assert statements_of_many(since=before) == 2

    def test_each_question_has_its_own_hours_whoever_had_their_number_before(
        self, clinic: Clinic
    ) -> None:
        before = server_time()
        for days in (1, 8, 15, 22) * 5:
            assert clinic.offered(days=days) == ALL * (1 + days // 7)
        assert statements_of_many(since=before) <= 2

    def test_of_too_many_nothing_is_kept(
        self, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept_hours, "MOST", 30)
        for people in (15, 15, 30, 30, 31, 31):
            clinic.offered(people=people)
            assert len(HOURS) <= 1
        assert [clinic.sent(people=people)[1] for people in (30, 31)] == [["kept"], ["hours"]]


def server_time() -> Any:
    """What the server's clock says."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def statements_of_many(*, since: datetime) -> int:
    """How many of them the session has come to know since then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements"
            " WHERE name ~ '^free_.*_[0-9]+$' AND prepare_time > %s",
            [since],
        )
        return int(cursor.fetchone()[0])


def test_without_any_note_nothing_is_kept(clinic: Clinic) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM practitioners_change")
    assert [clinic.sent() for _ in range(2)] == [(ALL, ["hours"])] * 2


@pytest.mark.django_db(transaction=True)
def test_a_change_of_another_counts_from_its_commit_on(clinic: Clinic) -> None:
    assert [clinic.offered() for _ in range(2)] == [ALL, ALL]
    with closing(psycopg2.connect(**_address())) as other, other.cursor() as cursor:
        cursor.execute("UPDATE practitioners_availability SET ends_at = '11:00'")
        assert clinic.offered() == ALL
        other.rollback()
        assert clinic.offered() == ALL
        cursor.execute("UPDATE practitioners_availability SET ends_at = '10:00'")
        other.commit()
    assert clinic.offered() == ALL[:1]


@pytest.mark.django_db(transaction=True)
def test_a_new_session_is_told_what_another_has_found(clinic: Clinic) -> None:
    assert [clinic.sent() for _ in range(2)] == [(ALL, ["hours"]), (ALL, ["kept"])]
    connection.close()
    assert clinic.sent() == (ALL, ["kept"])


def _address() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {key: given[key] for key in ("dbname", "user", "host", "port") if given.get(key)}
