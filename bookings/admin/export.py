"""Taking a list home as a table. Never anything clinical."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from bookings.spreadsheets import csv_answer


class ExportsCsv(admin.ModelAdmin):
    """A list that admins and clinical leads may export."""

    export_columns: tuple[tuple[str, Callable[[Any], Any]], ...] = ()

    def has_export_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return user.is_clinic_admin or user.is_clinical_lead

    @admin.action(permissions=["export"], description="Export as a table (CSV)")
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """The selected rows."""
        name = f"{self.opts.verbose_name_plural}.csv".replace(" ", "-")
        heads = [title for title, _ in self.export_columns]
        rows = ([read(row) for _, read in self.export_columns] for row in queryset)
        return csv_answer(name, heads, rows)
