"""Who says yes to a plan in the room."""

from __future__ import annotations

from django import forms

from bookings.forms import Styled
from bookings.models.text import check_one_line


class AgreeForm(Styled):
    """A tick and a name, as on paper."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=99_999)
    agrees = forms.BooleanField(
        label="I have read the plan and agree to it",
        error_messages={"required": "Tick the box to agree"},
    )
    name = forms.CharField(
        label="Name of whoever agrees",
        max_length=120,
        validators=[check_one_line],
        error_messages={"required": "Enter the name"},
    )
