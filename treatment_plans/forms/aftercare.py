"""Advice after a session as a form."""

from __future__ import annotations

from django import forms

from bookings.forms import Styled

MOST_LETTERS = 2000


class AftercareForm(Styled):
    """What the client should do, in words for them."""

    text = forms.CharField(
        label="What should they do after this session?",
        max_length=MOST_LETTERS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="The client reads exactly this, behind their sign-in. What is sent stays as it is.",
        error_messages={"required": "Write what they should do."},
    )
