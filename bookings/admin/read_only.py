"""Rows that are looked at in Django admin and changed elsewhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.http import HttpRequest

from practitioners.admin.base import ClinicModelAdmin


class OnlyToLookAt(BaseModelAdmin):
    """Nothing is added, changed or deleted here, whoever asks."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(OnlyToLookAt, ClinicModelAdmin):
    """Rows that only their own verbs may change."""


class ReadOnlyInline(OnlyToLookAt, admin.TabularInline):
    """Rows that belong to another, as a table."""

    extra = 0
    template = "admin/read_only_rows.html"
