"""What a form brought, in the words of the form: without its bookkeeping and untouched choices.

Only the names of the boxes are known: the form that most of them belong to is the one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from django import forms
from django.forms.utils import pretty_name

from bookings.forms import every_weeks_field, times_field

# Hidden boxes and buttons that stand in templates, not in forms.
NOT_TYPED = {
    "csrfmiddlewaretoken", "form_token", "code", "version", "expected_version", "version_made",
    "shown", "digests", "hold_again", "give_back", "keep", "again", "next", "start", "been", "state",
    "template_filled",
}  # fmt: skip
OURS = ("bookings", "clinic", "practitioners", "treatment_plans")
MOST_AT_ONCE = 12
ROW = re.compile(r"(?P<rows>[a-z]+)-(?P<number>[0-9]{1,3})-(?P<box>\w+)")
PART = re.compile(r"_[0-9]$")  # one of the boxes of a date
Fields = Mapping[str, forms.Field]


def said_back(typed: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What somebody typed or chose, each with its label."""
    brought = [(name, text) for name, text in typed if _is_typed(name)]
    fields = _form_of(frozenset(_plain(name) for name, _ in brought))
    said: dict[str, str] = {}
    for name, text in brought:
        field = fields.get(_plain(name))
        words = _words(field, text)
        if words:
            label = _label(name, field)
            said[label] = f"{said[label]} {words}" if label in said else words
    return list(said.items())


def _is_typed(name: str) -> bool:
    """Whether a box is somebody's own, and not there for the page to find its way."""
    return name not in NOT_TYPED and not name.endswith("_FORMS")


def _plain(name: str) -> str:
    """The name of a box in its form: without its row, and whole where it is one of several."""
    row = ROW.fullmatch(name)
    return PART.sub("", row["box"] if row else name)


def _label(name: str, field: forms.Field | None) -> str:
    """A box as it is spoken of: "Your name", or "Phases 1: rate value"."""
    row = ROW.fullmatch(name)
    if row:
        name = f"{row['rows']} {int(row['number']) + 1}: {row['box']}"
        return name.replace("_", " ").capitalize()
    return str((field and field.label) or pretty_name(_plain(name)))


def _words(field: forms.Field | None, text: str) -> str:
    """What stands in a box as it is read; empty for what nobody typed."""
    if field is None:
        return text
    if field.widget.is_hidden or text == str(field.initial):
        return ""
    if isinstance(field, forms.BooleanField):
        return "yes"
    choices = getattr(field, "choices", None)
    return str(dict(choices).get(text, text)) if isinstance(choices, list) else text


def _form_of(names: frozenset[str]) -> Fields:
    """The fields of the form that most of these boxes belong to; of two, of the smaller."""
    of_one = max(_forms(), key=lambda fields: (len(names & fields.keys()), -len(fields)))
    return {"times": times_field(MOST_AT_ONCE), "every_weeks": every_weeks_field(), **of_one}


@cache
def _forms() -> tuple[Fields, ...]:
    return tuple(form.base_fields for form in _below(forms.BaseForm) if _is_ours(form))


def _is_ours(form: Any) -> bool:
    return form.__module__.split(".")[0] in OURS and hasattr(form, "base_fields")


def _below(form: Any) -> Iterator[Any]:
    for one in form.__subclasses__():
        yield one
        yield from _below(one)
