"""Specialists in Django admin, with their visits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from bookings.admin.changing_hours import ChangesHours
from practitioners.admin.specialists import PractitionerAdmin
from practitioners.models import Practitioner


@admin.register(Practitioner)
class SpecialistAdmin(ChangesHours, PractitionerAdmin):
    """Everything about a specialist on one page."""

    def people_touched(self, request: HttpRequest, rows: Collection[Any]) -> set[int]:
        return {row.pk for row in rows}
