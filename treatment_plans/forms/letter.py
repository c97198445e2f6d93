"""A letter to a client's doctor as a form."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from treatment_plans.referring import TO_BE_ENDED, is_unfinished


class LetterForm(Styled):
    """To whom, what, and that the client agrees."""

    to_whom = forms.CharField(
        label="To whom",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Name and address, as on the envelope.",
        error_messages={"required": "Write whom the letter goes to"},
    )
    text = forms.CharField(
        label="Letter",
        max_length=6000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="The client reads exactly this, behind their sign-in. What is written stays as it is.",
        error_messages={"required": "Write the letter"},
    )
    agrees = forms.BooleanField(
        label="The client agrees that we write to this doctor",
        error_messages={"required": "Ask the client first, then say that they agree"},
    )

    def clean_text(self) -> str:
        """Refuse a letter whose prefilled sentence nobody has ended: it is kept for good."""
        text: str = self.cleaned_data["text"]
        if is_unfinished(text):
            raise ValidationError(
                f"End the sentence “{TO_BE_ENDED} …”, or take it out", code="unfinished"
            )
        return text
