"""The catalogue: techniques, conditions and regions of the body, all of which staff may edit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from practitioners.admin.base import KeepsHistory, SlugFromName
from practitioners.models import BodyRegion, Condition, Technique


class CatalogueAdmin(KeepsHistory):
    """Rows that come with the product can be edited and hidden; the clinic's own can also be deleted."""

    search_fields = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The slug of a shipped row stays: by it a later load finds the row again."""
        return ("slug",) if obj and obj.loaded_digest else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if self.get_readonly_fields(request, obj) else {"slug": ("name",)}


class TechniqueForm(SlugFromName):
    """A technique whose kind fits the services that use it."""

    class Meta:
        model = Technique
        fields = "__all__"

    def clean_typical_minutes(self) -> list[int]:
        minutes: list[int] = self.cleaned_data["typical_minutes"]
        if any(not 5 <= one <= 480 for one in minutes):
            raise ValidationError("Use lengths from 5 to 480 minutes.", code="minutes")
        return minutes

    def clean_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if self.instance.pk and kind != Technique.Kind.BOTH:
            other = self.instance.services.exclude(kind=kind).first()
            if other:
                raise ValidationError(
                    f"“{other}” is {other.get_kind_display().lower()} and uses this technique.",
                    code="other_kind",
                )
        return kind


@admin.register(Technique)
class TechniqueAdmin(CatalogueAdmin):
    """A way of working with the hands."""

    form = TechniqueForm
    list_display = ("name", "kind", "pressure", "needs_training", "is_published")
    list_filter = ("kind", "pressure", "needs_training", "is_published")

    instead = {"is_published": False}
    instead_words = "No longer shown to visitors"


class ConditionForm(SlugFromName):
    """A condition; one offered with care says what to look out for."""

    class Meta:
        model = Condition
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("offer") == Condition.Offer.WITH_CARE and not cleaned.get("safety_line"):
            text = "Say what to look out for and where to turn."
            self.add_error("safety_line", ValidationError(text, code="safety_line"))
        return cleaned


@admin.register(Condition)
class ConditionAdmin(CatalogueAdmin):
    """A complaint that somebody may come with."""

    form = ConditionForm
    list_display = ("name", "offer", "icd10", "icd10cm")
    list_filter = ("offer",)

    instead = {"offer": Condition.Offer.RECORD_ONLY}
    instead_words = "Only recorded, no longer shown to visitors"


class BodyRegionForm(SlugFromName):
    """A region of the body."""

    class Meta:
        model = BodyRegion
        fields = "__all__"


@admin.register(BodyRegion)
class BodyRegionAdmin(CatalogueAdmin):
    """A region of the body chart."""

    form = BodyRegionForm
    list_display = ("name", "group", "view", "is_paired", "needs_extra_consent", "position")
    list_filter = ("view", "group", "needs_extra_consent")
