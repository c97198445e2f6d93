"""Why a plan's follow-ups are held back, or may go on, as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from bookings.models.text import check_one_line


class HoldForm(Styled):
    """One reason; the page remembers whether it was opened to hold or to lift."""

    reason = forms.CharField(
        max_length=200,
        validators=[check_one_line],
        help_text="Kept with the plan's version. Clients and the front desk do not see it.",
    )
    lifts = forms.BooleanField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any, *, is_held: bool) -> None:
        super().__init__(data, initial={"lifts": is_held})
        self.is_held = is_held
        box = self.fields["reason"]
        box.label = "Why may they go on?" if is_held else "Why are they held?"
        what = "why they may go on" if is_held else "why they are held"
        box.error_messages["required"] = f"Say {what}."

    def clean_lifts(self) -> bool:
        """Refuse to do the opposite of what the page was opened for."""
        lifts = bool(self.cleaned_data["lifts"])
        if lifts != self.is_held:
            done = "lifted" if lifts else "set"
            raise ValidationError(
                f"Somebody has {done} the hold meanwhile. Look at the plan again.", code="changed"
            )
        return lifts
