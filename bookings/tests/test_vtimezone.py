"""The description of a time zone, followed by a reader that knows nothing else of it."""

from __future__ import annotations

import io
import os
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.times import exists, is_repeated
from bookings.vtimezone import described

SOME = [
    "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles", "America/St_Johns",
    "America/Santiago", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Jerusalem", "Australia/Lord_Howe",
    "Pacific/Auckland", "Pacific/Chatham", "Africa/Casablanca", "Africa/Cairo", "UTC",
]  # fmt: skip
ALL = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
ZONES, EXAMPLES = (ALL, 100) if os.environ.get("FULL") else (SOME, 12)
FIRST, LAST = datetime(2024, 1, 1), datetime(2035, 12, 31)
WINDOW = timedelta(days=395)  # that of a feed


def offset_of(zone: ZoneInfo, local: datetime) -> timedelta | None:
    """What the description says, followed from the wall clock as calendar programs do."""
    day = local.date()
    text = described(zone, first=day, last=day + WINDOW).to_ical().decode()
    (reader,) = [tzical(io.StringIO(text)).get(zone.key)]
    return reader.utcoffset(local)


@pytest.mark.parametrize("name", ZONES)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=EXAMPLES)
@given(local=st.datetimes(FIRST, LAST).map(lambda at: at.replace(second=0, microsecond=0)))
def test_a_wall_clock_means_the_same_moment(name: str, local: datetime) -> None:
    zone = ZoneInfo(name)
    aware = local.replace(tzinfo=zone)
    if exists(aware) and not is_repeated(aware):
        assert offset_of(zone, local) == aware.utcoffset()


@pytest.mark.parametrize("name", ZONES)
def test_the_minutes_around_every_change_are_right(name: str) -> None:
    zone, at = ZoneInfo(name), datetime(2027, 1, 1, tzinfo=UTC)
    while at.year < 2028:
        at += timedelta(hours=1)
        changes = (
            at.astimezone(zone).utcoffset()
            != (at - timedelta(hours=1)).astimezone(zone).utcoffset()
        )
        for minutes in (-180, -121, -61, -1, 0, 1, 59, 60, 121, 180) if changes else ():
            local = (at + timedelta(minutes=minutes)).astimezone(zone)
            if not is_repeated(local):
                said = offset_of(zone, local.replace(tzinfo=None, fold=0))
                assert said == local.utcoffset(), local


def test_an_onset_is_said_on_the_clock_that_it_ends() -> None:
    text = described(ZoneInfo("Europe/London"), first=date(2027, 6, 1), last=date(2027, 6, 1))
    summer = next(one for one in text.subcomponents if one.name == "DAYLIGHT")
    assert summer.to_ical().decode().split("\r\n")[1:6] == [
        "DTSTART:19700329T010000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZNAME:BST",
        "TZOFFSETFROM:+0000",
        "TZOFFSETTO:+0100",
    ]


def test_a_zone_without_a_rule_lists_its_changes() -> None:
    """Morocco leaves summer time for Ramadan, on another date each year."""
    zone = described(ZoneInfo("Africa/Casablanca"), first=date(2027, 1, 1), last=date(2027, 1, 1))
    text = zone.to_ical().decode()
    assert "RRULE" not in text
    assert "RDATE:20270207T030000" in text


def test_a_zone_whose_clock_never_changes_has_one_part() -> None:
    zone = described(ZoneInfo("Asia/Kathmandu"), first=date(2027, 1, 1), last=date(2027, 1, 1))
    (part,) = zone.subcomponents
    assert (part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td) == (timedelta(hours=5, minutes=45),) * 2
