"""What somebody types about the hours of every week."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.hours_forms import ClockField
from bookings.open_twice import OpenTwice
from practitioners.models import Availability, Location, Practitioner
from practitioners.models.places import WEEKDAYS


class WeeklyHoursForm(OpenTwice):
    """On which days of the week, from when to when, where, and for how long that counts."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Days of the week",
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one day of the week",
            "invalid_choice": "Choose days from the list",
        },
    )
    starts_at = ClockField(
        label="From",
        help_text="Like 9:00. A break is made by two rows on one day.",
        error_messages={"required": "Enter a time like 9:00"},
    )
    ends_at = ClockField(
        label="Until",
        help_text="Like 5:30pm.",
        error_messages={"required": "Enter a time like 5:30pm"},
    )
    location = forms.ModelChoiceField(
        Location.objects.active(),
        to_field_name="slug",
        label="Where",
        empty_label=None,
        error_messages={
            "required": "Choose a place",
            "invalid_choice": "Choose a place from the list",
        },
    )
    valid_from = DayMonthYearField(
        label="First day", called="First day", required=False, help_text="Empty: at once."
    )
    valid_until = DayMonthYearField(
        label="Last day", called="Last day", required=False, help_text="Empty: until changed."
    )

    def __init__(
        self, *args: Any, today: date, row: Availability | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if row is not None:  # one row is about one day of the week, and that stays
            del self.fields["weekdays"]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        begins, ends = data.get("starts_at"), data.get("ends_at")
        if begins and ends and ends <= begins:
            self._wrong("ends_at", "The end must be after the start", "order")
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last and last < first:
            self._wrong("valid_until", "The last day must not be before the first", "order")
        elif last and last < self.today:
            self._wrong("valid_until", "Choose a last day that is not over", "over")
        return data

    def _wrong(self, name: str, sentence: str, code: str) -> None:
        self.add_error(name, ValidationError(sentence, code=code))


def first_guess(person: Practitioner) -> dict[str, Any]:
    """The place where somebody usually works."""
    place = Location.objects.active().worked_at_by(person).first()
    return {"location": place.slug if place else ""}


def as_it_is(row: Availability) -> dict[str, Any]:
    """What the form shows of hours that there are."""
    return {
        "starts_at": f"{row.starts_at:%H:%M}",
        "ends_at": f"{row.ends_at:%H:%M}",
        "location": row.location.slug,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
    }
