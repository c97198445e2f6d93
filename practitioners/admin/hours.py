"""When people are in and when the clinic is closed, each on a page of its own.

Registered by bookings, which saves them under the locks of the calendar.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from practitioners.admin.base import ClinicModelAdmin
from practitioners.admin.inlines import TimeOffForm
from practitioners.hours import Stretch
from practitioners.models import Availability, ExtraHours, Location, TimeOff


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
    list_display = ("practitioner", "starts_at", "ends_at", "reason")
    list_select_related = ("practitioner",)
    list_filter = ("practitioner",)
    date_hierarchy = "starts_at"

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


def zone_of(practitioner: Any) -> ZoneInfo:
    """The zone of a specialist's first location, else that of the clinic's first."""
    active = Location.objects.active().order_by("pk")
    place = None
    if key := read_key(practitioner):
        place = active.filter(availability__practitioner=key).first()
    place = place or active.first()
    return place.zone if place else ZoneInfo(str(timezone.get_default_timezone()))


def zone_of_time_off(object_id: Any, chosen: Any) -> ZoneInfo:
    """The zone in which a day off is read: of the person chosen, else of the row's own."""
    row: Model | None = None
    if not read_key(chosen) and (key := read_key(object_id)):
        row = TimeOff.objects.filter(pk=key).first()
    return zone_of(row.practitioner_id if isinstance(row, TimeOff) else chosen)


def read_key(text: Any) -> int | None:
    """The key in an address or a form, if it can be one."""
    said = str(text or "")
    return int(said) if said.isdecimal() and len(said) < 19 else None
