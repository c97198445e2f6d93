"""Which measures a plan asks when, and the answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.forms import Styled
from bookings.models.text import check_one_line
from treatment_plans.forms.pain import check_worst
from treatment_plans.models import Occasion, OutcomeMeasure, TreatmentPlan
from treatment_plans.models.outcomes import ACTIVITIES
from treatment_plans.outcomes import Scale
from treatment_plans.progress import NPRS
from treatment_plans.scores import PSFS, Question, usual_measures

NUMBER = re.compile(r"-?[0-9]{1,5}(?:[.,][0-9]{1,3})?", re.ASCII)
LONGEST_WORDING = 120


class MeasuresForm(Styled):
    """A row of occasions for each measure, one more measure, and the client's own activities."""

    more = forms.ModelChoiceField(
        label="Add another measure",
        queryset=OutcomeMeasure.objects.none(),
        required=False,
        empty_label="None",
        help_text="It is asked on its usual occasions, which can then be changed.",
    )

    def __init__(self, *args: Any, plan: TreatmentPlan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        asked = {row.measure: row.occasions for row in plan.measures.select_related("measure")}
        self.is_new = not asked
        usual = {one: one.occasions for one in usual_measures(plan)} if self.is_new else {}
        fitting = OutcomeMeasure.objects.offered().suggested_for(plan)
        shown = {**{one: [] for one in fitting}, **usual, **asked}
        self.measures = sorted(shown, key=lambda one: (one.position, one.name))
        for measure in self.measures:
            self.fields[f"on_{measure.slug}"] = _occasions(measure, shown[measure])
        others = OutcomeMeasure.objects.offered().exclude(pk__in=[one.pk for one in shown])
        self.fields["more"].queryset = others  # type: ignore[attr-defined]
        self._add_activities()

    def _add_activities(self) -> None:
        known = {one.number: one for one in self.plan.activities.prefetch_related("scores")}
        for number in range(1, ACTIVITIES + 1):
            one = known.get(number)
            self.fields[f"activity_{number}"] = forms.CharField(
                label=f"Activity {number}",
                max_length=LONGEST_WORDING,
                required=False,
                validators=[check_one_line],
                initial=one.wording if one else "",
                disabled=bool(one and one.scores.all()),
                widget=forms.TextInput({"class": "form-control"}),
            )

    @property
    def rows(self) -> list[tuple[OutcomeMeasure, forms.BoundField]]:
        """Each measure with its boxes."""
        return [(measure, self[f"on_{measure.slug}"]) for measure in self.measures]

    @property
    def activity_fields(self) -> list[forms.BoundField]:
        return [self[f"activity_{number}"] for number in range(1, ACTIVITIES + 1)]

    @property
    def wanted(self) -> dict[OutcomeMeasure, list[str]]:
        """What a valid form asks for, measure by measure."""
        found = {one: self.cleaned_data[f"on_{one.slug}"] for one in self.measures}
        more = self.cleaned_data.get("more")
        found |= {more: more.occasions} if more else {}
        return {measure: occasions for measure, occasions in found.items() if occasions}

    @property
    def activities(self) -> dict[int, str]:
        """The activities of a valid form by number."""
        typed = {n: self.cleaned_data[f"activity_{n}"].strip() for n in range(1, ACTIVITIES + 1)}
        return {number: wording for number, wording in typed.items() if wording}

    def clean(self) -> dict[str, Any]:
        """Somebody who is asked about activities must have named one."""
        data = self.cleaned_data
        asks = bool(data.get(f"on_{PSFS}")) or getattr(data.get("more"), "slug", "") == PSFS
        if asks and not any(data.get(f"activity_{n}") for n in range(1, ACTIVITIES + 1)):
            text = "Write at least one activity in the client's own words."
            self.add_error("activity_1", ValidationError(text, code="required"))
        return data


def _occasions(measure: OutcomeMeasure, chosen: list[str]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=measure.name,
        choices=Occasion.choices,
        required=False,
        initial=chosen,
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
    )


class ScoreField(forms.Field):
    """One value on a scale: a row of tiles where they are few, a box for a number else."""

    def __init__(self, question: Question) -> None:
        self.question, self.scale = question, question.measure.scale
        widget: forms.Widget = forms.TextInput(
            {"class": "form-control", "inputmode": "decimal", "autocomplete": "off"}
        )
        if question.is_rating:
            widget = forms.RadioSelect({"class": "form-check-input"}, choices=tiles(self.scale))
        super().__init__(required=False, label=question.name, widget=widget)

    def to_python(self, value: Any) -> Decimal | None:
        """A number with a point or a comma. Raises ValidationError naming range and steps."""
        text = str(value or "").strip()
        if not text:
            return None
        number = Decimal(text.replace(",", ".")) if NUMBER.fullmatch(text) else Decimal("NaN")
        problem = self.scale.problem_with(number)
        if problem:
            raise ValidationError(problem, code="off_scale")
        return number


def tiles(scale: Scale) -> list[tuple[str, str]]:
    """Every value of a short scale, and the tile of who would rather not answer."""
    values = range(int(scale.minimum), int(scale.maximum) + 1)
    return [*((str(n), scale.number(Decimal(n))) for n in values), ("", "Skip")]


class AnswersForm(Styled):
    """One field for each question; at least one is answered."""

    nothing = "Answer at least one question."

    def __init__(self, *args: Any, questions: Iterable[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = {one.key: one for one in questions}
        for key, question in self.questions.items():
            self.fields[key] = ScoreField(question)

    @property
    def asked(self) -> list[tuple[Question, forms.BoundField]]:
        """Each question with its field."""
        return [(question, self[key]) for key, question in self.questions.items()]

    @property
    def answers(self) -> list[tuple[Question, Decimal]]:
        """What a valid form was told."""
        given = ((question, self.cleaned_data[key]) for key, question in self.questions.items())
        return [(question, value) for question, value in given if value is not None]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        is_empty = all(data.get(key) is None for key in self.questions)
        if is_empty and not set(self.errors) & set(self.questions):
            raise ValidationError(self.nothing, code="nothing")
        return data


class ScoresForm(AnswersForm):
    """The answers as a practitioner enters them, with the day they are of."""

    taken_on = DayMonthYearField(called="Day", label="Taken on")
    note = forms.CharField(
        label="Version of the questionnaire",
        max_length=60,
        required=False,
        validators=[check_one_line],
        help_text="For totals from paper: which version or language.",
    )

    def __init__(self, *args: Any, first_day: date, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first_day, self.today = first_day, today

    def clean(self) -> dict[str, Any]:
        """At least one answer, and ratings of pain that fit each other."""
        data = super().clean()
        check_worst(self, f"{NPRS}-")
        return data

    def clean_taken_on(self) -> date:
        """Refuse a day to come, or one before the plan was thought of."""
        day: date = self.cleaned_data["taken_on"]
        if day > self.today:
            raise ValidationError("Day cannot be in the future", code="future")
        if day < self.first_day:
            words = f"{self.first_day.day} {self.first_day:%B %Y}"
            raise ValidationError(
                f"Day must be {words} or later: the plan begins then", code="early"
            )
        return day


class ErrorForm(Styled):
    """Why a score is wrong."""

    reason = forms.CharField(
        label="Why is it wrong?",
        max_length=200,
        validators=[check_one_line],
        error_messages={"required": "Say why the score is wrong"},
    )
