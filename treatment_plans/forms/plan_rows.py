"""The rows of a plan: its phases, which read as a sentence, and its goals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from treatment_plans.forms.rows import RowFormSet, row_formset
from treatment_plans.models import Goal, OutcomeMeasure, PlanPhase
from treatment_plans.models.plans import PhaseRow
from treatment_plans.plan_facts import phase_of
from treatment_plans.schedule import check_phases

HOW_LONG = [("sessions", "sessions"), ("weeks", "weeks"), ("open", "with no end yet")]


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
        initial="per_week",
    )
    length = forms.IntegerField(
        label="For how long",
        required=False,
        min_value=1,
        max_value=200,
        error_messages={
            "min_value": "A phase needs at least 1 session.",
            "max_value": "A phase has at most 200 sessions.",
            "invalid": "Enter a whole number.",
        },
    )
    length_kind = forms.ChoiceField(
        label="Length in", choices=HOW_LONG, required=False, initial="sessions"
    )
    session_minutes = forms.IntegerField(
        label="Minutes",
        required=False,
        min_value=5,
        max_value=240,
        initial=60,
        error_messages={
            "min_value": "A session takes at least 5 minutes.",
            "max_value": "A session takes at most 240 minutes.",
            "invalid": "Enter a whole number.",
        },
    )
    label = forms.CharField(label="Name of the phase", max_length=40, required=False)

    def is_blank(self) -> bool:
        """Tell whether nothing was typed that says how often or for how long."""
        data = self.cleaned_data
        typed = any(data.get(name) for name in ("rate_value", "length", "label"))
        open_end = data.get("length_kind") == "open" or data.get("rate_kind") == "as_needed"
        return not typed and not open_end

    def clean(self) -> dict[str, Any]:
        """Turn weeks into sessions: the count ends a phase, not the calendar."""
        data = self.cleaned_data
        if self.errors or data.get("DELETE") or self.is_blank():
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
    def row(phase: PhaseRow) -> dict[str, Any]:
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


class PhasesFormSet(RowFormSet):
    """Phases in an order that makes a frequency; what is wrong is said at its row."""

    def filled_forms(self) -> list[Any]:
        return [form for form in super().filled_forms() if not form.is_blank()]

    def clean(self) -> None:
        if any(self.errors):
            return
        forms_ = self.filled_forms()
        problems = check_phases([phase_of(PhaseForm.phase(form.cleaned_data)) for form in forms_])
        if not forms_:
            raise ValidationError(problems[0].sentence, code=problems[0].code)
        for problem in problems:
            form = forms_[min(problem.index, len(forms_) - 1)]
            form.add_error(BOX_OF[problem.code], ValidationError(problem.sentence, problem.code))


# The box of a row that a problem of its phase is about.
BOX_OF = {
    "too_many_phases": "rate_value",
    "unknown_rate": "rate_kind",
    "rate_out_of_range": "rate_value",
    "as_needed_not_last": "rate_kind",
    "open_ended_not_last": "length_kind",
    "sessions_out_of_range": "length",
    "minutes_out_of_range": "session_minutes",
}


class GoalForm(Styled):
    """One goal in a sentence, with the numbers that show whether it is reached."""

    sentence = forms.CharField(label="Goal", max_length=200, required=False)
    outcome = forms.ChoiceField(label="Measured by", required=False)
    measure = forms.CharField(label="In other words", max_length=60, required=False)
    baseline = forms.DecimalField(label="Now", max_digits=6, decimal_places=1, required=False)
    target = forms.DecimalField(label="Target", max_digits=6, decimal_places=1, required=False)

    def __init__(self, *args: Any, measures: Sequence[OutcomeMeasure] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.measures = {one.slug: one for one in measures}
        named = [(one.slug, one.called) for one in measures]
        self.fields["outcome"].choices = [("", "Not scored here"), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A goal has a sentence, and its numbers lie on the scale of what is scored."""
        data = self.cleaned_data
        data["outcome"] = self.measures.get(data.get("outcome", ""))
        if data["outcome"] is not None:
            self._check_on_scale(data["outcome"])
        if self.has_changed() and not data.get("sentence") and not data.get("DELETE"):
            self.add_error("sentence", ValidationError("Say the goal.", code="required"))
        return data

    def _check_on_scale(self, measure: OutcomeMeasure) -> None:
        lowest, highest, number = measure.minimum, measure.maximum, measure.scale.number
        for name in ("baseline", "target"):
            value = self.cleaned_data.get(name)
            if value is not None and not lowest <= value <= highest:
                said = f"{measure.called} goes from {number(lowest)} to {number(highest)}."
                self.add_error(name, ValidationError(said, code="off_scale"))

    @staticmethod
    def goal(data: dict[str, Any]) -> Goal:
        """Build the goal that a cleaned row describes."""
        return Goal(
            **{name: data.get(name) for name in GOAL} | {"measure": data.get("measure", "")}
        )

    @staticmethod
    def row(goal: Goal) -> dict[str, Any]:
        """Describe a stored goal as a row."""
        row = {name: getattr(goal, name) for name in GOAL}
        return row | {"outcome": goal.outcome.slug if goal.outcome else ""}


GOAL = ("sentence", "outcome", "measure", "baseline", "target")


PhaseFormSet = row_formset(PhaseForm, extra=1, most=10, base=PhasesFormSet)
GoalFormSet = row_formset(GoalForm, extra=1, most=10)
