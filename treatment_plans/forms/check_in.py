"""How a client has been since a session, as a form."""

from __future__ import annotations

from django import forms

from bookings.forms import Styled
from treatment_plans.models import CheckIn


class CheckInForm(Styled):
    """One question, room for words, and a wish."""

    feeling = forms.ChoiceField(
        label="Compared with before the session, you feel",
        choices=CheckIn.Feeling.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how you feel"},
    )
    words = forms.CharField(
        label="What have you noticed?",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    wants_call = forms.BooleanField(label="Please call me about it", required=False)
