"""What somebody types who waits for a time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bookings.dates import DayMonthYearField
from bookings.forms import Styled
from bookings.models import WaitlistEntry
from bookings.wall_clock import day_of
from practitioners.clocks import clinic_zone
from practitioners.models import Location, Practitioner, Service

TWO_WEEKS = timedelta(days=14)
FURTHEST = timedelta(days=366)


def today_at(slug: str, *, now: datetime) -> date:
    """The day that it is at the place asked for, else where the clinic is."""
    place = Location.objects.active().filter(slug=slug).first()
    return day_of(now, place.zone if place else clinic_zone())


class WaitForm(Styled):
    """In which days, with whom, where, at what time of day; and for whom, when there is a choice."""

    for_whom = forms.ChoiceField(
        label="Who is it for?", error_messages={"required": "Choose who it is for"}
    )
    practitioner = forms.ModelChoiceField(
        Practitioner.objects.none(),
        to_field_name="slug",
        required=False,
        label="With",
        empty_label="Any specialist",
        error_messages={"invalid_choice": "Choose a specialist from the list"},
    )
    location = forms.ModelChoiceField(
        Location.objects.none(),
        to_field_name="slug",
        label="Where",
        empty_label=None,
        error_messages={
            "required": "Choose a place",
            "invalid_choice": "Choose a place from the list",
        },
    )
    first_day = DayMonthYearField(label="First day", called="First day")
    last_day = DayMonthYearField(label="Last day", called="Last day")
    part = forms.ChoiceField(label="Time of day", choices=WaitlistEntry.PARTS, required=False)

    def __init__(
        self,
        *args: Any,
        service: Service,
        today: date,
        last_day: date | None = None,
        people: list[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        first_guess = {"first_day": today, "last_day": last_day or today + TWO_WEEKS}
        kwargs["initial"] = {**first_guess, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.today = today
        givers = Practitioner.objects.filter(services=service, is_active=True)
        self.fields["practitioner"].queryset = givers  # type: ignore[attr-defined]
        places = Location.objects.offering(service)
        self.fields["location"].queryset = places  # type: ignore[attr-defined]
        if people and len(people) > 1:
            self.fields["for_whom"].choices = people  # type: ignore[attr-defined]
        else:
            del self.fields["for_whom"]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            problem = ValidationError("The last day must not be before the first", code="order")
            self.add_error("last_day", problem)
        elif last and last < self.today:
            self.add_error(
                "last_day", ValidationError("Choose days that are not over", code="over")
            )
        elif last and last > self.today + FURTHEST:
            self.add_error("last_day", ValidationError("Choose a day within a year", code="far"))
        return data
