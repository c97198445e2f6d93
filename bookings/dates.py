"""A typed date as three boxes: day, month, year, with a numeric keypad and no jumping.

The browser's own date field shows the order of the browser, not of the page,
and is hard to use for a year long ago.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from bookings.wall_clock import day_of
from practitioners.clocks import clinic_zone

OLDEST = 120  # years; nobody is older
PARTS = ("day", "month", "year")
EARLIEST_YEAR = 1900
LATEST_YEAR = 2100


def clinic_day(at: datetime) -> date:
    """The day that a moment has at the clinic: by it the age of its clients is told. One query."""
    return day_of(at, clinic_zone())


class DateBoxes(forms.MultiWidget):
    """Three text boxes inside one fieldset."""

    template_name = "bookings/_date_boxes.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        numeric = {"inputmode": "numeric", "autocomplete": "off", "class": "form-control"}
        super().__init__([forms.TextInput({**numeric, **(attrs or {})}) for _ in PARTS])

    def decompress(self, value: date | None) -> list[Any]:
        return [value.day, value.month, value.year] if value else [None, None, None]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for box, part in zip(context["widget"]["subwidgets"], PARTS, strict=True):
            box["part"] = part
            box["attrs"].pop("aria-describedby", None)  # the fieldset carries it
            box["attrs"]["class"] = f"form-control {part}"
        return context


class DayMonthYearField(forms.MultiValueField):
    """A real date; every refusal says which box to mend, in the field's own words."""

    widget = DateBoxes

    def __init__(self, *, called: str = "Date", **kwargs: Any) -> None:
        self.called = called  # how the sentences name it: "Date of birth"
        parts = [forms.CharField(max_length=12, required=False) for _ in PARTS]
        kwargs.setdefault("error_messages", {}).setdefault("required", f"Enter a {called.lower()}")
        super().__init__(parts, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> date | None:
        typed = [part.strip() for part in data_list]
        if not any(typed):
            return None
        missing = [name for name, part in zip(PARTS, typed, strict=True) if not part]
        if missing:
            raise self._problem("incomplete", f"must include a {' and '.join(missing)}")
        if not all(part.isascii() and part.isdecimal() for part in typed):
            raise self._problem("not_numbers", "must be in numbers, for example 27 3 1984")
        day, month, year = (int(part[:6]) for part in typed)
        if not 1000 <= year <= 9999:
            raise self._problem("year", "must have a year with four digits, like 1984")
        try:
            found = date(year, month, day)
        except ValueError:
            raise self._problem("unreal", "must be a real date") from None
        self._check_year(year)
        return found

    def _check_year(self, year: int) -> None:
        """Refuse a year that no calendar of a clinic reaches."""
        if not EARLIEST_YEAR <= year < LATEST_YEAR:
            words = f"must be between {EARLIEST_YEAR} and {LATEST_YEAR - 1}"
            raise self._problem("too_far", words)

    def _problem(self, code: str, words: str) -> ValidationError:
        return ValidationError(f"{self.called} {words}", code=code)


class BirthDateField(DayMonthYearField):
    """A date of birth: in the past by the clinic's own day, within a long life. One query, or none."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("called", "Date of birth")
        super().__init__(**kwargs)

    def compress(self, data_list: list[str]) -> date | None:
        born = super().compress(data_list)
        if born is None:
            return None
        today = clinic_day(timezone.now())
        if born >= today:
            raise self._problem("future", "must be in the past")
        if born.year < today.year - OLDEST:
            raise self._problem("too_early", "must have a year like 1984")
        return born

    def _check_year(self, year: int) -> None:
        """Left to what is said of a birth."""
