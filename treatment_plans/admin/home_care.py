"""The clinic's home care in Django admin: its own words, nothing about any client."""

from __future__ import annotations

from django.contrib import admin

from practitioners.admin.base import ClinicModelAdmin
from treatment_plans.models import HomeCareItem


@admin.register(HomeCareItem)
class HomeCareItemAdmin(ClinicModelAdmin):
    """What practitioners pick from when they write a plan; plans keep what was picked."""

    list_display = ("name", "dose", "is_offered")
    list_filter = ("is_offered",)
    search_fields = ("name", "how")
