"""Three independent readers of calendar files find the same moments in ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import icalendar
import ics
import pytest
import vobject

from bookings.feeds import feed_calendar, renew_feed
from bookings.ics import visit_calendar
from bookings.models import Appointment, CalendarFeed
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_service,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
# Zone, and a moment: both days on which clocks change, before, between and after; half and
# three-quarter hours; a day already on tomorrow; Lord Howe, where clocks change by half an hour.
MOMENTS = [
    ("Europe/London", datetime(2026, 12, 1, 10, 15, tzinfo=UTC)),
    ("Europe/London", datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),  # 00:30, then 01:30 is no time
    ("Europe/London", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),  # 02:00, the first of summer time
    ("Europe/London", datetime(2027, 6, 1, 8, 0, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 01:30, the first time
    ("Europe/London", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # 01:30, the second time
    ("Europe/London", datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),  # 03:00, the first after
    ("America/New_York", datetime(2026, 11, 1, 6, 0, tzinfo=UTC)),  # 01:00, the second time
    ("Asia/Kathmandu", datetime(2026, 12, 1, 4, 30, tzinfo=UTC)),  # +05:45
    ("Asia/Kolkata", datetime(2026, 12, 1, 4, 30, tzinfo=UTC)),
    ("Pacific/Auckland", datetime(2027, 4, 3, 14, 0, tzinfo=UTC)),  # the hour before clocks go back
    ("Australia/Lord_Howe", datetime(2027, 4, 4, 2, 0, tzinfo=UTC)),
    ("America/Los_Angeles", datetime(2026, 12, 1, 18, 0, tzinfo=UTC)),
]


@dataclass(frozen=True, slots=True)
class Read:
    """What a calendar program needs to know of an event."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    status: str


def by_icalendar(text: bytes) -> list[Read]:
    return [
        Read(
            str(one["UID"]), one["SEQUENCE"], one["DTSTART"].dt, one["DTEND"].dt,
            str(one["SUMMARY"]), str(one["LOCATION"]), str(one["STATUS"]),
        )
        for one in icalendar.Calendar.from_ical(text).walk("VEVENT")
    ]  # fmt: skip


def by_ics(text: bytes) -> list[Read]:
    found = []
    for one in ics.Calendar(text.decode()).events:
        extra = {line.name: line.value for line in one.extra}
        found.append(
            Read(
                one.uid, int(extra["SEQUENCE"]), one.begin.datetime, one.end.datetime,
                one.name, one.location, one.status,
            )
        )  # fmt: skip
    return found


def by_vobject(text: bytes) -> list[Read]:
    return [
        Read(
            one.uid.value, int(one.sequence.value), one.dtstart.value, one.dtend.value,
            one.summary.value, one.location.value, one.status.value,
        )
        for one in vobject.readOne(text.decode()).vevent_list
    ]  # fmt: skip


READERS = [by_icalendar, by_ics, by_vobject]
Reader = Callable[[bytes], list[Read]]


def visit_at(zone: str, at: datetime) -> Appointment:
    make_clinic(name="Willow; Street, Clinic")
    place = make_location(name="Ümläut, House", time_zone=zone, address="1 Test Street\nTown")
    service = make_service()
    return make_appointment(make_practitioner(service, at=place), service, place, at)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(("zone", "at"), MOMENTS)
def test_every_reader_finds_the_moment(zone: str, at: datetime, read: Reader) -> None:
    visit = visit_at(zone, at)
    (found,) = read(visit_calendar(visit, now=NOW))
    assert found.starts_at.astimezone(UTC) == at
    assert found.ends_at.astimezone(UTC) == at + timedelta(hours=1)
    assert found.uid.startswith(f"visit-{visit.public_id}@")
    assert found.title == "Session at Willow; Street, Clinic"
    assert found.place == "Ümläut, House, 1 Test Street, Town"
    assert (found.sequence, found.status) == (0, "CONFIRMED")


@pytest.mark.parametrize("read", [by_icalendar, by_vobject])  # ics asks for names only
@pytest.mark.parametrize(("zone", "at"), MOMENTS)
def test_the_file_describes_its_zones_itself(zone: str, at: datetime, read: Reader) -> None:
    """Under a name that nobody can look up, only the description in the file tells the moment."""
    text = visit_calendar(visit_at(zone, at), now=NOW)
    nowhere = f"Nowhere/{uuid4().hex[:12]}".encode()
    (found,) = read(text.replace(zone.encode(), nowhere))
    assert found.starts_at.tzinfo is not None
    assert found.starts_at.astimezone(UTC) == at


@pytest.mark.parametrize("read", READERS)
def test_every_reader_follows_a_move_and_a_cancellation(read: Reader) -> None:
    visit = visit_at("Europe/London", NOW)
    (before,) = read(visit_calendar(visit, now=NOW))
    visit.version, visit.starts_at = 2, NOW + timedelta(days=200)
    visit.ends_at = visit.starts_at + timedelta(hours=1)
    (moved,) = read(visit_calendar(visit, now=NOW))
    visit.version, visit.status = 3, Appointment.Status.CANCELLED
    (cancelled,) = read(visit_calendar(visit, now=NOW))
    assert before.uid == moved.uid == cancelled.uid
    assert [one.sequence for one in (before, moved, cancelled)] == [0, 1, 2]
    assert moved.starts_at.astimezone(UTC) == visit.starts_at
    assert cancelled.status == "CANCELLED"


@pytest.mark.parametrize("read", READERS)
def test_every_reader_finds_every_visit_of_a_feed(read: Reader) -> None:
    """A year of visits at several places, on both sides of every change of the clocks."""
    make_clinic()
    service, user, me = make_service(), make_user(), make_client(name="Robin Known")
    zones = ("Europe/London", "America/New_York", "Asia/Kathmandu")
    places = [make_location(time_zone=zone) for zone in zones]
    person = make_practitioner(service, at=places[0], user=user)
    starts = [NOW + timedelta(days=9 * number, minutes=30) for number in range(-3, 40)]
    for number, at in enumerate(starts):
        make_appointment(person, service, places[number % 3], at, client=me)
    renew_feed(user, "staff", now=NOW)
    text = feed_calendar(CalendarFeed.objects.get(), now=NOW)
    found = sorted(one.starts_at.astimezone(UTC) for one in read(text))
    assert found == starts
    assert {one.title for one in read(text)} == {"Session, R. K."}
