"""What is typed about working hours: away from when to when, and when extra. Forms parse; verbs decide."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.forms import Styled
from bookings.models.text import check_one_line
from bookings.times import BadTime, local_moment, read_clock
from practitioners.clocks import own_zone
from practitioners.models import Location, Practitioner, TimeOff
from practitioners.models.hours import TOO_LONG


class ClockField(forms.CharField):
    """A typed time of day."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput({"class": "form-control width-10"}))
        super().__init__(max_length=10, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return read_clock(text) if text else None
        except BadTime as problem:
            raise ValidationError(problem.sentence, code=problem.code) from None


class HoursForm(Styled):
    """Whose hours; a practitioner's own stand there alone."""

    asks_whose = False  # where nobody's are shown yet
    practitioner = forms.ModelChoiceField(
        Practitioner.objects.none(),
        to_field_name="slug",
        label="Specialist",
        empty_label=None,
        error_messages={
            "required": "Choose a specialist",
            "invalid_choice": "Choose a specialist from the list",
        },
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["practitioner"]
        field.queryset = Practitioner.objects.hours_changed_by(user)
        if self.asks_whose and len(field.queryset) > 1:
            field.empty_label = "Choose a specialist"

    def moment(self, day_name: str, time_name: str, zone: ZoneInfo, *, closes: bool = False) -> Any:
        """The moment that two answers mean; without a time the day's first, or its end."""
        day, at = self.cleaned_data.get(day_name), self.cleaned_data.get(time_name)
        if day is None or time_name in self.errors:
            return None
        if at is None:
            day = day + timedelta(days=1) if closes else day
            return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
        try:
            return local_moment(day, at, zone, which="second" if closes else "first")
        except BadTime as problem:
            self.add_error(time_name, ValidationError(problem.sentence, code=problem.code))
            return None


class TimeOffForm(HoursForm):
    """From when to when somebody is away."""

    asks_whose = True
    first_day = DayMonthYearField(label="First day", called="First day")
    from_time = ClockField(
        label="From", required=False, help_text="Like 10:15. Empty: the whole day."
    )
    last_day = DayMonthYearField(
        label="Last day", called="Last day", required=False, help_text="Empty: the same day."
    )
    until_time = ClockField(
        label="Until", required=False, help_text="Like 2:30pm. Empty: the whole day."
    )
    reason = forms.CharField(
        max_length=120, required=False, validators=[check_one_line], help_text="Seen by staff only."
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        data["last_day"] = data.get("last_day") or data.get("first_day")
        person = data.get("practitioner")
        if person is None or "last_day" in self.errors:
            return data
        zone = own_zone(person)
        data["starts_at"] = self.moment("first_day", "from_time", zone)
        data["ends_at"] = self.moment("last_day", "until_time", zone, closes=True)
        if data["starts_at"] and data["ends_at"] and data["ends_at"] <= data["starts_at"]:
            self.add_error(
                "until_time", ValidationError("The end must be after the start", code="order")
            )
        elif (
            data["starts_at"]
            and data["ends_at"]
            and TimeOff.is_too_long(data["starts_at"], data["ends_at"])
        ):
            self.add_error("last_day", ValidationError(TOO_LONG, code="too_long"))
        return data


class ExtraHoursForm(HoursForm):
    """Hours on one day beyond the weekly ones."""

    asks_whose = True
    location = forms.ModelChoiceField(
        Location.objects.active(),
        to_field_name="slug",
        required=False,
        label="Where",
        empty_label="Where they usually work",
        error_messages={"invalid_choice": "Choose a place from the list"},
    )
    on = DayMonthYearField(label="Day", called="Day")
    starts_at = ClockField(
        label="From",
        help_text="Like 10:15.",
        error_messages={"required": "Enter a time like 10:15"},
    )
    ends_at = ClockField(
        label="Until",
        help_text="Like 2:30pm.",
        error_messages={"required": "Enter a time like 2:30pm"},
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        begins, ends = data.get("starts_at"), data.get("ends_at")
        if begins and ends and ends <= begins:
            self.add_error(
                "ends_at", ValidationError("The end must be after the start", code="order")
            )
        if data.get("practitioner") and "location" not in self.errors:
            data["location"] = data.get("location") or self._usual(data["practitioner"])
            self._refuse_skipped(data["location"])
        return data

    def _refuse_skipped(self, place: Location | None) -> None:
        """Say which time the clock at the place never shows on that day."""
        day = self.cleaned_data.get("on")
        for name in ("starts_at", "ends_at"):
            at = self.cleaned_data.get(name)
            if place and day and at:
                try:
                    local_moment(day, at, place.zone, which="first")
                except BadTime as problem:
                    if problem.code == "skipped":
                        self.add_error(name, ValidationError(problem.sentence, code=problem.code))

    def _usual(self, person: Practitioner) -> Location | None:
        """The one place where somebody works; which of several, or of none, has to be said."""
        places = list(Location.objects.active().worked_at_by(person))
        if len(places) == 1:
            return places[0]
        names = " and ".join(place.name for place in places) or "no place yet"
        self.add_error(
            "location",
            ValidationError(f"{person.name} works at {names}. Choose where", code="required"),
        )
        return None
