"""How a review ends, and why sessions may be booked before it has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from treatment_plans.models import Review

Decision = Review.Decision
CHOICES = [
    (Decision.CONTINUE, "Go on as planned. The next review counts from today."),
    (Decision.TAPER, "Go on to the next phase. Its first session is the next one."),
    (Decision.CHANGE, "Change the plan. You write the change next; a task stays until you have."),
    (Decision.REFER, "Refer. You get a task to write to the client's doctor."),
    (Decision.DISCHARGE, "Discharge. The plan ends, its reminders stop; booked sessions stay."),
]
OVER = [
    (Decision.DISCHARGE, "Discharge. The plan has had all its sessions; nothing follows."),
    (Decision.CHANGE, "Write a next plan. You write it next; a task stays until you have."),
    (Decision.REFER, "Refer. You get a task to write to the client's doctor."),
]


class DecisionForm(Styled):
    """The decision, what it rests on, and what the client reads of it."""

    decision = forms.ChoiceField(
        label="How does the plan go on?",
        widget=forms.RadioSelect,
        choices=CHOICES,
        error_messages={"required": "Choose how the plan goes on"},
    )
    holds = forms.BooleanField(
        label="Stop follow-ups and online booking until the doctor has answered",
        required=False,
        help_text="Only when you refer. You lift the hold on the plan's page.",
    )
    reasoning = forms.CharField(
        label="What the decision rests on",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="For the record; the client does not see it.",
        error_messages={"required": "Say what the decision rests on"},
    )
    shared_summary = forms.CharField(
        label="Summary for the client",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In plain words: what was measured and what comes next, no promises.",
    )

    def __init__(
        self, *args: Any, can_taper: bool = True, is_over: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = OVER if is_over else CHOICES
        if not can_taper:
            offered = [choice for choice in offered if choice[0] != Decision.TAPER]
        before = [choice for choice in CHOICES if choice[0] == self["decision"].value()]
        offered = offered + [one for one in before if one[0] not in dict(offered)]
        self.fields["decision"].choices = offered  # type: ignore[attr-defined]
        if is_over:
            del self.fields["holds"]

    def clean_holds(self) -> bool:
        """Refuse a hold that nobody would wait with: it belongs to a letter to the doctor."""
        holds: bool = self.cleaned_data["holds"]
        if holds and self.cleaned_data.get("decision", Decision.REFER) != Decision.REFER:
            said = "Only a plan that you refer waits for the doctor. Choose “Refer”, or take this back."
            raise ValidationError(said, code="no_doctor")
        return holds


class OverrideForm(Styled):
    """Why clients may book past a review that is not decided."""

    reason = forms.CharField(
        label="Why may sessions be booked before the review?",
        max_length=300,
        error_messages={"required": "Say why sessions may be booked before the review"},
    )
