"""The calendar file of a visit, read again by the library that others use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest

from bookings.ics import visit_calendar
from bookings.models import Appointment
from bookings.tests.factories import make_appointment, make_client
from bookings.tests.signed import unsigned
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
BEFORE_SUMMER_TIME = datetime(2027, 3, 27, 10, tzinfo=UTC)


@pytest.fixture
def visit() -> Appointment:
    make_clinic(name="Willow Street, Clinic; Ltd")
    place = make_location(
        name="Willow Street", address="1 Test Street\nLondon", time_zone="America/New_York"
    )
    service = make_service(name="Scar massage")
    practitioner = make_practitioner(service, at=place)
    return make_appointment(
        practitioner, service, place, BEFORE_SUMMER_TIME, client=make_client(name="Maya Demo")
    )


def read(visit: Appointment) -> tuple[Any, Any]:
    """The calendar and its one event."""
    found = icalendar.Calendar.from_ical(visit_calendar(visit, now=NOW))
    (event,) = found.walk("VEVENT")
    return found, event


def test_it_is_published_and_asks_for_no_answer(visit: Appointment) -> None:
    found, event = read(visit)
    assert (found["METHOD"], found["VERSION"]) == ("PUBLISH", "2.0")
    assert "ATTENDEE" not in event


def test_it_says_when_on_the_clock_of_the_place_with_its_zone(visit: Appointment) -> None:
    found, event = read(visit)
    start = event["DTSTART"].dt
    assert start == BEFORE_SUMMER_TIME
    assert (start.hour, event["DTSTART"].params["TZID"]) == (6, "America/New_York")
    assert event["DTEND"].dt == visit.ends_at
    assert [str(zone["TZID"]) for zone in found.walk("VTIMEZONE")] == ["America/New_York"]


def test_it_says_where_and_with_which_clinic(visit: Appointment) -> None:
    _, event = read(visit)
    assert event["SUMMARY"] == "Session at Willow Street, Clinic; Ltd"
    assert event["LOCATION"] == "Willow Street, 1 Test Street, London"
    assert event["STATUS"] == "CONFIRMED"
    assert "http://localhost:8000/v/" in event["DESCRIPTION"]


def test_it_says_nothing_of_what_for_or_for_whom(visit: Appointment) -> None:
    text = visit_calendar(visit, now=NOW).decode()
    assert "Scar" not in text
    assert "Maya" not in text


def test_a_move_keeps_the_uid_and_raises_the_sequence(visit: Appointment) -> None:
    _, before = read(visit)
    visit.version = 2
    _, after = read(visit)
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)


def test_a_cancelled_visit_is_taken_out_and_offers_no_link(visit: Appointment) -> None:
    visit.status, visit.version = Appointment.Status.CANCELLED, 2
    _, event = read(visit)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CANCELLED", 1)
    assert "DESCRIPTION" not in event


def test_lines_are_folded_and_end_as_the_format_wants(visit: Appointment) -> None:
    visit.location.address = "An address that goes on and on, " * 10
    lines = visit_calendar(visit, now=NOW).split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line for line in lines)


def test_the_zone_is_described_around_the_visit_and_not_for_a_century(visit: Appointment) -> None:
    assert len(visit_calendar(visit, now=NOW)) < 2000


def test_the_same_visit_at_the_same_moment_is_the_same_file(visit: Appointment) -> None:
    files = (visit_calendar(visit, now=NOW).decode() for _ in range(2))
    first, second = (unsigned(one.replace("\r\n ", "")) for one in files)
    assert first == second
