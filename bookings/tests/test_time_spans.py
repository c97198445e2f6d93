"""From when to when, in as few words as are clear."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bookings.times import Words

LONDON = ZoneInfo("Europe/London")


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON).astimezone(ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (at(12, 1, 10, 15), at(12, 1, 14, 30), "Tue 1 Dec, 10:15am to 2:30pm"),
        (at(12, 1, 10, 15), at(12, 2, 14, 30), "Tue 1 Dec, 10:15am to Wed 2 Dec, 2:30pm"),
        (at(12, 1), at(12, 2), "Tue 1 Dec, all day"),
        (at(12, 1), at(12, 5), "Tue 1 Dec to Fri 4 Dec"),
        (at(12, 1, 17), at(12, 2), "Tue 1 Dec, 5:00pm to the end of Tue 1 Dec"),
        (at(3, 29), at(3, 30), "Sun 29 Mar, all day"),
        (at(10, 25), at(10, 26), "Sun 25 Oct, all day"),
    ],
)
def test_from_when_to_when(begins: datetime, ends: datetime, said: str) -> None:
    assert Words(LONDON).span(begins, ends) == said


def test_whose_clock_decides_what_a_day_is() -> None:
    elsewhere = Words(ZoneInfo("Asia/Kathmandu"), "24h")
    assert elsewhere.span(at(12, 1), at(12, 2)) == "Tue 1 Dec, 05:45 to Wed 2 Dec, 05:45"


NOW = date(2026, 11, 29)


def later(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (at(12, 1, 10), at(12, 1, 11), "Tue 1 Dec, 10:00am to 11:00am"),
        (at(12, 31), later(2027, 1, 1), "Thu 31 Dec, all day"),
        (at(12, 3), later(2099, 12, 4), "Thu 3 Dec 2026 to Thu 3 Dec 2099"),
        (later(2027, 1, 4, 9), later(2027, 1, 4, 12), "Mon 4 Jan 2027, 9:00am to 12:00pm"),
        (later(2027, 1, 4, 9), later(2027, 1, 5), "Mon 4 Jan 2027, 9:00am to the end of Mon 4 Jan 2027"),
        (at(12, 31, 9), later(2027, 1, 5, 9), "Thu 31 Dec 2026, 9:00am to Tue 5 Jan 2027, 9:00am"),
    ],
)  # fmt: skip
def test_years_are_said_when_one_is_not_this_one(
    begins: datetime, ends: datetime, said: str
) -> None:
    assert Words(LONDON).span(begins, ends, today=NOW) == said


def test_a_short_date_says_its_year_when_that_is_not_this_one() -> None:
    words = Words(LONDON)
    assert words.short(at(12, 1, 10), today=NOW) == "Tue 1 Dec, 10:00am"
    assert words.short(later(2099, 12, 3, 10), today=NOW) == "Thu 3 Dec 2099, 10:00am"
    assert words.short(later(2099, 12, 3, 10)) == "Thu 3 Dec, 10:00am"
