"""What a client writes about their plan."""

from __future__ import annotations

from django import forms

from bookings.forms import Styled
from treatment_plans.models import PlanReply


class ReplyForm(Styled):
    """A question, or that they do not agree, in their own words."""

    kind = forms.ChoiceField(
        label="What would you like to say?",
        choices=PlanReply.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the two"},
    )
    words = forms.CharField(
        label="In your words",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write a word or two"},
    )
