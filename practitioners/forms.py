"""What a specialist says about themselves, checked alike wherever it is typed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from practitioners.blank_choices import say_for_nothing
from practitioners.models import Condition, Practitioner
from practitioners.photos import PhotoField

MOST_WORDS = 80
FIRST_YEAR = 1940


class SaysAboutThemselves(forms.ModelForm):
    """The checks of a profile."""

    photo = PhotoField(
        required=False,
        help_text="JPEG or PNG, up to 10 MB. It is made smaller, and the name is its text.",
    )

    def clean_about(self) -> str:
        about: str = self.cleaned_data["about"]
        if (words := len(about.split())) > MOST_WORDS:
            raise ValidationError(
                f"Use at most {MOST_WORDS} words. There are {words}.", code="too_many_words"
            )
        return about

    def clean_languages(self) -> list[str]:
        return [language for language in self.cleaned_data["languages"] if language]

    def clean_practising_since(self) -> int | None:
        year: int | None = self.cleaned_data["practising_since"]
        if year is not None and not FIRST_YEAR <= year <= timezone.now().year:
            raise ValidationError(f"Enter a year from {FIRST_YEAR} to this one.", code="year")
        return year


class ProfileForm(SaysAboutThemselves):
    """What specialists may change of their own page. Names, titles and services are the clinic's."""

    focus_areas = forms.ModelMultipleChoiceField(
        queryset=Condition.objects.offered(),
        widget=forms.CheckboxSelectMultiple({"class": "form-check-input"}),
        required=False,
        help_text="Visitors find you by these.",
    )

    class Meta:
        model = Practitioner
        fields = (
            "photo", "about", "first_visit", "languages", "practising_since", "gender",
            "focus_areas",
        )  # fmt: skip
        widgets = {
            "about": forms.Textarea({"rows": 6}),
            "first_visit": forms.Textarea({"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say_for_nothing(self.fields["gender"], "Not said")
