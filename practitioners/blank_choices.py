"""The choice of nothing, as a form says it."""

from __future__ import annotations

from typing import Any

from django import forms


def say_for_nothing(field: Any, words: str) -> None:
    """Call the choice of nothing by words: Django has dashes for it."""
    if isinstance(field, forms.ModelChoiceField):
        field.empty_label = words
    else:
        field.choices = [("", words), *((key, label) for key, label in field.choices if key)]
