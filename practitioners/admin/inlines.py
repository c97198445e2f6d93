"""The parts of the specialist's page: papers, techniques, hours, days off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet
from django.utils import timezone

from practitioners.admin.base import SensibleDates
from practitioners.hours import Stretch, first_overlap
from practitioners.models import (
    Availability,
    Credential,
    ExtraHours,
    OpeningHours,
    PractitionerTechnique,
    TimeOff,
)
from practitioners.models.places import WEEKDAYS

LONGEST_AWAY = timedelta(days=3 * 366)


class CredentialInline(SensibleDates, admin.StackedInline):
    """Licences, registrations, insurance: what shows that somebody may treat."""

    model = Credential
    extra = 0
    fields = (
        ("kind", "body"),
        ("name", "number"),
        ("status", "jurisdiction"),
        ("issued_on", "expires_on"),
        ("training_hours", "is_public"),
        "register_url",
        ("verified_on", "verified_by"),
    )


class CertificateInline(SensibleDates, admin.StackedInline):
    """Techniques that the specialist is certified in."""

    model = PractitionerTechnique
    extra = 0
    verbose_name_plural = "techniques"


class HoursFormSet(BaseInlineFormSet):
    """Rows of hours of which no two may ask for one moment twice."""

    def stretches(self) -> Iterator[Stretch]:
        """The rows that were filled in rightly and are not to be deleted."""
        for form in self.forms:
            row = getattr(form, "cleaned_data", None)
            if row and not form.errors and not row.get("DELETE"):
                yield self.stretch(row)

    def stretch(self, row: dict[str, Any]) -> Stretch:
        first, last = row.get("valid_from") or date.min, row.get("valid_until") or date.max
        return Stretch(row["weekday"], row["starts_at"], row["ends_at"], first, last)

    def clean(self) -> None:
        super().clean()
        found = first_overlap(self.stretches())
        if found:
            one, other = found
            raise ValidationError(
                f"{self._day(one)}: {_span(one)} and {_span(other)} overlap. Change one of them.",
                code="hours_overlap",
            )

    def _day(self, one: Stretch) -> str:
        on = one.day
        return f"{on.day} {on:%B %Y}" if isinstance(on, date) else dict(WEEKDAYS)[on]


class ExtraHoursFormSet(HoursFormSet):
    """Hours on single dates."""

    def stretch(self, row: dict[str, Any]) -> Stretch:
        return Stretch(row["on"], row["starts_at"], row["ends_at"])


class OpeningHoursFormSet(HoursFormSet):
    """When a location opens and closes."""

    def stretch(self, row: dict[str, Any]) -> Stretch:
        return Stretch(row["weekday"], row["opens_at"], row["closes_at"])


def _span(one: Stretch) -> str:
    return f"{one.starts_at:%H:%M} to {one.ends_at:%H:%M}"


class HoursInline(SensibleDates, admin.StackedInline):
    """The weekly hours; several rows a day leave room for a break."""

    model = Availability
    formset = HoursFormSet
    extra = 0


class ExtraHoursInline(SensibleDates, admin.StackedInline):
    """Hours on one date beyond the weekly ones."""

    model = ExtraHours
    formset = ExtraHoursFormSet
    extra = 0


class OpeningHoursInline(SensibleDates, admin.StackedInline):
    """The hours of a location."""

    model = OpeningHours
    formset = OpeningHoursFormSet
    extra = 0


class TimeOffForm(forms.ModelForm):
    """Time off on the clock of the specialist's location."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = timezone.get_current_timezone_name().split("/")[-1].replace("_", " ")
        if "starts_at" in self.fields:
            self.fields["starts_at"].label = f"Away from ({place} time)"
            self.fields["ends_at"].label = f"until ({place} time)"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start and end and end - start > LONGEST_AWAY:
            self.add_error(
                "ends_at",
                ValidationError(
                    "That is more than three years. Mark the person as not active instead.",
                    code="too_long",
                ),
            )
        return cleaned


class TimeOffInline(SensibleDates, admin.StackedInline):
    """When the specialist is away, whatever the weekly hours say."""

    model = TimeOff
    form = TimeOffForm
    extra = 0
