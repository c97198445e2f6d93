"""The plan as a practitioner writes it: rows that read as a sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from practitioners.models import Location, Practitioner, Service
from treatment_plans.forms.rows import row_formset
from treatment_plans.models import Goal, PlanPhase, TreatmentPlan

HOW_LONG = [("sessions", "sessions"), ("weeks", "weeks"), ("open", "with no end yet")]
LATEST_START_YEARS = 2


class PlanForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """Everything of a plan but its phases and goals."""

    reason = forms.CharField(
        label="Why does the plan change?",
        max_length=300,
        required=False,
        help_text="Kept with the version.",
    )
    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    class Meta:
        model = TreatmentPlan
        fields = (
            "condition",
            "service",
            "location",
            "start_on",
            "techniques",
            "regions",
            "pressure",
            "precautions",
            "home_care",
            "review_after_sessions",
            "review_after_weeks",
        )
        widgets = {
            "techniques": forms.CheckboxSelectMultiple,
            "regions": forms.CheckboxSelectMultiple,
            "precautions": forms.Textarea(attrs={"rows": 2}),
            "home_care": forms.Textarea(attrs={"rows": 3}),
            "start_on": forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric"}),
        }
        labels = {
            "condition": "What the client comes with",
            "service": "Sessions are",
            "review_after_sessions": "Review after how many sessions",
            "review_after_weeks": "or after how many weeks, whichever is first",
        }
        help_texts = {
            "condition": "Your own words for the complaint, not a diagnosis. The clinic's results are told apart by it.",
            "start_on": "The day on which session 1 is due, for example 7/9/2026.",
            "regions": "Areas to treat.",
        }
        error_messages = {"start_on": {"invalid": "Enter a date like 7/9/2026."}}

    def __init__(
        self, *args: Any, practitioner: Practitioner, today: date, counts_today: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        services = Service.objects.filter(practitioners=practitioner, kind=Service.Kind.MEDICAL)
        self.fields["service"].queryset = services.distinct()  # type: ignore[attr-defined]
        self.fields["location"].queryset = (  # type: ignore[attr-defined]
            Location.objects.filter(
                is_active=True, availability__practitioner=practitioner
            ).distinct()
        )
        self.fields["techniques"].queryset = practitioner.techniques.all()  # type: ignore[attr-defined]
        if counts_today:
            self.fields["counts_today"] = forms.BooleanField(
                label="Count today's visit as session 1", required=False, initial=True
            )

    def clean_start_on(self) -> date:
        """Refuse a first session in the past or years ahead, unless it was already so."""
        day: date = self.cleaned_data["start_on"]
        if day == self.initial.get("start_on"):
            return day
        if day < self.today:
            raise ValidationError("The first session cannot be due in the past.", code="past")
        if day.year > self.today.year + LATEST_START_YEARS:
            raise ValidationError("Choose a date within two years.", code="too_far")
        return day


class PhaseForm(Styled):
    """One phase: "2 times a week for 3 weeks, 60 minutes each"."""

    rate_value = forms.IntegerField(
        label="How often",
        required=False,
        min_value=1,
        max_value=52,
        error_messages={
            "min_value": "Enter a number of at least 1.",
            "max_value": "Enter a number of at most 52.",
            "invalid": "Enter a whole number.",
        },
    )
    rate_kind = forms.ChoiceField(
        label="Rate",
        choices=[
            ("per_week", "times a week"),
            ("every_n_weeks", "week(s) from one to the next"),
            ("every_n_months", "month(s) from one to the next"),
            ("as_needed", "as needed"),
        ],
        required=False,
    )
    length = forms.IntegerField(
        label="for",
        required=False,
        min_value=1,
        max_value=200,
        error_messages={
            "min_value": "A phase needs at least 1 session.",
            "max_value": "A phase has at most 200 sessions.",
            "invalid": "Enter a whole number.",
        },
    )
    length_kind = forms.ChoiceField(label="Length in", choices=HOW_LONG, required=False)
    session_minutes = forms.IntegerField(
        label="Minutes", required=False, min_value=5, max_value=240, initial=60
    )
    label = forms.CharField(label="Name", max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        """Turn weeks into sessions: the count ends a phase, not the calendar."""
        data = self.cleaned_data
        if not self.has_changed() or data.get("DELETE") or self.errors:
            return data
        kind = data.get("rate_kind") or "per_week"
        if kind != "as_needed" and data.get("rate_value") is None:
            self.add_error("rate_value", ValidationError("Say how often.", code="required"))
        if kind == "per_week" and (data.get("rate_value") or 0) > 5:
            self.add_error(
                "rate_value",
                ValidationError("A week has 1 to 5 sessions.", code="per_week"),
            )
        if data.get("length_kind") != "open" and kind != "as_needed" and not data.get("length"):
            self.add_error("length", ValidationError("Say for how long.", code="required"))
        return data

    @staticmethod
    def phase(data: dict[str, Any]) -> PlanPhase:
        """Build the phase that a cleaned row describes."""
        kind = data.get("rate_kind") or "per_week"
        value = data.get("rate_value") or 1
        return PlanPhase(
            label=data.get("label", ""),
            rate_kind=kind,
            rate_value=value,
            session_count=_sessions(kind, value, data),
            session_minutes=data.get("session_minutes") or 60,
        )

    @staticmethod
    def row(phase: PlanPhase) -> dict[str, Any]:
        """Describe a stored phase as a row."""
        return {
            "rate_value": phase.rate_value,
            "rate_kind": phase.rate_kind,
            "length": phase.session_count,
            "length_kind": "sessions" if phase.session_count else "open",
            "session_minutes": phase.session_minutes,
            "label": phase.label,
        }


def _sessions(kind: str, value: int, data: dict[str, Any]) -> int | None:
    length, unit = data.get("length"), data.get("length_kind")
    if length is None or unit == "open":
        return None
    if unit != "weeks":
        return int(length)
    if kind == "per_week":
        return int(length) * value
    weeks_apart = value if kind == "every_n_weeks" else value * 4
    return max(1, int(length) // weeks_apart)


class GoalForm(Styled):
    """One goal in a sentence, with the numbers that show whether it is reached."""

    sentence = forms.CharField(label="Goal", max_length=200, required=False)
    measure = forms.CharField(label="Measured by", max_length=60, required=False)
    baseline = forms.DecimalField(label="Now", max_digits=6, decimal_places=1, required=False)
    target = forms.DecimalField(label="Target", max_digits=6, decimal_places=1, required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.has_changed() and not data.get("sentence") and not data.get("DELETE"):
            self.add_error("sentence", ValidationError("Say the goal.", code="required"))
        return data

    @staticmethod
    def goal(data: dict[str, Any]) -> Goal:
        """Build the goal that a cleaned row describes."""
        return Goal(
            sentence=data["sentence"],
            measure=data.get("measure", ""),
            baseline=data.get("baseline"),
            target=data.get("target"),
        )


PhaseFormSet = row_formset(PhaseForm, extra=2, most=10)
GoalFormSet = row_formset(GoalForm, extra=1, most=10)
