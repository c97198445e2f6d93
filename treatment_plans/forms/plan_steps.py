"""Why a plan starts, rests, is held or ends: each step asks before it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.forms import Styled
from bookings.models import Appointment
from treatment_plans.models import TreatmentPlan

Status = TreatmentPlan.Status
LONGEST_PAUSE = timedelta(days=366)
CANCEL, MOVE, KEEP = "cancel", "move", "keep"
INSIDE = (
    (CANCEL, "Cancel them, and tell the client"),
    (MOVE, "Move them: choose other dates next"),
    (KEEP, "Keep them where they are"),
)


class StepForm(Styled):
    """Nothing to say but that it is meant."""

    def __init__(
        self, *args: Any, today: date, booked: Sequence[Appointment], **kwargs: Any
    ) -> None:
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


class PauseForm(ReasonForm):
    """Days of rest, both inclusive; without a last day until somebody goes on with it.

    What becomes of sessions that are booked in them has to be said.
    """

    first_day = DayMonthYearField(label="First day of the pause", called="First day")
    last_day = DayMonthYearField(
        label="Last day of the pause",
        called="Last day",
        required=False,
        help_text="Empty: from today until you go on with the plan.",
    )
    inside = forms.ChoiceField(
        label="Sessions booked in the pause",
        choices=INSIDE,
        required=False,
        widget=forms.RadioSelect,
    )
    field_order = ("first_day", "last_day", "inside", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["first_day"].initial = self.today
        if not self.booked:
            del self.fields["inside"]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        first, last = data.get("first_day"), data.get("last_day")
        if first is None or "last_day" in self.errors:
            return data
        self._check_days(first, last)
        if self.booked and not self.errors:
            self._check_inside(first, last, data.get("inside", ""))
        return {**data, "cancels": data.get("inside") == CANCEL}

    def _check_inside(self, first: date, last: date | None, choice: str) -> None:
        """Sessions in the pause are cancelled, moved or kept; none of it by itself."""
        days = [visit.local_day for visit in self.booked]
        found = [day for day in days if first <= day and (last is None or day <= last)]
        if found and not choice:
            are = "1 session is" if len(found) == 1 else f"{len(found)} sessions are"
            text = f"{are} booked in the pause. Choose what becomes of {'it' if len(found) == 1 else 'them'}"
            self.add_error("inside", ValidationError(text, code="required"))
        elif choice == MOVE and last is None:
            text = "Sessions can only be moved out of a pause that has a last day"
            self.add_error("inside", ValidationError(text, code="no_end"))

    def _check_days(self, first: date, last: date | None) -> None:
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


class EndForm(ReasonForm):
    """How and why a plan ends, and whether the booked sessions end with it."""

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.booked:
            many = len(self.booked)
            them = "the booked session" if many == 1 else f"the {many} booked sessions"
            self.fields["cancels"] = forms.BooleanField(
                label=f"Cancel {them} as well", required=False
            )
            self.fields["cancels"].widget.attrs["class"] = "form-check-input"
