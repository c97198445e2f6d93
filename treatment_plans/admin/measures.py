"""Outcome measures: the clinic says which it offers and how much change counts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from practitioners.admin.base import ClinicModelAdmin
from treatment_plans.models import OutcomeMeasure

SET_BY_THE_CLINIC = (
    "is_offered", "plain_name", "mcid_value", "mcid_percent", "mcid_source", "measuring_error",
    "conditions", "body_regions", "position",
)  # fmt: skip
AS_IT_IS = (
    "name", "slug", "measures", "minimum", "maximum", "step", "unit", "direction", "entry_mode",
    "asked_of", "scoring", "licence",
)  # fmt: skip


@admin.register(OutcomeMeasure)
class OutcomeMeasureAdmin(ClinicModelAdmin):
    """A scale is what it is; what counts as change, and whether it is asked, the clinic decides."""

    list_display = ("name", "entry_mode", "asked_of", "mcid_value", "mcid_percent", "is_offered")
    list_filter = ("is_offered", "entry_mode", "asked_of")
    search_fields = ("name", "measures")
    readonly_fields = AS_IT_IS
    fieldsets = (
        ("Set by the clinic", {"fields": SET_BY_THE_CLINIC}),
        ("The measure itself", {"fields": AS_IT_IS}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Measures come with the product: each needs its rules and its licence looked at."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Scores refer to it; one that is not wanted is no longer offered."""
        return False
