"""The plan as a practitioner writes it: rows that read as a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from bookings.forms import Styled, say_for_nothing
from bookings.models import Appointment
from bookings.times import say_day
from practitioners.models import Location, Service
from treatment_plans.forms.rows import RowFormSet, row_formset, with_rows
from treatment_plans.models import (
    Goal,
    HomeCareItem,
    OutcomeMeasure,
    PlanPhase,
    PlanTemplate,
    TreatmentPlan,
)
from treatment_plans.models.plans import PhaseRow
from treatment_plans.plan_facts import phase_of
from treatment_plans.schedule import check_phases

HOW_LONG = [("sessions", "sessions"), ("weeks", "weeks"), ("open", "with no end yet")]
LATEST_START_YEARS = 2
NOTHING = {
    "condition": "Not said", "service": "Choose", "location": "Choose", "pressure": "Not said",
}  # fmt: skip


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
            "condition": "The complaint, not a diagnosis. The clinic's results are told apart by it.",
            "service": "",
            "start_on": "The day on which session 1 is due, for example 7/9/2026.",
            "regions": "Areas to treat.",
        }
        error_messages = {
            "service": {"required": "Choose what its sessions are."},
            "location": {"required": "Choose where they take place."},
            "start_on": {
                "required": "Say when the first session is due.",
                "invalid": "Enter a date like 7/9/2026.",
            },
            "review_after_sessions": {
                "required": "Say after how many sessions it is reviewed.",
                "invalid": "Enter after how many sessions it is reviewed, as a whole number.",
                "min_value": "A plan is reviewed after 1 to 50 sessions.",
                "max_value": "A plan is reviewed after 1 to 50 sessions.",
            },
            "review_after_weeks": {
                "required": "Say after how many weeks it is reviewed.",
                "invalid": "Enter after how many weeks it is reviewed, as a whole number.",
                "min_value": "A plan is reviewed after 1 to 52 weeks.",
                "max_value": "A plan is reviewed after 1 to 52 weeks.",
            },
        }

    def __init__(
        self,
        *args: Any,
        today: date,
        todays: Appointment | None = None,
        earlier: Sequence[Appointment] = (),
        templates: Sequence[PlanTemplate] = (),
        home_care: Sequence[HomeCareItem] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.todays = today, todays
        person = self.instance.practitioner
        services = Service.objects.filter(practitioners=person, kind=Service.Kind.MEDICAL)
        places = Location.objects.active().worked_at_by(person)
        self.fields["service"].queryset = services.distinct()  # type: ignore[attr-defined]
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        self.fields["techniques"].queryset = person.techniques.all()  # type: ignore[attr-defined]
        for name, words in NOTHING.items():
            say_for_nothing(self.fields[name], words)
        if self.instance.pk is None:
            self._suggest_the_only_one("service", "location")
        if templates:
            self.fields["template"] = _template_field(templates)
        if home_care:
            self.fields["home_care_item"] = _home_care_field(home_care)
        if todays is not None:
            self.fields["counts_today"] = forms.BooleanField(
                label="Count today's visit as session 1", required=False, initial=True
            )
        self.visits = {str(visit.public_id): visit for visit in earlier}
        if self.visits:
            self.fields["first_visit"] = _first_visit_field(self.visits)

    def _suggest_the_only_one(self, *names: str) -> None:
        """Choose for a new plan what leaves no choice. One query for each."""
        for name in names:
            offered = list(self.fields[name].queryset[:2])  # type: ignore[attr-defined]
            if len(offered) == 1:
                self.initial[name] = offered[0].pk

    def clean(self) -> dict[str, Any]:
        """A plan starts today or later, or on the day of the visit that was its session 1."""
        data = super().clean() or self.cleaned_data
        visit = self.visits.get(data.get("first_visit", ""))
        data["first_visit"] = visit or (self.todays if data.get("counts_today") else None)
        if visit is not None:
            data["start_on"] = visit.local_day
        elif data.get("start_on") and data["start_on"] != self.initial.get("start_on"):
            self._check_start(data["start_on"])
        return data

    def _check_start(self, day: date) -> None:
        """Refuse a first session in the past or years ahead, unless it was already so."""
        if day < self.today:
            text = "The first session cannot be due in the past."
            if self.visits:
                text += " If an earlier visit was session 1, choose it below."
            self.add_error("start_on", ValidationError(text, code="past"))
        elif day.year > self.today.year + LATEST_START_YEARS:
            text = "Choose a date within two years."
            self.add_error("start_on", ValidationError(text, code="too_far"))


def _template_field(templates: Sequence[PlanTemplate]) -> forms.ChoiceField:
    """Templates under the condition that their study was about."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in templates:
        groups.setdefault(one.condition.name, []).append((one.slug, one.name))
    return forms.ChoiceField(
        label="Start from a template",
        required=False,
        choices=[("", "None"), *groups.items()],
        help_text="Fills in the phases, the review and what its study calls for. Change all you like.",
    )


def _home_care_field(home_care: Sequence[HomeCareItem]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label="From the clinic's home care",
        required=False,
        choices=[("", "Choose"), *((str(one.pk), f"{one.name}, {one.dose}") for one in home_care)],
        help_text="Is added above. How much and how often can be changed there.",
        error_messages={"invalid_choice": "Choose from the list as it is now."},
    )


def _first_visit_field(visits: Mapping[str, Appointment]) -> forms.ChoiceField:
    days = [(key, say_day(visit.local_day)) for key, visit in visits.items()]
    return forms.ChoiceField(
        label="An earlier visit was session 1",
        required=False,
        choices=[("", "No"), *days],
        help_text="The plan then starts on that day.",
    )


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


def filled_from(template: PlanTemplate, data: QueryDict) -> QueryDict:
    """Posted data with what a template says in the place of phases and review.

    Precautions are added to; a condition or pressure that was chosen stays.
    """
    rows = [
        {name: [str(value)] for name, value in PhaseForm.row(phase).items() if value is not None}
        for phase in template.phases.all()
    ]
    filled = with_rows(data, "phases", rows)
    filled["review_after_sessions"] = str(template.review_after_sessions)
    filled["review_after_weeks"] = str(template.review_after_weeks)
    filled["condition"] = filled.get("condition") or str(template.condition_id)
    filled["pressure"] = filled.get("pressure") or template.pressure
    said = filled.get("precautions", "")
    if template.precautions and template.precautions not in said:
        filled["precautions"] = f"{said}\n{template.precautions}".strip()
    return filled


def with_home_care(item: HomeCareItem, data: QueryDict) -> QueryDict:
    """Posted data with what was picked on a line of its own, unless it is there already."""
    more, said = data.copy(), data.get("home_care", "").rstrip()
    more["home_care_item"] = ""
    if item.said not in said:
        more["home_care"] = f"{said}\n{item.said}".strip()
    return more


PhaseFormSet = row_formset(PhaseForm, extra=1, most=10, base=PhasesFormSet)
GoalFormSet = row_formset(GoalForm, extra=1, most=10)
