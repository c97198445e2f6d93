"""When people are in and when the clinic is closed, each on a page of its own.

Registered by bookings, which saves them under the locks of the calendar.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from practitioners.admin.base import ClinicModelAdmin
from practitioners.admin.inlines import TimeOffForm
from practitioners.clocks import zone_of_time_off
from practitioners.hours import Stretch
from practitioners.models import Availability, ExtraHours, Practitioner, TimeOff


class OneOfSeveral(forms.ModelForm):
    """A row of hours that may not ask for somebody at a moment twice."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and cleaned.get("practitioner"):
            rows = type(self.instance)._default_manager.filter(practitioner=cleaned["practitioner"])
            others = [self.stretch(vars(row)) for row in rows.exclude(pk=self.instance.pk)]
            mine = self.stretch(cleaned)
            if any(mine.meets(other) for other in others):
                text = "These hours overlap with others of the same person. Change one of them."
                raise ValidationError(text, code="hours_overlap")
        return cleaned

    def stretch(self, row: dict[str, Any]) -> Stretch:
        raise NotImplementedError


class AvailabilityForm(OneOfSeveral):
    """Weekly hours on a page of their own."""

    class Meta:
        model = Availability
        fields = (
            "practitioner", "location", "weekday", "starts_at", "ends_at", "valid_from",
            "valid_until",
        )  # fmt: skip

    def stretch(self, row: dict[str, Any]) -> Stretch:
        first, last = row.get("valid_from") or date.min, row.get("valid_until") or date.max
        return Stretch(row["weekday"], row["starts_at"], row["ends_at"], first, last)


class ExtraHoursForm(OneOfSeveral):
    """Extra hours on a page of their own."""

    class Meta:
        model = ExtraHours
        fields = ("practitioner", "location", "on", "starts_at", "ends_at")

    def stretch(self, row: dict[str, Any]) -> Stretch:
        return Stretch(row["on"], row["starts_at"], row["ends_at"])


class PersonalHours(ClinicModelAdmin):
    """Hours of one person."""

    search_fields = ("practitioner__name",)


class WeeklyHours(PersonalHours):
    """The weekly hours of everybody; several rows a day leave room for a break."""

    form = AvailabilityForm
    list_display = ("practitioner", "weekday", "starts_at", "ends_at", "location", "valid_until")
    list_filter = ("weekday", "location", "practitioner")
    list_select_related = ("practitioner", "location")


class SingleDates(PersonalHours):
    """Hours on one date beyond the weekly ones."""

    form = ExtraHoursForm
    list_display = ("practitioner", "on", "starts_at", "ends_at", "location")
    list_filter = ("location", "practitioner")
    list_select_related = ("practitioner", "location")
    date_hierarchy = "on"


class DaysAway(PersonalHours):
    """When people are away, whatever their weekly hours say."""

    form = TimeOffForm
    list_display = ("practitioner", "away_from", "away_until", "reason")
    list_select_related = ("practitioner",)
    list_filter = ("practitioner",)
    date_hierarchy = "starts_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TimeOff]:
        return (
            super().get_queryset(request).prefetch_related("practitioner__availability__location")
        )

    @admin.display(description="away from", ordering="starts_at")
    def away_from(self, away: TimeOff) -> str:
        return _said(away.starts_at, away.practitioner)

    @admin.display(description="until", ordering="ends_at")
    def away_until(self, away: TimeOff) -> str:
        return _said(away.ends_at, away.practitioner)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Read and show every time on the clock of the place where the person works."""
        with timezone.override(zone_of_time_off(object_id, request.POST.get("practitioner"))):
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if isinstance(response, TemplateResponse):
                response.render()
        return response


class ClosedDays(ClinicModelAdmin):
    """Days on which a location, or all of them, are closed."""

    list_display = ("name", "kind", "starts_on", "ends_on", "where")
    list_filter = ("kind", "location")
    list_select_related = ("location",)
    search_fields = ("name",)
    date_hierarchy = "starts_on"

    @admin.display(description="location", ordering="location__name")
    def where(self, closure: Any) -> str:
        return str(closure.location or "Every location")


def _said(at: datetime, person: Practitioner) -> str:
    """A moment on the clock of the place where somebody works; needs no query of its own."""
    places = {row.location for row in person.availability.all() if row.location.is_active}
    first = min(places, key=lambda place: place.name, default=None)
    zone = first.zone if first else timezone.get_current_timezone()
    return f"{at.astimezone(zone):%a %-d %b %Y, %H:%M}"
