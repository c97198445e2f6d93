"""The filters of the directory: a form that is only ever read."""

from __future__ import annotations

from typing import Any

from django import forms

from bookings.directory import languages
from practitioners.models import Condition, Location, Practitioner, Technique
from practitioners.models.places import WEEKDAYS


class DirectoryForm(forms.Form):
    """What somebody looks for. A value that is not offered is ignored, never an error page."""

    condition = forms.ModelChoiceField(
        Condition.objects.offered(), to_field_name="slug", required=False, empty_label="Any"
    )
    technique = forms.ModelChoiceField(
        Technique.objects.published(), to_field_name="slug", required=False, empty_label="Any"
    )
    location = forms.ModelChoiceField(
        Location.objects.filter(is_active=True),
        to_field_name="slug",
        required=False,
        empty_label="Any",
    )
    language = forms.ChoiceField(required=False)
    gender = forms.ChoiceField(
        label="Gender of the specialist",
        choices=[("", "Any"), *Practitioner.Gender.choices],
        required=False,
    )
    day = forms.ChoiceField(label="Works on", choices=[("", "Any day"), *WEEKDAYS], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        spoken = [(language, language) for language in languages()]
        self.fields["language"].choices = [("", "Any"), *spoken]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def wanted(self) -> dict[str, Any]:
        """The filters that can be used; the others are left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
