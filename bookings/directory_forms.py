"""The filters of the directory: a form that is only ever read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from practitioners.facts import Facts
from practitioners.models import Practitioner
from practitioners.models.places import WEEKDAYS

FIELD = '<div class="field"><label class="form-label" for="{}">{}</label>{}</div>'
FIRST = ("condition", "location", "day")


class DirectoryForm(forms.Form):
    """What somebody looks for. A value that is not offered is ignored, never an error page."""

    condition = forms.ChoiceField(required=False)
    technique = forms.ChoiceField(required=False)
    location = forms.ChoiceField(required=False)
    language = forms.ChoiceField(required=False)
    gender = forms.ChoiceField(
        label="Gender of the specialist",
        choices=[("", "Any"), *Practitioner.Gender.choices],
        required=False,
    )
    day = forms.ChoiceField(label="Works on", choices=[("", "Any day"), *WEEKDAYS], required=False)

    def __init__(self, *args: Any, facts: Facts, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "condition": [(one["slug"], one["name"]) for one in facts.conditions],
            "technique": [(one["slug"], one["name"]) for one in facts.techniques],
            "location": [(place.slug, place.name) for place in facts.active_places],
            "language": [(one["language"], one["language"]) for one in facts.languages],
        }
        for name, choices in offered.items():
            self.fields[name].choices = [("", "Any"), *choices]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def first_fields(self) -> SafeString:
        """The filters that most people need."""
        return self._drawn(name for name in FIRST)

    def more_fields(self) -> SafeString:
        """The others, folded away until one of them is set."""
        return self._drawn(name for name in self.fields if name not in FIRST)

    def _drawn(self, names: Iterable[str]) -> SafeString:
        """As `bootstrap5/field.html` draws a list; a filter has neither hint nor error."""
        fields = (self[name] for name in names)
        return format_html_join(
            "", FIELD, ((field.id_for_label, field.label, field) for field in fields)
        )

    def wanted(self) -> dict[str, str]:
        """The filters that can be used; the others are left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
