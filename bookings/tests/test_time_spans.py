"""From when to when, in as few words as are clear."""

from __future__ import annotations

from datetime import datetime
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
        (at(12, 1, 17), at(12, 2), "Tue 1 Dec, 5:00pm to Wed 2 Dec, 12:00am"),
        (at(3, 29), at(3, 30), "Sun 29 Mar, all day"),
        (at(10, 25), at(10, 26), "Sun 25 Oct, all day"),
    ],
)
def test_from_when_to_when(begins: datetime, ends: datetime, said: str) -> None:
    assert Words(LONDON).span(begins, ends) == said


def test_whose_clock_decides_what_a_day_is() -> None:
    elsewhere = Words(ZoneInfo("Asia/Kathmandu"), "24h")
    assert elsewhere.span(at(12, 1), at(12, 2)) == "Tue 1 Dec, 05:45 to Wed 2 Dec, 05:45"
