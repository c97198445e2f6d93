"""Where things stand in a chart: axes, gaps, bands, names."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_plans.axes import axis_of, threshold_at, ticks
from treatment_plans.charts import NARROW, SMALL, WIDE, Frame, Happenings, Panel, is_gap, panels
from treatment_plans.outcomes import Point, Scale, Series, headline

PAIN = Scale(D(0), D(10), D(1), True, mcid_value=D(2), mcid_percent=D(30))
DEGREES = Scale(D(-30), D(180), D(1), False, unit="degrees", error=D(5))
START = date(2026, 9, 7)


def day(n: int) -> date:
    return START + timedelta(days=n)


def series(*values: tuple[int, int], scale: Scale = PAIN, **more: object) -> Series:
    points = tuple(Point(day(on), D(value)) for on, value in values)
    given = {"key": "pain", "measure": "nprs", "name": "Pain", "panel": "Pain", **more}
    return Series(scale=scale, points=points, **given)  # type: ignore[arg-type]


def drawn(*lines: Series, happenings: Happenings | None = None, **more: D) -> Panel:
    (panel,) = panels(lines, happenings or Happenings())
    return Panel(panel.title, panel.series, panel.happenings, panel.span, **more)


def test_values_stand_where_axis_and_days_put_them() -> None:
    chart = drawn(series((0, 10), (14, 0), (28, 5))).on(WIDE)
    places = [(mark.x, mark.y) for mark in chart.lines[0].markers]
    assert places == [(44, 26), (267, 228), (490, 127)]
    assert chart.lines[0].path == "M44.0 26.0L267.0 228.0 M267.0 228.0L490.0 127.0"
    assert [row.text for row in chart.rows] == ["0", "2", "4", "6", "8", "10"]
    assert [mark.text for mark in chart.days] == ["7 Sep", "21 Sep", "5 Oct"]


SESSIONS = Happenings(sessions=tuple(day(n) for n in (0, 4, 8, 12)))


@pytest.mark.parametrize("frame", (WIDE, NARROW, SMALL))
def test_dates_stand_under_the_marks_of_their_sessions(frame: Frame) -> None:
    chart = drawn(series((0, 7), (12, 4)), happenings=SESSIONS).on(frame)
    by_text = {f"{day(n).day} {day(n):%b}": one.x for n, one in zip((0, 4, 8, 12), chart.sessions, strict=True)}  # fmt: skip
    assert {"7 Sep", "19 Sep"} <= {mark.text for mark in chart.days} <= set(by_text)
    assert all((mark.x, mark.anchor) == (by_text[mark.text], "middle") for mark in chart.days)
    assert all(other.x - one.x >= 60 for one, other in pairwise(chart.days))


def test_a_level_ends_before_the_number_that_stands_on_it() -> None:
    on_it = drawn(series((0, 7), (14, 3)), target=D(3)).on(NARROW)
    assert on_it.target is not None
    assert on_it.target.until < on_it.lines[0].value_label.x
    beside = drawn(series((0, 7), (14, 8)), target=D(3)).on(NARROW)
    assert beside.target is not None
    assert beside.target.until == NARROW.width - NARROW.right


def test_a_missed_visit_leaves_a_gap_and_no_zero() -> None:
    line = series((0, 6), (7, 5), (21, 4))
    happenings = Happenings(sessions=(day(0), day(7), day(21)), missed=(day(14),))
    chart = drawn(line, happenings=happenings).on(NARROW)
    assert chart.lines[0].path.count("M") == 1
    assert len(chart.lines[0].markers) == 3
    assert len(chart.missed) == 1
    assert len(chart.sessions) == 3


def test_a_missed_visit_among_others_leaves_no_gap_between_reviews() -> None:
    happenings = Happenings(sessions=(day(7), day(21)), missed=(day(14),))
    assert not is_gap(Point(day(0), D(7)), Point(day(28), D(4)), happenings)
    assert is_gap(Point(day(8), D(7)), Point(day(20), D(4)), happenings)


def test_one_value_is_a_mark_without_a_line() -> None:
    chart = drawn(series((0, 6))).on(WIDE)
    assert chart.lines[0].path == ""
    assert len(chart.lines[0].markers) == 1


def test_the_band_is_what_does_not_count_yet() -> None:
    chart = drawn(series((0, 7), (28, 4))).on(WIDE)
    assert chart.band is not None
    top, height = chart.band.y, chart.band.height
    per_point = (280 - 26 - 52) / 10
    assert height == pytest.approx(2 * 2 * per_point, abs=0.2)
    assert top == pytest.approx(26 + 1 * per_point, abs=0.2)


def test_one_value_of_something_else_does_not_take_the_band() -> None:
    often = series((0, 7), (28, 4))
    alone = drawn(often).on(WIDE).band
    worst = series((28, 2), key="worst", name="Worst")
    assert drawn(worst, often).banded == often
    assert drawn(worst, often).on(WIDE).band == alone


@pytest.mark.parametrize(
    ("scale", "first", "width"),
    [
        (PAIN, 7, D(2)),
        (PAIN, 4, D("1.2")),  # 30 % is less than 2 points
        (PAIN, 0, D(2)),
        (Scale(D(0), D(100), D(1), True, mcid_percent=D(14)), 50, D(7)),
        (Scale(D(0), D(100), D(1), True, mcid_percent=D(14)), 0, None),
        (DEGREES, 48, None),
    ],
)
def test_how_far_from_the_first_value_counts(scale: Scale, first: int, width: D | None) -> None:
    assert threshold_at(series((0, first), scale=scale)) == width


def test_the_target_of_a_goal_is_drawn_if_it_is_on_the_scale() -> None:
    assert drawn(series((0, 7)), target=D(3)).on(WIDE).target is not None
    assert drawn(series((0, 7)), target=D(30)).on(WIDE).target is None
    assert drawn(series((0, 7))).on(WIDE).target is None


@pytest.mark.parametrize(
    "values",
    [
        ((0, 7), (28, 1)),  # nothing near it
        ((0, 3), (28, 9)),  # on it at the left
        ((0, 3), (14, 4), (28, 3)),  # on it and above at both ends
        ((0, 2), (14, 1), (28, 3)),  # below it on the left
        ((0, 10), (3, 3), (25, 4), (28, 3)),
    ],
)
@pytest.mark.parametrize("frame", (WIDE, NARROW, SMALL))
def test_the_word_of_the_target_lies_on_no_line(
    values: tuple[tuple[int, int], ...], frame: Frame
) -> None:
    chart = drawn(series(*values), target=D(3)).on(frame)
    word = chart.target_word
    assert word is not None
    assert word.text == "Target 3"
    width = 7 * len(word.text)
    left = word.x - (width if word.anchor == "end" else 0)
    assert frame.left <= left <= left + width <= frame.width - frame.right
    assert frame.top < word.y < frame.height - frame.bottom
    for one, other in pairwise(chart.lines[0].markers):
        for step in range(101):
            x = one.x + (other.x - one.x) * step / 100
            y = one.y + (other.y - one.y) * step / 100
            assert not (left <= x <= left + width and word.y - 11 <= y <= word.y)


def test_without_a_target_there_is_no_word() -> None:
    assert drawn(series((0, 7))).on(WIDE).target_word is None


def test_degrees_run_from_nought_to_what_is_usual_or_measured() -> None:
    assert axis_of([series((0, 48), scale=DEGREES, reference=D(80))]) == (D(0), D(80))
    assert axis_of([series((0, -12), (3, 84), scale=DEGREES, reference=D(80))]) == (D(-20), D(90))
    assert axis_of([series((0, 5))]) == (D(0), D(10))


def test_names_that_would_lie_on_each_other_are_moved_apart() -> None:
    chart = drawn(
        series((0, 7), (28, 4), key="a", name="Worst"),
        series((0, 5), (28, 4), key="b", name="Average"),
        series((0, 2), (28, 4), key="c", name="Now"),
    ).on(WIDE)
    heights = sorted(line.label.y for line in chart.lines)
    assert all(other - one >= 17 for one, other in pairwise(heights))
    assert [line.shape for line in chart.lines] == ["circle", "square", "triangle"]


def test_what_belongs_together_is_drawn_together_on_one_time_axis() -> None:
    found = panels(
        [
            series((0, 7), (28, 4), key="a"),
            series((7, 7), key="b", panel="Sleep"),
            series((0, 5), key="c"),
        ],
        Happenings(missed=(day(35),)),
    )
    assert [(panel.title, [one.key for one in panel.series]) for panel in found] == [
        ("Pain", ["a", "c"]),
        ("Sleep", ["b"]),
    ]
    assert {panel.span for panel in found} == {(day(0), day(35))}
    assert panels([], Happenings(sessions=(day(0),))) == []


def test_the_table_has_every_value_by_day() -> None:
    (panel,) = panels([series((0, 7), (28, 4), key="a"), series((28, 3), key="b")], Happenings())
    assert panel.table == [(day(0), ["7", ""], ""), (day(28), ["4", "3"], "")]


@pytest.mark.parametrize(
    ("values", "sessions", "sentence"),
    [
        (((0, 8), (28, 3)), 6, "Pain went from 8 to 3 in six sessions"),
        (((0, 8), (28, 3)), 1, "Pain went from 8 to 3 in one session"),
        (((0, 8), (28, 9)), 12, "Pain went from 8 to 9 in 12 sessions"),
        (((0, 5), (28, 5)), 0, "Pain stayed at 5"),
        (((0, 5),), 3, "Pain: 5"),
    ],
)
def test_the_headline_says_the_numbers(values, sessions: int, sentence: str) -> None:  # type: ignore[no-untyped-def]
    assert headline(series(*values), sessions=sessions) == sentence


@given(st.integers(-40, 200), st.integers(1, 400), st.integers(2, 8))
def test_ticks_are_round_few_and_end_at_the_ends(low: int, span: int, most: int) -> None:
    found = ticks(D(low), D(low + span), most)
    assert found[0] == low
    assert found[-1] == low + span
    assert found == sorted(set(found))
    assert len(found) <= most + 1


@given(
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 10)), min_size=1, max_size=30, unique_by=lambda pair: pair[0]),
    st.lists(st.integers(-20, 720), max_size=10),
)  # fmt: skip
def test_everything_stands_on_the_sheet(values: list[tuple[int, int]], days: list[int]) -> None:
    happenings = Happenings(
        sessions=tuple(map(day, days)), missed=tuple(map(day, days[:2])), changes=((day(3), "v2"),)
    )
    for frame in (WIDE, NARROW):
        chart = drawn(series(*sorted(values)), happenings=happenings).on(frame)
        marks = [*chart.lines[0].markers, *chart.sessions, *chart.missed, *chart.changes]
        assert all(frame.left - 0.1 <= one.x <= frame.width - frame.right + 0.1 for one in marks)
        assert all(frame.top - 0.1 <= one.y <= chart.bottom + 12 for one in marks)
