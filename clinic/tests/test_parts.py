"""Parts of a page are drawn once for the same values, and never show anything else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe

from clinic.templatetags.parts import _drawn_once, is_plain, part
from practitioners.models import ClinicSettings

STATE = "_state.html"
NASTY = "<b>\"Robin\" & 'Jo'</b>"


class Line(NamedTuple):
    name: str
    minutes: int


def test_equal_values_are_drawn_once_and_others_anew() -> None:
    _drawn_once.cache_clear()
    first = part(STATE, state="booked", words="Booked")
    assert first.strip() == '<span class="state state-booked">Booked</span>'
    assert part(STATE, state="booked", words="Booked") is first
    assert part(STATE, state="booked", words="Arrived") == first.replace(">Booked", ">Arrived")
    assert _drawn_once.cache_info().hits == 1


def test_a_part_sees_nothing_of_the_page_around_it() -> None:
    page = Template('{% part "_state.html" state="booked" %}|{{ words }}')
    drawn, _, around = page.render(Context({"words": "a visitor"})).partition("|")
    assert drawn.strip() == '<span class="state state-booked"></span>'
    assert around == "a visitor"


@pytest.mark.parametrize("nasty", [NASTY, mark_safe(NASTY)])
@pytest.mark.parametrize("other", [NASTY, mark_safe(NASTY)])
def test_markup_is_escaped_whichever_of_two_equal_texts_comes_first(nasty: str, other: str) -> None:
    _drawn_once.cache_clear()
    (page,) = {part(STATE, state="x", words=nasty), part(STATE, state="x", words=other)}
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize(
    "value", [ClinicSettings(pk=1), (Line("A", 1), ClinicSettings(pk=1)), date(2026, 12, 1),
              Decimal(58), (mark_safe(NASTY),)],
)  # fmt: skip
def test_what_may_look_otherwise_while_it_is_equal_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="is given words"):
        part(STATE, state="x", words=value)


def test_words_numbers_and_tuples_of_them_are_plain() -> None:
    assert is_plain(("a", 1, True, None, Line("b", 2), ()))
    assert not is_plain(["a"])
    assert not is_plain(1.0)


def test_a_template_that_is_being_edited_is_drawn_anew(settings: Any) -> None:
    settings.DEBUG = True
    _drawn_once.cache_clear()
    part(STATE, state="booked", words="Booked")
    assert _drawn_once.cache_info().currsize == 0
