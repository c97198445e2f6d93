"""Form fields of the admin pages: dates that a clinic can mean, and times of its own clock."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

EARLIEST, LATEST = date(1920, 1, 1), date(2100, 12, 31)
OUTSIDE = "Choose a date between 1920 and 2100."
UNCLEAR = "On that day the clock changes and this time is skipped or shown twice. Choose another."


def check_sensible(day: date) -> None:
    """Refuse a date outside the calendar of a clinic."""
    if not EARLIEST <= day <= LATEST:
        raise ValidationError(OUTSIDE, code="date_range")


class SensibleDateField(forms.DateField):
    """A date between 1920 and 2100."""

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None:
            check_sensible(day)
        return day


class SensibleMomentField(forms.SplitDateTimeField):
    """A date and a time on the clock of the zone that is active while the form is read.

    Raises for a time that the clock skips, or shows twice, instead of guessing.
    """

    def compress(self, data_list: tuple[date, time] | None) -> datetime | None:
        if data_list and data_list[0]:
            check_sensible(data_list[0])
        try:
            return super().compress(data_list)
        except ValidationError as problem:
            if problem.code == "ambiguous_timezone":
                raise ValidationError(UNCLEAR, code="clock_change") from problem
            raise
