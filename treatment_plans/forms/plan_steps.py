"""Why a plan starts, rests, is held or ends: each step asks before it is taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.forms import Styled
from treatment_plans.models import TreatmentPlan

Status = TreatmentPlan.Status
LONGEST_PAUSE = timedelta(days=366)


class StepForm(Styled):
    """Nothing to say but that it is meant."""

    def __init__(self, *args: Any, today: date, booked: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.booked = today, booked


class ReasonForm(StepForm):
    """A reason that is kept with the version."""

    reason = forms.CharField(
        max_length=200,
        help_text="Kept with the version.",
        error_messages={
            "required": "Say why",
            "max_length": "Use at most %(limit_value)d characters",
        },
    )


class MayCancelForm(ReasonForm):
    """A step that leaves booked sessions behind says what becomes of them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.booked:
            many = (
                "the booked session" if self.booked == 1 else f"the {self.booked} booked sessions"
            )
            self.fields["cancels"] = forms.BooleanField(
                label=f"Cancel {many} as well", required=False
            )
            self.fields["cancels"].widget.attrs["class"] = "form-check-input"


class PauseForm(MayCancelForm):
    """Days of rest, both inclusive; without a last day until somebody goes on with it."""

    first_day = DayMonthYearField(label="First day of the pause", called="First day")
    last_day = DayMonthYearField(
        label="Last day of the pause",
        called="Last day",
        required=False,
        help_text="Empty: from today until you go on with the plan.",
    )
    field_order = ("first_day", "last_day", "reason", "cancels")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_day"].initial = self.today

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        first, last = data.get("first_day"), data.get("last_day")
        if first is None or "last_day" in self.errors:
            return data
        if last is None and first != self.today:
            text = "Last day must be given for a pause that does not begin today"
            self.add_error("last_day", ValidationError(text, code="required"))
        elif first < self.today:
            text = "First day must be today or later"
            self.add_error("first_day", ValidationError(text, code="past"))
        elif last is not None and last < first:
            text = "Last day must not be before the first day"
            self.add_error("last_day", ValidationError(text, code="before"))
        elif last is not None and last - first > LONGEST_PAUSE:
            text = "Last day must be within a year. End the plan instead, or give no last day"
            self.add_error("last_day", ValidationError(text, code="too_long"))
        return data


class EndForm(MayCancelForm):
    """How and why a plan ends."""

    how = forms.ChoiceField(
        label="How does it end?",
        widget=forms.RadioSelect,
        choices=[
            (Status.DISCHARGED, "Discharge: treatment is over, for whatever reason"),
            (Status.COMPLETED, "Complete: what was planned is done"),
            (Status.CANCELLED, "Cancel: it was a mistake, or never began"),
        ],
        error_messages={"required": "Choose how it ends"},
    )
    field_order = ("how", "reason", "cancels")
