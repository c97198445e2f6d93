"""The three ratings of pain, held against each other where they are given in one form."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

WORDS = {"now": "pain now", "average": "average pain"}


def check_worst(form: forms.BaseForm, prefix: str) -> None:
    """The worst pain of a day is at least what it is now and what it was on average."""
    worst = form.cleaned_data.get(f"{prefix}worst")
    for name, words in WORDS.items():
        other = form.cleaned_data.get(f"{prefix}{name}")
        if worst is not None and other is not None and worst < other:
            text = f"Worst pain cannot be less than {words}."
            form.add_error(f"{prefix}worst", ValidationError(text, code="not_the_worst"))
