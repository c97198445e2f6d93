"""Rows of a form that can be added to, moved and taken from without JavaScript.

A page shows its filled rows and some empty ones. The buttons "Add another row", "Move
up" and "Remove" post the page back with its rows changed; nothing typed is lost and
nothing is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

MAX_ROWS = 40
BUTTON = "row"  # its value says what to do: "phases:add", "phases:up:1", "phases:remove:0"
Row = dict[str, list[str]]


class RowFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """A formset that skips rows left empty and rows ticked for removal."""

    def filled_forms(self) -> list[Any]:
        """The forms of the rows that hold something, in the order shown."""
        known = self.initial_form_count()
        return [
            form
            for number, form in enumerate(self.forms)
            if getattr(form, "cleaned_data", None)
            and (form.has_changed() or number < known)
            and not form.cleaned_data.get("DELETE")
        ]

    def filled(self) -> list[dict[str, Any]]:
        """Return the cleaned rows that hold something, in the order shown."""
        return [form.cleaned_data for form in self.filled_forms()]


def row_formset(
    form: type[forms.Form], *, extra: int, most: int = MAX_ROWS, base: type[RowFormSet] = RowFormSet
) -> type[Any]:
    """Build a formset of such rows with `extra` empty ones and at most `most`."""
    return forms.formset_factory(
        form,
        formset=base,
        extra=extra,
        can_delete=True,
        max_num=most,
        absolute_max=most + 10,
        validate_max=True,
    )


def complain_not(*forms_: Any) -> None:
    """Keep what was typed and say nothing of what is missing: it is not to be saved yet."""
    for form in forms_:
        if isinstance(form, forms.BaseFormSet):
            complain_not(*form.forms)
            form.non_form_errors().clear()
        else:
            form.errors.clear()


def with_another_row(data: Any, prefix: str) -> Any:
    """Return posted data that asks the formset for one more empty row."""
    more = data.copy()
    total = _total(data, prefix)
    more[f"{prefix}-TOTAL_FORMS"] = str(min(total + 1, MAX_ROWS))
    return more


def with_rows_changed(data: QueryDict, prefixes: Sequence[str]) -> QueryDict | None:
    """Return posted data as its row button asks for; None when no such button was pressed."""
    prefix, _, asked = data.get(BUTTON, "").partition(":")
    verb, _, number = asked.partition(":")
    if prefix not in prefixes:
        return None
    rows = rows_in(data, prefix)
    if verb == "add":
        return with_rows(data, prefix, [*rows, {}][:MAX_ROWS])
    if not (number.isascii() and number.isdecimal() and int(number[:4]) < len(rows)):
        return data
    place = int(number)
    row = rows.pop(place)
    if verb == "remove":
        return with_rows(data, prefix, rows)
    place += {"up": -1, "down": 1}.get(verb, 0)
    rows.insert(max(place, 0), row)
    return with_rows(data, prefix, rows)


def rows_in(data: QueryDict, prefix: str) -> list[Row]:
    """The rows of a posted formset as they were typed."""
    rows: list[Row] = [{} for _ in range(min(_total(data, prefix), MAX_ROWS))]
    for key in data:
        number, _, name = key.removeprefix(f"{prefix}-").partition("-")
        if key.startswith(f"{prefix}-") and name and number.isdecimal() and len(number) < 4:
            place = int(number)
            if place < len(rows):
                rows[place][name] = data.getlist(key)
    return rows


def with_rows(data: QueryDict, prefix: str, rows: Sequence[Row]) -> QueryDict:
    """The same data with these rows in the place of those that a formset was posted with."""
    changed = QueryDict(mutable=True)
    for key, values in data.lists():
        if not key.startswith(f"{prefix}-"):
            changed.setlist(key, values)
    for number, row in enumerate(rows):
        for name, values in row.items():
            changed.setlist(f"{prefix}-{number}-{name}", values)
    changed[f"{prefix}-TOTAL_FORMS"] = str(len(rows))
    changed[f"{prefix}-INITIAL_FORMS"] = "0"
    return changed


def _total(data: Any, prefix: str) -> int:
    text = data.get(f"{prefix}-TOTAL_FORMS", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
