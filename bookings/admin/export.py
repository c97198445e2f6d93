"""Taking a list home as a table. Never anything clinical."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from bookings.spreadsheets import MARK, plain


class ExportsCsv(admin.ModelAdmin):
    """A list that admins and clinical leads may export."""

    export_columns: tuple[tuple[str, Callable[[Any], Any]], ...] = ()

    def has_export_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return user.is_clinic_admin or user.is_clinical_lead

    @admin.action(permissions=["export"], description="Export as a table (CSV)")
    def export_csv(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        """The selected rows, with a mark in front that tells spreadsheets the encoding."""
        name = f"{self.opts.verbose_name_plural}.csv".replace(" ", "-")
        answer = HttpResponse(MARK, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        table = csv.writer(answer)
        table.writerow(title for title, _ in self.export_columns)
        for row in queryset:
            table.writerow(plain(read(row)) for _, read in self.export_columns)
        return answer
