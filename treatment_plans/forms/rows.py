"""Rows of a form that can be added to and taken from without JavaScript.

A page shows its filled rows and some empty ones. The button "Add another row"
posts the page back with one more; nothing typed is lost and nothing is saved.
"""

from __future__ import annotations

from typing import Any

from django import forms

MAX_ROWS = 40


class RowFormSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """A formset that skips rows left empty and rows ticked for removal."""

    def filled(self) -> list[dict[str, Any]]:
        """Return the cleaned rows that hold something, in the order shown."""
        return [
            form.cleaned_data
            for form in self.forms
            if form.has_changed() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]


def row_formset(form: type[forms.Form], *, extra: int, most: int = MAX_ROWS) -> type[RowFormSet]:
    """Build a formset of such rows with `extra` empty ones and at most `most`."""
    made: type[RowFormSet] = forms.formset_factory(  # type: ignore[assignment]
        form,
        formset=RowFormSet,
        extra=extra,
        can_delete=True,
        max_num=most,
        absolute_max=most + 10,
        validate_max=True,
    )
    return made


def with_another_row(data: Any, prefix: str) -> Any:
    """Return posted data that asks the formset for one more empty row."""
    more = data.copy()
    key = f"{prefix}-TOTAL_FORMS"
    total = more.get(key, "0")
    more[key] = str(min(int(total) + 1, MAX_ROWS)) if total.isdecimal() and len(total) < 4 else "1"
    return more
