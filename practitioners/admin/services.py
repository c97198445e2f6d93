"""What can be booked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from practitioners.admin.base import KeepsHistory, SlugFromName
from practitioners.models import Service, Technique


class ServiceForm(SlugFromName):
    """A service whose techniques are of its own kind, or of both."""

    class Meta:
        model = Service
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        kind, techniques = cleaned.get("kind"), cleaned.get("techniques") or ()
        wrong = [str(one) for one in techniques if one.kind not in (kind, Technique.Kind.BOTH)]
        if kind and wrong:
            text = f"A {kind} service cannot use {', '.join(wrong)}."
            self.add_error("techniques", ValidationError(text, code="other_kind"))
        return cleaned


@admin.register(Service)
class ServiceAdmin(KeepsHistory):
    """A service with its length, price, turnover and techniques."""

    form = ServiceForm
    list_display = (
        "name",
        "kind",
        "visit_type",
        "minutes",
        "price",
        "uses",
        "is_published",
        "position",
    )
    list_filter = ("kind", "visit_type", "is_published")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}

    instead = {"is_published": False}
    instead_words = "No longer shown to visitors"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "slug",
                    "kind",
                    "visit_type",
                    "good_for",
                    "is_published",
                    "position",
                )
            },
        ),
        ("Length and price", {"fields": ("minutes", "price", "turnover_before", "turnover_after")}),
        ("Who and where", {"fields": ("techniques", "needs_room")}),
        ("When", {"fields": ("start_grid", "min_notice_minutes", "horizon_days", "daily_limit")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        return super().get_queryset(request).prefetch_related("techniques")

    @admin.display(description="techniques")
    def uses(self, service: Service) -> str:
        return ", ".join(str(one) for one in service.techniques.all())
