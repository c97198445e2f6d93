"""Managing specialists, services and hours in Django admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Min, ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from practitioners.models import (
    Availability,
    ClinicSettings,
    Closure,
    Condition,
    Credential,
    ExtraHours,
    Location,
    OpeningHours,
    Practitioner,
    PractitionerTechnique,
    Room,
    Service,
    Technique,
    TimeOff,
)
from practitioners.readiness import missing

MONDAY = 1


class CredentialInline(admin.StackedInline):
    model = Credential
    extra = 0
    fields = (
        ("kind", "body", "name", "number"),
        ("status", "issued_on", "expires_on", "training_hours"),
        ("jurisdiction", "register_url", "verified_on", "verified_by", "is_public"),
    )


class CertificateInline(admin.TabularInline):
    model = PractitionerTechnique
    extra = 0


class HoursInline(admin.TabularInline):
    model = Availability
    extra = 0


class ExtraHoursInline(admin.TabularInline):
    model = ExtraHours
    extra = 0


class TimeOffInline(admin.TabularInline):
    model = TimeOff
    extra = 0


class PractitionerForm(forms.ModelForm):
    copy_monday = forms.BooleanField(
        label="Copy Monday's hours to Tuesday to Friday",
        required=False,
        help_text="Happens once, when you save. Days that already have hours keep theirs.",
    )

    class Meta:
        model = Practitioner
        exclude = ("techniques",)  # noqa: DJ006  edited as certificates


@admin.register(Practitioner)
class PractitionerAdmin(admin.ModelAdmin):
    """One page for everything about a specialist."""

    form = PractitionerForm
    list_display = ("name", "is_active", "is_bookable_online", "valid_until")
    list_filter = ("is_active", "is_bookable_online", "services")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("services", "focus_areas")
    readonly_fields = ("still_missing",)
    inlines = (CredentialInline, CertificateInline, HoursInline, ExtraHoursInline, TimeOffInline)
    actions = ("hide_from_booking",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Practitioner]:
        return super().get_queryset(request).annotate(expiry=Min("credentials__expires_on"))

    @admin.display(description="Credential valid until", ordering="expiry", empty_value="no end")
    def valid_until(self, person: Any) -> str | None:
        """The first expiry among the credentials, marked when it has passed."""
        if person.expiry is None:
            return None
        past = " (expired)" if person.expiry < timezone.now().date() else ""
        return f"{person.expiry:%d %B %Y}{past}"

    @admin.display(description="What still keeps this person from being booked")
    def still_missing(self, person: Practitioner) -> str:
        if person.pk is None:
            return "Save first, then this says what is missing."
        notes = missing(person, on=timezone.now().date())
        return "; ".join(notes) if notes else "Nothing: clients can book."

    @admin.action(description="Hide from online booking")
    def hide_from_booking(self, request: HttpRequest, people: QuerySet[Practitioner]) -> None:
        count = people.update(is_bookable_online=False)
        self.message_user(request, f"{count} hidden. Sessions already booked stay as they are.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.cleaned_data.get("copy_monday"):
            copy_monday(form.instance)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse in words to delete somebody with history."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except ProtectedError:
            self._refuse(request)
            return redirect("admin:practitioners_practitioner_change", object_id)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Practitioner]) -> None:
        try:
            queryset.delete()
        except ProtectedError:
            self._refuse(request)

    def _refuse(self, request: HttpRequest) -> None:
        text = "Somebody with sessions or records cannot be deleted. Untick “active” instead."
        self.message_user(request, text, messages.ERROR)


def copy_monday(person: Practitioner) -> None:
    """Give Tuesday to Friday the Monday hours, where a day has none."""
    monday = list(person.availability.filter(weekday=MONDAY))
    taken = set(person.availability.values_list("weekday", flat=True))
    Availability.objects.bulk_create(
        Availability(
            practitioner=person,
            location=row.location,
            weekday=day,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for day in range(2, 6)
        if day not in taken
        for row in monday
    )


class OpeningHoursInline(admin.TabularInline):
    model = OpeningHours
    extra = 0


class RoomInline(admin.TabularInline):
    model = Room
    extra = 0


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ("name", "time_zone", "is_active")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (OpeningHoursInline, RoomInline)


@admin.register(Closure)
class ClosureAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "starts_on", "ends_on", "location")
    list_filter = ("kind", "location")
    list_select_related = ("location",)


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "visit_type", "minutes", "price", "is_published")
    list_filter = ("kind", "is_published")
    prepopulated_fields = {"slug": ("name",)}
    filter_horizontal = ("techniques",)


@admin.register(Technique)
class TechniqueAdmin(admin.ModelAdmin):
    list_display = ("name", "kind", "pressure", "needs_training", "is_published")
    list_filter = ("kind", "is_published")
    search_fields = ("name",)
    filter_horizontal = ("body_regions",)


@admin.register(Condition)
class ConditionAdmin(admin.ModelAdmin):
    list_display = ("name", "offer")
    list_filter = ("offer",)
    search_fields = ("name",)
    filter_horizontal = ("body_regions", "techniques")


@admin.register(ClinicSettings)
class ClinicSettingsAdmin(admin.ModelAdmin):
    """The one row: the list leads straight to it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        ClinicSettings.objects.get_or_create(pk=1)
        return redirect("admin:practitioners_clinicsettings_change", 1)
