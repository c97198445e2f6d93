"""Free times that a session keeps are right, whatever is written, by whom, and as time goes by."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from bookings import kept_answers
from bookings.availability import free_starts, next_free
from bookings.models import Appointment
from bookings.starts import ANSWERS, Slot, Starts, may_be_kept
from bookings.tests.factories import make_appointment
from bookings.tests.random_clinics import RandomClinic
from bookings.wall_clock import DAY, MINUTE
from practitioners.facts import facts
from practitioners.models import (
    Availability,
    ClinicSettings,
    Credential,
    Practitioner,
    Room,
    Service,
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

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ENOUGH = 200  # another session may always be writing something, like the server's own housekeeping
Found = dict[int, Slot | None]


def at(clock: str) -> datetime:
    return datetime.combine(MONDAY, time.fromisoformat(clock), tzinfo=UTC)


def ask(people: list[int], now: datetime, services: list[Service] | None = None) -> Found:
    with read_once():
        facts()
        return next_free(services, practitioners=people, now=now)


def is_kept(people: list[int], now: datetime) -> tuple[Found, bool]:
    """What is answered, and whether nobody looked for it."""
    with CaptureQueriesContext(connection) as captured:
        found = ask(people, now)
    return found, not any("EXECUTE free_slots" in query["sql"] for query in captured)


def elsewhere(change: Callable[[], object]) -> None:
    """Let another session make a change and commit it."""

    def make() -> None:
        try:
            change()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        other.submit(make).result()


class Clinic:
    """Two specialists and one room, in London; the first is there from nine to twelve on Mondays."""

    def __init__(self) -> None:
        ANSWERS.forget()
        make_clinic(min_notice_minutes=0)
        self.place = make_location()
        self.room = make_room(self.place)
        self.service = make_service(start_grid=60)
        self.person, self.other = (
            make_practitioner(
                self.service, at=self.place, weekdays=(day,), hours=((time(9), time(12)),)
            )
            for day in (1, 2)
        )

    def soonest(self, now: datetime = NOW) -> str:
        """When the first specialist is next free."""
        slot = ask([self.person.pk], now)[self.person.pk]
        return f"{slot.starts_at:%H:%M}" if slot else "never"

    def until_kept(self, now: datetime = NOW) -> str:
        """The same, once it is kept."""
        assert any(is_kept([self.person.pk], now)[1] for _ in range(ENOUGH))
        return self.soonest(now)

    def visit(self, clock: str, who: Practitioner | None = None, **fields: Any) -> Appointment:
        person = who or self.person
        about = {"room": self.room, **fields}
        return make_appointment(person, self.service, self.place, at(clock), **about)

    def hold(self, until: datetime) -> Appointment:
        return self.visit("09:00", status="held", held_until=until, held_by="another")


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def _move(clinic: Clinic) -> None:
    busy = (at("10:00"), at("11:00"))
    Appointment.objects.update(starts_at=at("10:00"), ends_at=at("11:00"), busy=busy)


def _cancel(clinic: Clinic) -> None:
    Appointment.objects.filter(status="booked").update(status="cancelled", cancelled_by="client")


def _away(clinic: Clinic) -> None:
    TimeOff.objects.create(practitioner=clinic.person, starts_at=at("08:00"), ends_at=at("10:30"))


# One after the other, and when the specialist is next free after each.
CHANGES: tuple[tuple[Callable[[Clinic], object], str], ...] = (
    (lambda clinic: clinic.visit("09:00"), "10:00"),
    (_move, "09:00"),
    (lambda clinic: clinic.hold(NOW + 9 * MINUTE), "11:00"),
    (_cancel, "10:00"),
    (lambda clinic: Appointment.objects.filter(status="held").delete(), "09:00"),
    (lambda clinic: clinic.visit("09:00", clinic.other), "10:00"),
    (lambda clinic: make_room(clinic.place), "09:00"),
    (lambda clinic: Room.objects.update(is_active=False), "never"),
    (lambda clinic: Room.objects.update(is_active=True), "09:00"),
    (_away, "11:00"),
    (lambda clinic: TimeOff.objects.all().delete(), "09:00"),
    (lambda clinic: Availability.objects.update(starts_at=time(10)), "10:00"),
    (lambda clinic: Service.objects.update(minutes=121), "never"),
    (lambda clinic: Service.objects.update(minutes=60), "10:00"),
    (lambda clinic: Credential.objects.update(expires_on=MONDAY - DAY), "never"),
    (lambda clinic: Credential.objects.update(expires_on=MONDAY), "10:00"),
    (lambda clinic: ClinicSettings.objects.update(horizon_days=5), "never"),
    (lambda clinic: ClinicSettings.objects.update(horizon_days=6), "10:00"),
    (lambda clinic: Practitioner.objects.update(is_bookable_online=False), "never"),
)


def test_each_change_elsewhere_is_seen_at_once(clinic: Clinic) -> None:
    before = clinic.until_kept()
    assert before == "09:00"
    for number, (change, expected) in enumerate(CHANGES):
        elsewhere(lambda change=change: change(clinic))  # type: ignore[misc]
        assert clinic.soonest() == expected != before, number
        before = clinic.until_kept()
        assert before == expected, number


def test_a_change_of_the_session_itself_is_seen_at_once(clinic: Clinic) -> None:
    assert clinic.until_kept() == "09:00"
    clinic.visit("09:00")
    assert clinic.soonest() == "10:00"


def test_a_change_counts_from_its_commit_on(clinic: Clinic) -> None:
    assert clinic.until_kept() == "09:00"

    def seen_before_the_commit() -> str:
        with ThreadPoolExecutor(1) as here, transaction.atomic():
            clinic.visit("09:00")
            return here.submit(_and_close, clinic.until_kept).result()

    with ThreadPoolExecutor(1) as other:
        assert other.submit(_and_close, seen_before_the_commit).result() == "09:00"
    assert clinic.soonest() == "10:00"


def _and_close(work: Callable[[], str]) -> str:
    try:
        return work()
    finally:
        connections.close_all()


def test_within_a_transaction_nothing_is_kept(clinic: Clinic) -> None:
    assert clinic.until_kept() == "09:00"
    with transaction.atomic():
        assert [is_kept([clinic.person.pk], NOW)[1] for _ in range(2)] == [False, False]
        clinic.visit("09:00")
        assert clinic.soonest() == "10:00"
        transaction.set_rollback(True)
    assert clinic.soonest() == "09:00"


def test_a_hold_is_in_the_way_until_it_has_run_out(clinic: Clinic) -> None:
    until = NOW + 9 * MINUTE
    clinic.hold(until)
    assert clinic.until_kept() == "10:00"
    assert clinic.soonest(until - timedelta(microseconds=1)) == "10:00"
    assert clinic.soonest(until) == "09:00"


def test_a_start_is_given_until_it_is_too_soon(clinic: Clinic) -> None:
    Service.objects.update(min_notice_minutes=30)
    assert clinic.until_kept(at("08:00")) == "09:00"
    assert is_kept([clinic.person.pk], at("08:30"))[0][clinic.person.pk]
    assert clinic.soonest(at("08:30")) == "09:00"
    assert clinic.soonest(at("08:30") + timedelta(microseconds=1)) == "10:00"
    assert clinic.soonest(at("08:00")) == "09:00"


@pytest.mark.parametrize("for_staff, notice", [(False, 30 * MINUTE), (True, 0 * MINUTE)])
def test_a_list_is_given_until_its_first_start_is_too_soon(
    clinic: Clinic, for_staff: bool, notice: timedelta
) -> None:
    Service.objects.update(min_notice_minutes=30)
    clinic.visit("10:00")

    def listed(now: datetime) -> list[int]:
        with read_once():
            facts()
            rows = free_starts(
                clinic.service, first_day=MONDAY, days=1, now=now,
                practitioners=[clinic.person.pk], for_staff=for_staff, again=may_be_kept(now=now),
            )  # fmt: skip
        return [datetime.fromtimestamp(one, UTC).hour for row in rows for one in row.at]

    last = at("09:00") - notice
    assert [listed(now) for now in (at("08:00"), at("08:00"), last)] == [[9, 11]] * 3
    assert listed(last + timedelta(microseconds=1)) == [11]
    assert listed(at("08:00")) == [9, 11]


def test_a_day_opens_at_midnight(clinic: Clinic) -> None:
    ClinicSettings.objects.update(horizon_days=5)
    before = datetime(2026, 11, 24, 23, 59, tzinfo=UTC)
    assert clinic.until_kept(before) == "never"
    assert clinic.soonest(before + MINUTE) == "09:00"


def test_whoever_gets_an_answer_may_change_it(clinic: Clinic) -> None:
    clinic.until_kept()
    ask([clinic.person.pk], NOW).clear()
    assert clinic.soonest() == "09:00"


def test_another_question_is_another_answer(clinic: Clinic) -> None:
    other = make_service()
    assert clinic.until_kept() == "09:00"
    assert ask([clinic.person.pk], NOW, [other]) == {clinic.person.pk: None}
    found = ask([clinic.person.pk, clinic.other.pk], NOW)
    assert [slot and slot.starts_at.day for slot in found.values()] == [30, 24]


def test_a_new_session_finds_anew(clinic: Clinic) -> None:
    clinic.until_kept()
    connection.close()
    assert is_kept([clinic.person.pk], NOW) == (ask([clinic.person.pk], NOW), False)


def test_what_is_asked_for_many_or_by_many_fills_no_memory(clinic: Clinic) -> None:
    many = [clinic.person.pk, *range(-60, -1)]
    assert not any(is_kept(many, NOW)[1] for _ in range(3))
    for number in range(kept_answers.KEPT + 3):
        ask([clinic.person.pk, -number], NOW)
        assert len(ANSWERS) <= kept_answers.KEPT


@pytest.mark.parametrize("seed", range(3))
def test_in_clinics_at_random_it_is_what_would_be_found(seed: int) -> None:
    """Clocks go on, visits and holds come and go, and sometimes the hours change."""
    chance = Random(seed)
    ANSWERS.forget()
    clinic = RandomClinic(chance, "Europe/London", date(2027, 3, 28))
    people, now, given = [one.pk for one in clinic.people], clinic.asking.now, 0
    for _ in range(40):
        found, was_kept = is_kept(people, now)
        given += was_kept
        starts = all_of(clinic, now)
        ANSWERS.forget()
        assert (found, starts) == (ask(people, now), all_of(clinic, now))
        if chance.random() < 0.4:
            elsewhere(lambda: _something(clinic, chance))
        now += chance.choice((0, 0, 1, 5, 20, 90)) * MINUTE
    assert given


def all_of(clinic: RandomClinic, now: datetime) -> list[list[Starts]]:
    """Every start of three days of each service, as on the page of times."""
    with read_once():
        facts()
        return [
            free_starts(
                one, first_day=clinic.day - DAY, days=3, now=now, again=may_be_kept(now=now),
                practitioners=[person.pk for person in clinic.people],
            )
            for one in clinic.services
        ]  # fmt: skip


def _something(clinic: RandomClinic, chance: Random) -> None:
    visit = Appointment.objects.order_by("?").first()
    what = chance.randrange(5)
    if what == 0 and visit:
        visit.delete()
    elif what == 1 and visit and visit.status == "booked":
        Appointment.objects.filter(pk=visit.pk).update(status="cancelled", cancelled_by="client")
    elif what == 2:
        clinic.hours(chance.choice(clinic.people))
    else:
        clinic.visit()
