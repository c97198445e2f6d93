"""Any specialist: whoever is free, certified and has least to do, in turn."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from bookings import calendar
from bookings.availability import least_loaded, slots_at
from bookings.tests.factories import make_client, make_user
from practitioners.models import Practitioner
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Clinic:
    """Four who may give the session, with a room each; one who is not certified, one who is away from here."""

    def __init__(self) -> None:
        make_clinic(max_open_bookings=1000)
        self.place = make_location()
        for _ in range(4):
            make_room(self.place)
        self.service = make_service(start_grid=60)
        self.people = [make_practitioner(self.service, at=self.place) for _ in range(4)]
        self.unfit = make_practitioner(self.service, at=self.place)
        self.unfit.certificates.update(expires_on=date(2026, 11, 1))
        self.hidden = make_practitioner(self.service, at=self.place, is_bookable_online=False)
        self.user = make_user()

    def book(self, start: datetime) -> Practitioner:
        """Whoever gets a booking for which anybody would do."""
        calendar.hold(self.service, start, visitor="me", now=NOW)
        visit = calendar.confirm(
            "me", client=make_client(), by=self.user, form_token=uuid.uuid4(), now=NOW
        )
        return visit.practitioner


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def test_bookings_spread_evenly_and_only_over_those_who_may(clinic: Clinic) -> None:
    starts = [MONDAY + day * DAY + hour * HOUR for day in range(5) for hour in range(5)]
    random.Random(1).shuffle(starts)
    got = Counter(clinic.book(start).pk for start in starts)
    assert set(got) == {one.pk for one in clinic.people}
    assert max(got.values()) - min(got.values()) <= 1


def test_who_has_been_booked_by_name_is_asked_last(clinic: Clinic) -> None:
    favourite = clinic.people[0]
    for day in range(4):
        calendar.hold(
            clinic.service, MONDAY + day * DAY, visitor=f"fan{day}", now=NOW, practitioner=favourite
        )
    got = Counter(clinic.book(MONDAY + day * DAY + 3 * HOUR).pk for day in range(4))
    assert favourite.pk not in got
    assert sum(got.values()) == 4


def test_times_kept_for_others_count_only_until_they_run_out(clinic: Clinic) -> None:
    before = NOW - timedelta(minutes=30)
    for number, person in enumerate(clinic.people[1:]):
        calendar.hold(
            clinic.service, MONDAY, visitor=f"gone{number}", now=before, practitioner=person
        )
    calendar.hold(
        clinic.service, MONDAY + HOUR, visitor="here", now=NOW, practitioner=clinic.people[0]
    )
    assert clinic.book(MONDAY + 3 * HOUR) != clinic.people[0]


def test_at_equal_loads_everybody_is_the_first_now_and_then(clinic: Clinic) -> None:
    firsts = Counter()
    for number in range(40):
        start = MONDAY + number // 8 * 7 * DAY + number % 8 * HOUR
        slots = slots_at(clinic.service, start, now=NOW)
        firsts[least_loaded(slots, now=NOW)[0].practitioner_id] += 1
    assert set(firsts) == {one.pk for one in clinic.people}
