"""The first assessment: what the person says, what was seen and measured."""

from __future__ import annotations

import uuid
from datetime import date
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.forms import Styled
from bookings.times import say_day
from practitioners.blank_choices import say_for_nothing
from practitioners.models import BodyRegion
from treatment_plans.forms.pain import check_worst
from treatment_plans.forms.rows import RowFormSet, row_formset
from treatment_plans.models import Assessment, BodyMark, RomMeasurement
from treatment_plans.models.assessments import Side
from treatment_plans.rom import norms

EARLIEST_ONSET = date(1920, 1, 1)
ZERO_TO_TEN = [("", "Not asked")] + [(str(n), str(n)) for n in range(11)]


def _score(label: str, help_text: str = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=ZERO_TO_TEN,
        coerce=int,
        empty_value=None,
        required=False,
        help_text=help_text,
    )


class AssessmentForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """Complaint, pain, findings and impression. Nothing but the complaint is required."""

    pain_now = _score("Pain right now", "0 no pain, 10 worst you can imagine")
    pain_worst = _score("Worst pain in the last 24 hours")
    pain_average = _score("Average pain in the last 24 hours")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)
    form_token = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid.uuid4)

    class Meta:
        model = Assessment
        fields = (
            "complaint",
            "onset_on",
            "onset",
            "cause",
            "is_recurrent",
            "aggravating",
            "easing",
            "pain_now",
            "pain_worst",
            "pain_average",
            "day_pattern",
            "observation",
            "reported_diagnosis",
            "clinical_impression",
            "agreed_goals",
        )
        widgets = {
            "complaint": forms.Textarea(attrs={"rows": 3}),
            "aggravating": forms.Textarea(attrs={"rows": 2}),
            "easing": forms.Textarea(attrs={"rows": 2}),
            "day_pattern": forms.Textarea(attrs={"rows": 2}),
            "observation": forms.Textarea(attrs={"rows": 3}),
            "clinical_impression": forms.Textarea(attrs={"rows": 3}),
            "agreed_goals": forms.Textarea(attrs={"rows": 2}),
            "is_recurrent": forms.Select(
                choices=[("unknown", "Not asked"), ("true", "Yes"), ("false", "No")]
            ),
            "onset_on": forms.DateInput(format="%d/%m/%Y", attrs={"inputmode": "numeric"}),
        }
        help_texts = {
            "onset_on": "For example 15/6/2026. Leave empty when it is not known.",
            "reported_diagnosis": "Made by someone who may diagnose; say who and when.",
            "clinical_impression": "Your working view. It is not a diagnosis.",
            "observation": "Only what was seen or felt. Empty means not examined.",
        }
        error_messages = {
            "complaint": {"required": "Say why the person has come, in their words."},
            "onset_on": {"invalid": "Enter a date like 15/6/2026."},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_for_nothing(self.fields["onset"], "Not asked")

    def meanwhile(self, stored: Assessment) -> list[tuple[str, str]]:
        """What somebody else has saved, where it differs; saving again is then a choice."""
        sent: Any = self.data
        self.data = seen = sent.copy()
        seen["version"] = str(stored.version)
        return [
            (str(self[name].label), _said(stored, name))
            for name in self.Meta.fields
            if self.cleaned_data.get(name) != getattr(stored, name)
        ]

    def clean(self) -> dict[str, Any]:
        """The ratings of pain fit each other."""
        data = super().clean() or self.cleaned_data
        check_worst(self, "pain_")
        return data

    def clean_onset_on(self) -> date | None:
        """Refuse an onset in the future or beyond a lifetime."""
        day: date | None = self.cleaned_data["onset_on"]
        if day and day > (self.instance.assessed_on or date.max):
            raise ValidationError("It cannot have begun after today.", code="future")
        if day and day < EARLIEST_ONSET:
            raise ValidationError("Enter a year after 1920.", code="too_early")
        return day


def _said(stored: Assessment, name: str) -> str:
    """A stored value in words."""
    value = getattr(stored, f"get_{name}_display", lambda: getattr(stored, name))()
    if isinstance(value, date):
        return say_day(value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "nothing" if value in (None, "") else str(value)


def places() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every region with each side it has, grouped by part of the body. One query."""
    groups = []
    for name, regions in groupby(BodyRegion.objects.all(), key=lambda region: region.group):
        options = []
        for region in regions:
            sides = (Side.LEFT, Side.RIGHT) if region.is_paired else (Side.MIDLINE,)
            for side in sides:
                word = "" if side == Side.MIDLINE else f", {side.label.lower()}"
                options.append((f"{region.slug}|{side.value}", f"{region.name}{word}"))
        groups.append((name.replace("-", " ").capitalize(), options))
    return groups


def movements() -> list[tuple[str, str]]:
    """Every movement that can be measured, once per side where it has sides."""
    options = []
    for norm in norms():
        sides = (Side.LEFT, Side.RIGHT) if norm.has_sides else (Side.MIDLINE,)
        for side in sides:
            word = "" if side == Side.MIDLINE else f", {side.label.lower()}"
            usual = f" ({norm.degrees}\N{DEGREE SIGN} is a common reference)"
            options.append(
                (f"{norm.joint}|{norm.movement}|{side.value}", f"{norm.label}{word}{usual}")
            )
    return options


class MarkForm(Styled):
    """One symptom at one place of the body chart."""

    place = forms.ChoiceField(label="Where", required=False)
    symptom = forms.ChoiceField(
        label="What", choices=BodyMark.Symptom.choices, required=False, initial="pain"
    )
    intensity = _score("How strong")
    note = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, place_choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["place"]
        field.choices = [("", "Choose a region"), *place_choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.has_changed() and not data.get("place") and not data.get("DELETE"):
            self.add_error("place", ValidationError("Choose a region.", code="required"))
        return data


class RomForm(Styled):
    """One measured movement."""

    movement = forms.ChoiceField(label="Movement", required=False)
    degrees = forms.IntegerField(
        required=False,
        min_value=-30,
        max_value=180,
        error_messages={
            "min_value": "Degrees must be between -30 and 180.",
            "max_value": "Degrees must be between -30 and 180.",
            "invalid": "Enter whole degrees, like 48.",
        },
    )
    motion = forms.ChoiceField(
        label="Motion", choices=RomMeasurement.Motion.choices, required=False, initial="active"
    )
    end_feel = forms.ChoiceField(
        label="End feel",
        choices=[("", "Not tested"), *RomMeasurement.EndFeel.choices],
        required=False,
    )
    has_pain = forms.BooleanField(label="Pain on movement", required=False)

    def __init__(self, *args: Any, movement_choices: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["movement"]
        field.choices = [("", "Choose a movement"), *movement_choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not self.has_changed() or data.get("DELETE"):
            return data
        if not data.get("movement"):
            self.add_error("movement", ValidationError("Choose a movement.", code="required"))
        if data.get("degrees") is None and "degrees" not in self.errors:
            self.add_error("degrees", ValidationError("Enter the degrees.", code="required"))
        return data


class RowsOnce(RowFormSet):
    """Rows of which no two are of the same thing; a repeated one is refused at its place."""

    key: tuple[str, ...]
    sentence: str

    def clean(self) -> None:
        known = set()
        for form in self.filled_forms():
            about = tuple(
                form.cleaned_data.get(name) or form.fields[name].initial for name in self.key
            )
            if about[0] and about in known:
                form.add_error(self.key[0], ValidationError(self.sentence, code="twice"))
            known.add(about)


class MarksOnce(RowsOnce):
    """One mark for each symptom at a place; two symptoms there are two rows."""

    key = ("place", "symptom")
    sentence = "This place is marked twice. Put both into one row."


class RomOnce(RowsOnce):
    """One measurement for each movement, active and passive told apart."""

    key = ("movement", "motion")
    sentence = "This movement is entered twice. Keep one of them."


MarkFormSet = row_formset(MarkForm, extra=3, base=MarksOnce)
RomFormSet = row_formset(RomForm, extra=3, base=RomOnce)
