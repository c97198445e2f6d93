"""Boxes and lists drawn without templates look as Django draws them."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe

from clinic.drawing import Drawn

NASTY = "<b>\"Robin\" & 'Jo'</b>"
LISTS = [("", "Any"), ("a", NASTY), (NASTY, "b"), ("Group <1>", [(1, "One"), (2, "Two")])]
BOXES: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput(), NASTY),
    (forms.TextInput(attrs={"required": True, "disabled": False, "maxlength": 20}), None),
    (forms.TextInput(), ""),
    (forms.TextInput(), mark_safe("<i>as it is</i>")),
    (forms.TextInput(attrs={"data-<x>": NASTY, "title": mark_safe("&amp;")}), "x"),
    (forms.EmailInput(), "robin@example.com"),
    (forms.NumberInput(attrs={"step": 0.5}), 1234.5),
    (forms.HiddenInput(), 12345),
    (forms.DateInput(), "2026-12-01"),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
    (forms.CheckboxInput(), "other"),
    (forms.Select(choices=LISTS), "a"),
    (forms.Select(choices=LISTS, attrs={"class": "form-select"}), 2),
    (forms.SelectMultiple(choices=LISTS), ["1", "a"]),
    (forms.RadioSelect(choices=LISTS[:3]), "a"),
    (forms.CheckboxSelectMultiple(choices=LISTS[:3]), ["a"]),
    (forms.Textarea(), NASTY),
]


def drawn_by(renderer: Any, widget: forms.Widget, value: Any) -> str:
    drawn: str = widget.render("who", value, {"id": "id_who"}, renderer)
    return drawn.replace("\n  \n", "\n").replace("\n\n", "\n")


@pytest.mark.parametrize("widget, value", BOXES)
def test_it_is_the_same_to_the_letter(widget: forms.Widget, value: Any) -> None:
    assert drawn_by(Drawn(), widget, value) == drawn_by(DjangoTemplates(), widget, value)


def test_each_choice_of_a_group_by_itself() -> None:
    def form(drawing: Any) -> forms.Form:
        class One(forms.Form):
            default_renderer = drawing
            who = forms.ChoiceField(choices=LISTS[:3], widget=forms.RadioSelect)

        return One({"who": "a"})

    ours, theirs = ([option.tag() for option in form(by)["who"]] for by in (Drawn, DjangoTemplates))
    assert ours == theirs
    assert len(ours) == 3
