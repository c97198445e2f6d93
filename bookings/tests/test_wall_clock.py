"""From a date and a time on a wall to a moment, and when a visit is reminded of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings.wall_clock import appointment_reminder_at, day_of, moment, stretches

LONDON = ZoneInfo("Europe/London")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("Europe/London", "2026-07-01 09:30", "2026-07-01 08:30"),
        ("Europe/London", "2026-12-01 09:30", "2026-12-01 09:30"),
        ("Europe/London", "2027-03-28 00:59", "2027-03-28 00:59"),
        ("Europe/London", "2027-03-28 01:00", "2027-03-28 01:00"),  # skipped: 02:00 BST
        ("Europe/London", "2027-03-28 01:30", "2027-03-28 01:00"),  # skipped: 02:00 BST
        ("Europe/London", "2027-03-28 02:00", "2027-03-28 01:00"),
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),  # twice: the first, BST
        ("Europe/London", "2026-10-25 02:00", "2026-10-25 02:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # half an hour
        ("America/Santiago", "2026-09-06 00:00", "2026-09-06 04:00"),  # no midnight
        ("Asia/Kathmandu", "2026-09-06 09:30", "2026-09-06 03:45"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),  # a day that never was
    ],
)
def test_a_wall_clock_time_is_one_moment(zone: str, wall: str, expected: str) -> None:
    local = datetime.fromisoformat(wall)
    assert moment(local.date(), local.time(), ZoneInfo(zone)) == utc(expected)


def test_a_skipped_time_with_seconds_becomes_the_first_valid_minute() -> None:
    assert moment(date(2027, 3, 28), time(1, 30, 15), LONDON) == utc("2027-03-28 01:00")


def test_the_local_date_changes_at_local_midnight() -> None:
    late = utc("2026-07-01 23:30")
    assert day_of(late, LONDON) == date(2026, 7, 2)
    assert day_of(late, ZoneInfo("America/New_York")) == date(2026, 7, 1)


def test_a_moment_without_a_zone_has_no_date() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        day_of(datetime(2026, 7, 1, 9, 30), LONDON)
    with pytest.raises(ValueError, match="without a time zone"):
        appointment_reminder_at(datetime(2026, 7, 1, 9, 30), LONDON, booked_at=LONG_AGO)


def test_example_ap1_two_days_before_are_49_hours_when_the_clocks_go_back() -> None:
    starts_at = utc("2026-10-26 10:00")
    remind_at = appointment_reminder_at(starts_at, LONDON, booked_at=LONG_AGO)
    assert remind_at == utc("2026-10-24 09:00")
    assert starts_at - remind_at == timedelta(hours=49)


@pytest.mark.parametrize(
    ("starts_at", "expected"),
    [
        ("2026-09-10 10:15", "2026-09-08 10:15"),
        ("2026-09-15 10:15", "2026-09-13 10:15"),  # a Sunday: any day of the week
        ("2026-09-10 09:00", "2026-09-08 09:00"),
        ("2026-09-10 18:59", "2026-09-08 18:59"),
        ("2026-09-10 19:00", "2026-09-08 18:00"),
        ("2026-09-10 20:30", "2026-09-08 18:00"),
        ("2026-09-10 08:59", "2026-09-07 18:00"),
        ("2026-09-10 07:00", "2026-09-07 18:00"),
        ("2027-03-30 08:30", "2027-03-27 18:00"),  # across the spring change
    ],
)
def test_a_visit_is_reminded_of_at_its_own_time_or_earlier(starts_at: str, expected: str) -> None:
    def local(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=LONDON)

    found = appointment_reminder_at(local(starts_at), LONDON, booked_at=LONG_AGO)
    assert found == local(expected)


def test_a_visit_booked_after_that_moment_is_not_reminded_of() -> None:
    starts_at, remind_at = utc("2026-12-10 10:00"), utc("2026-12-08 10:00")
    a_second = timedelta(seconds=1)
    in_time = appointment_reminder_at(starts_at, LONDON, booked_at=remind_at)
    assert in_time == remind_at
    assert appointment_reminder_at(starts_at, LONDON, booked_at=remind_at + a_second) is None


@pytest.mark.parametrize(
    ("zone", "first", "jumps"),
    [
        ("Europe/London", date(2027, 3, 26), ["2027-03-28 01:00"]),
        ("America/Nuuk", date(2027, 3, 26), ["2027-03-28 01:00"]),  # Saturday 23:00 is Sunday 0:00
        ("America/Havana", date(2027, 3, 12), ["2027-03-14 05:00"]),  # Sunday 0:00 is 1:00
        ("Europe/London", date(2027, 4, 1), []),
    ],
)
def test_a_clock_that_jumps_once_has_two_stretches(
    zone: str, first: date, jumps: list[str]
) -> None:
    found = stretches(first, first + timedelta(days=4), ZoneInfo(zone))
    assert [f"{part.since:%Y-%m-%d %H:%M}" for part in found if part.since] == jumps
    assert [part.until for part in found] == [*(part.since for part in found[1:]), None]
    assert all(part.ahead - part.ahead_before == timedelta(hours=1) for part in found[1:])
