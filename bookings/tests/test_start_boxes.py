"""The times to pick from, as they stand on the page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.template import Context

from bookings.picking import Choice, lay_out
from bookings.templatetags.start_boxes import start_boxes
from bookings.times import Words

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")


def test_each_start_is_said_in_both_clocks_and_the_chosen_one_is_checked() -> None:
    first = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    starts = [first, first + timedelta(hours=1)]
    days = lay_out(
        starts, first_day=date(2026, 12, 31), words=Words(LONDON), theirs=NEW_YORK, days=2
    )
    (old,), (new,) = (day.choices for day in days)
    page = start_boxes(Context({"chosen": new.value, "their_place": "New York"}), [old, new])
    assert "11:30pm<br><small>6:30pm</small>" in page
    assert "Thursday 31 December, 11:30pm, London time, 6:30pm in New York" in page
    assert "Friday 1 January, 12:30am, London time, Thu 7:30pm in New York" in page
    assert page.count(" checked") == 1
    assert f'value="{new.value}" checked' in page


def test_another_day_there_is_named() -> None:
    """From Auckland a morning in London is the same evening, and an afternoon tomorrow."""
    starts = [datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in (9, 15)]
    theirs = ZoneInfo("Pacific/Auckland")
    (day,) = lay_out(
        starts, first_day=date(2026, 12, 1), words=Words(LONDON), theirs=theirs, days=1
    )
    assert [one.also for one in day.choices] == ["10:00pm", "Wed 4:00am"]


def test_nothing_gets_onto_the_page_as_markup() -> None:
    choice = Choice('1"', "<i>", "<b>", "<u>")
    page = start_boxes(Context({"their_place": "<s>"}), [choice])
    assert not any(mark in page for mark in ('1""', "<i>", "<b>", "<u>", "<s>"))


def test_a_browser_that_goes_back_ticks_none_by_itself() -> None:
    page = start_boxes(Context({"chosen": "2"}), [Choice("1", "a", "a"), Choice("2", "b", "b")])
    assert page.count('autocomplete="off" name="start"') == page.count("<input") == 2


def test_a_time_that_comes_twice_is_shown_twice_in_order() -> None:
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    (day,) = lay_out(
        [first, first + timedelta(hours=1)], first_day=date(2027, 10, 31), words=Words(LONDON), days=1
    )  # fmt: skip
    assert [one.seen for one in day.choices] == ["1:30am (BST)", "1:30am (GMT)"]
