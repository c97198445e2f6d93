"""Over which stretch of time the results are counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.forms import Styled

A_YEAR = timedelta(days=365)
LONGEST = timedelta(days=3 * 366)  # so that the page does not grow with the clinic's history


class PeriodForm(Styled):
    """From a day to a day, both included; without an answer the last year."""

    first = DayMonthYearField(label="Plans started from", required=False)
    last = DayMonthYearField(label="to", required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if not self.is_bound:
            self.initial = {"first": today - A_YEAR, "last": today}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            first, last = self.period()
            if first > last:
                self.add_error("last", ValidationError("The last day is before the first", "order"))
            elif last - first > LONGEST:
                self.add_error("first", ValidationError("Choose at most three years", "too_long"))
        return data

    def period(self) -> tuple[date, date]:
        """The first and the last day."""
        data = self.cleaned_data if self.is_bound else {}
        last = data.get("last") or self.today
        return data.get("first") or last - A_YEAR, last
