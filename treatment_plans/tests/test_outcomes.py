"""What scores say: the three worked cases, then tables, then whatever hypothesis thinks of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatment_plans.outcomes import (
    Change,
    Point,
    Scale,
    Series,
    Suggestion,
    bands_of,
    judged_changes,
    mean,
    plain,
    said,
    suggestion,
)

NPRS = Scale(D(0), D(10), D(1), True, mcid_value=D(2), mcid_percent=D(30))
NDI = Scale(
    D(0), D(50), D(1), True, mcid_value=D(5),
    bands=bands_of("0 none\n5 mild\n15 moderate\n25 severe\n35 complete"),
)  # fmt: skip
PSFS = Scale(D(0), D(10), D(1), False, mcid_value=D("1.3"))
GROC = Scale(
    D(-7), D(7), D(1), False,
    bands=bands_of(
        "-7 large, worse\n-5 moderate, worse\n-3 small, worse\n0 no change\n1 small\n4 moderate\n6 large"
    ),
)  # fmt: skip
ROM = Scale(D(-30), D(180), D(1), False, unit="degrees", error=D(5))
ODI = Scale(D(0), D(100), D(1), True, unit="percent", mcid_value=D(10), mcid_percent=D(30))
FIQR = Scale(D(0), D(100), D("0.1"), True, mcid_percent=D(14))
LIMB = Scale(D(-10), D(60), D("0.1"), True, unit="cm")


# --- The three cases of assessment.md 3 -------------------------------------------------


def test_client_a_neck_pain_review_after_session_6() -> None:
    pain = Change(D(7), D(4), NPRS)
    disability = Change(D(17), D(10), NDI)
    before, after = mean([D(4), D(3), D(5)]), mean([D(7), D(6), D(7)])
    assert (before, after) == (D("4.0"), D("6.7"))
    assert before is not None
    assert after is not None
    function = Change(before, after, PSFS)
    assert (pain.gain, pain.reading) == (D(3), "better")
    assert (disability.gain, disability.reading) == (D(7), "better")
    assert (function.gain, function.reading) == (D("2.7"), "better")
    assert (NDI.band(D(17)), NDI.band(D(10))) == ("moderate", "mild")
    assert GROC.band(D(5)) == "moderate"
    found = suggestion([pain, disability, function], reviews=1)
    assert found.advice[0] == "taper"  # the decision of the case: taper to weekly
    assert found == Suggestion(
        ("taper", "continue"), "A score is better by at least what usually counts."
    )


def test_client_b_knee_osteoarthritis_session_3() -> None:
    pain = Change(D(6), D(5), NPRS)
    before, after = mean([D(3), D(4)]), mean([D(4), D(5)])
    assert (before, after) == (D("3.5"), D("4.5"))
    assert before is not None
    assert after is not None
    function = Change(before, after, PSFS)
    assert (pain.gain, pain.scale.mcid_value, pain.reading) == (D(1), D(2), "below")
    assert pain.percent == D("16.7")
    assert (function.gain, function.scale.mcid_value) == (D("1.0"), D("1.3"))
    assert function.reading == "below"
    assert Change(D(118), D(120), ROM).reading == "unclear"
    assert suggestion([pain, function], reviews=0).advice == ("continue",)


def test_client_c_pregnancy_first_session() -> None:
    in_session = Change(D(4), D(2), NPRS)
    assert (in_session.gain, in_session.percent) == (D(2), D("50.0"))
    assert in_session.reading == "better"
    first = Series("nprs worst", "nprs", "Worst pain", NPRS, (Point(date(2026, 9, 7), D(6)),))
    assert first.change is None
    assert suggestion(judged_changes([first]), reviews=0) == Suggestion(
        ("continue",), "There are no two scores to compare yet."
    )


# --- Tables --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "baseline", "now", "reading"),
    [
        (NPRS, 8, 6, "better"),  # 2 points
        (NPRS, 3, 2, "better"),  # 1 point, but 33 %
        (NPRS, 4, 3, "below"),  # 25 %
        (NPRS, 4, 6, "worse"),
        (NPRS, 0, 1, "below"),  # nothing is a share of nothing
        (NPRS, 0, 2, "worse"),
        (NPRS, 5, 5, "below"),
        (PSFS, 4, D("5.2"), "below"),
        (PSFS, 4, D("5.3"), "better"),
        (PSFS, D("5.3"), 4, "worse"),
        (ODI, 30, 21, "better"),  # 30 % of the baseline
        (ODI, 31, 22, "below"),
        (ODI, 60, 50, "better"),
        (FIQR, 50, 43, "better"),
        (FIQR, 50, D("43.1"), "below"),
        (FIQR, 0, 10, "below"),
        (ROM, 48, 52, "unclear"),
        (ROM, 48, 53, "clear"),
        (ROM, 60, 48, "clear"),
        (LIMB, D("4.1"), D("2.0"), "none"),
        (GROC, 2, 5, "none"),
    ],
)
def test_a_change_reads_as(scale: Scale, baseline: D, now: D, reading: str) -> None:
    assert Change(D(baseline), D(now), scale).reading == reading


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (-7, "large, worse"), (-6, "large, worse"), (-5, "moderate, worse"),
        (-4, "moderate, worse"), (-3, "small, worse"), (-1, "small, worse"), (0, "no change"),
        (1, "small"), (3, "small"), (4, "moderate"), (5, "moderate"), (6, "large"), (7, "large"),
    ],
)  # fmt: skip
def test_the_bands_of_the_global_rating(value: int, name: str) -> None:
    assert GROC.band(D(value)) == name


@pytest.mark.parametrize(
    ("scale", "value", "sentence"),
    [
        (NPRS, "0", ""),
        (NPRS, "10", ""),
        (NPRS, "11", "Enter 0 to 10 in whole numbers."),
        (NPRS, "-1", "Enter 0 to 10 in whole numbers."),
        (NPRS, "4.5", "Enter 0 to 10 in whole numbers."),
        (NPRS, "NaN", "Enter 0 to 10 in whole numbers."),
        (NPRS, "1e400", "Enter 0 to 10 in whole numbers."),
        (GROC, "-7", ""),
        (GROC, "-8", "Enter -7 to +7 in whole numbers."),
        (Scale(D(0), D(100), D(4), False), "48", ""),
        (Scale(D(0), D(100), D(4), False), "50", "Enter 0 to 100 in steps of 4."),
        (Scale(D(1), D(5), D("0.01"), True), "2.37", ""),
        (Scale(D(0), D(80), D("0.5"), True), "2.25", "Enter 0 to 80 in steps of 0.5."),
    ],
)
def test_a_value_off_its_scale_is_named(scale: Scale, value: str, sentence: str) -> None:
    assert scale.problem_with(D(value)) == sentence


@pytest.mark.parametrize(
    ("readings", "reviews", "advice"),
    [
        ([], 5, ("continue",)),
        (["better"], 1, ("taper", "continue")),
        (["below", "better"], 3, ("taper", "continue")),
        (["below"], 1, ("continue",)),
        (["below"], 2, ("change", "refer")),
        (["below", "below"], 3, ("change", "refer")),
        (["worse"], 1, ("stop", "refer")),
        (["better", "worse"], 1, ("stop", "refer")),
    ],
)
def test_what_a_review_is_offered(readings: list[str], reviews: int, advice: tuple) -> None:
    made = {"better": (8, 5), "below": (5, 4), "worse": (4, 7)}
    changes = [Change(D(made[one][0]), D(made[one][1]), NPRS) for one in readings]
    assert suggestion(changes, reviews=reviews).advice == advice


def test_measures_without_a_figure_do_not_count_as_failed() -> None:
    """Two reviews without a threshold to reach say nothing about the treatment."""
    assert suggestion([Change(D(4), D(1), LIMB)], reviews=2).advice == ("continue",)


@pytest.mark.parametrize(
    ("scale", "words"),
    [(NPRS, "2 points or 30%"), (NDI, "5 points"), (FIQR, "14%"), (GROC, ""), (ODI, "10 percent or 30%")],
)  # fmt: skip
def test_how_much_counts_in_words(scale: Scale, words: str) -> None:
    assert scale.threshold == words


def test_of_a_measure_with_parts_the_first_that_can_be_compared_is_judged() -> None:
    day = date(2026, 9, 7)
    later = day + timedelta(days=28)

    def series(key: str, *values: int, judged: bool = True) -> Series:
        points = tuple(Point(at, D(v)) for at, v in zip((day, later), values, strict=False))
        return Series(key, "nprs", key, NPRS, points, is_judged=judged)

    found = judged_changes(
        [series("one", 1, 9, judged=False), series("worst", 7), series("average", 5, 4), series("now", 2, 9)]
    )  # fmt: skip
    assert [(change.baseline, change.now) for change in found] == [(D(5), D(4))]


@pytest.mark.parametrize(("now", "words"), [(6, "1 point lower"), (5, "2 points lower"), (7, "the same")])  # fmt: skip
def test_one_point_is_not_points(now: int, words: str) -> None:
    assert Change(D(7), D(now), NPRS).said == words


def test_a_series_as_it_was_on_a_day() -> None:
    points = (Point(date(2026, 9, 7), D(7)), Point(date(2026, 9, 28), D(4)))
    whole = Series("nprs", "nprs", "Pain", NPRS, points)
    assert whole.until(date(2026, 9, 6)) is None
    cut = whole.until(date(2026, 9, 27))
    assert cut is not None
    assert cut.points == points[:1]


def test_half_a_tenth_is_rounded_as_people_do() -> None:
    assert mean([D(1), D(2), D(2), D(2)]) == D("1.8")  # 1.75; a computer says 1.7 or 1.8
    assert mean([D("0.5"), D("0.6")]) == D("0.6")
    assert mean([]) is None


@pytest.mark.parametrize(("number", "words"), [("2.00", "2"), ("0.50", "0.5"), ("10", "10"), ("-7", "-7")])  # fmt: skip
def test_numbers_are_written_as_spoken(number: str, words: str) -> None:
    assert plain(D(number)) == words


@pytest.mark.parametrize(
    ("scale", "value", "words"),
    [(GROC, 5, "+5"), (GROC, 0, "0"), (GROC, -2, "-2"), (NPRS, 5, "5")],
)
def test_a_change_for_the_better_has_its_sign(scale: Scale, value: int, words: str) -> None:
    assert (scale.number(D(value)), said(D(value), scale)) == (words, words)


# --- Properties ------------------------------------------------------------------------------

tenths = st.integers(-200, 200).map(lambda n: D(n) / 10)
steps = st.sampled_from([D(1), D(4), D("0.5"), D("0.1"), D("0.01")])


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    lowest, step = draw(tenths), draw(steps)
    count = draw(st.integers(1, 500))
    return Scale(
        lowest, lowest + step * count, step, draw(st.booleans()),
        mcid_value=draw(st.none() | st.decimals("0.1", 20, places=1)),
        mcid_percent=draw(st.none() | st.decimals(1, 100, places=0)),
    )  # fmt: skip


@given(scales(), st.data())
def test_every_step_of_a_scale_is_accepted_and_nothing_between(scale: Scale, data: Any) -> None:
    count = int((scale.maximum - scale.minimum) / scale.step)
    value = scale.minimum + scale.step * data.draw(st.integers(0, count))
    assert scale.problem_with(value) == ""
    assert scale.problem_with(value + scale.step / 2) != ""
    assert scale.problem_with(scale.maximum + scale.step) != ""
    assert scale.problem_with(scale.minimum - scale.step) != ""


@given(scales(), tenths, tenths)
def test_there_and_back_read_opposite_by_points(scale: Scale, one: D, other: D) -> None:
    there, back = Change(one, other, scale), Change(other, one, scale)
    assert there.gain == -back.gain
    if scale.mcid_percent is None:
        opposite = {"better": "worse", "worse": "better"}
        assert back.reading == opposite.get(there.reading, there.reading)


@given(scales(), tenths, tenths)
def test_better_is_never_said_of_a_loss(scale: Scale, one: D, other: D) -> None:
    change = Change(one, other, scale)
    if change.reading == "better":
        assert change.gain > 0
    if change.reading == "worse":
        assert change.gain < 0
    if one == other:
        assert change.reading in ("below", "none")


@given(st.lists(st.integers(0, 10).map(D), min_size=1, max_size=5))
def test_a_mean_lies_among_what_was_rated(values: list[D]) -> None:
    found = mean(values)
    assert found is not None
    assert min(values) <= found <= max(values)
    assert found == found.quantize(D("0.1"))
