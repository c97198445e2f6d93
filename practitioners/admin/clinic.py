"""The clinic's own settings: one row, so the list leads straight to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from practitioners.admin.base import ClinicModelAdmin
from practitioners.models import ClinicSettings

THE_ROW = 1
LIMITS = {  # lowest and highest that make sense, in the unit of the field
    "min_notice_minutes": (0, 14 * 24 * 60),
    "hold_minutes": (2, 60),
    "hold_extension_minutes": (0, 60),
    "max_open_bookings": (1, 50),
    "longest_series": (1, 12),
    "travel_minutes": (0, 600),
    "cancel_notice_hours": (0, 14 * 24),
    "short_gap_lead": (0, 30),
    "short_gap_grace": (0, 30),
    "medium_gap_lead": (0, 30),
    "medium_gap_grace": (0, 30),
    "long_gap_lead": (0, 60),
    "long_gap_grace": (0, 60),
    "min_lapsed_days": (1, 365),
    "days_between_follow_ups": (1, 60),
}


class ClinicSettingsForm(forms.ModelForm):
    """The settings, each within limits that are named when they are passed."""

    class Meta:
        model = ClinicSettings
        fields = "__all__"  # noqa: DJ007

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
            raise ValidationError("Enter three letters, like GBP.", code="currency")
        return currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, (low, high) in LIMITS.items():
            value = cleaned.get(name)
            if value is not None and not low <= value <= high:
                text = f"Enter a number from {low} to {high}."
                self.add_error(name, ValidationError(text, code="limits"))
        opens, closes = cleaned.get("send_opens_at"), cleaned.get("send_closes_at")
        if opens and closes and closes <= opens:
            text = "Sending must end after it begins."
            self.add_error("send_closes_at", ValidationError(text, code="order"))
        return cleaned


@admin.register(ClinicSettings)
class ClinicSettingsAdmin(ClinicModelAdmin):
    """The one row; it is neither added a second time nor deleted."""

    form = ClinicSettingsForm
    fieldsets = (
        (None, {"fields": ("name", "tagline", "phone", "email", "currency", "time_style")}),
        (
            "Booking",
            {
                "fields": (
                    "min_notice_minutes", "horizon_days", "hold_minutes", "hold_extension_minutes",
                    "max_open_bookings", "longest_series", "travel_minutes", "packs_starts", "prints_names",
                )
            },
        ),
        ("Moving and cancelling", {"fields": ("cancel_notice_hours", "policy", "late_fee_text")}),
        (
            "Follow-up reminders",
            {
                "description": "Days before and after a due date, by the gap between two sessions.",
                "fields": (
                    ("short_gap_lead", "short_gap_grace"), ("medium_gap_lead", "medium_gap_grace"),
                    ("long_gap_lead", "long_gap_grace"), "min_lapsed_days", "days_between_follow_ups",
                    "reminder_job_at", ("send_opens_at", "send_closes_at"),
                ),
            },
        ),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not ClinicSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the row, or to the page that makes it."""
        if ClinicSettings.objects.filter(pk=THE_ROW).exists():
            return redirect("admin:practitioners_clinicsettings_change", THE_ROW)
        return redirect("admin:practitioners_clinicsettings_add")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = THE_ROW
        super().save_model(request, obj, form, change)
