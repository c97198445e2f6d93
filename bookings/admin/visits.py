"""Visits, messages and to-dos in Django admin: to look at, not to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bookings.models import Appointment, Message, Task


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only their own verbs may change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    """Who comes when; moved and cancelled at the desk, never here."""

    list_display = ("starts_at", "practitioner", "service", "location", "status")
    list_filter = ("status", "location")
    list_select_related = ("practitioner", "service", "location")
    date_hierarchy = "starts_at"
    fields = (
        "practitioner", "service", "location", "room", "starts_at", "ends_at", "status",
        "cancelled_by", "is_late_cancellation", "booked_at", "version",
    )  # fmt: skip


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """How a message stands, never what it says."""

    list_display = (
        "send_after",
        "kind",
        "channel",
        "state",
        "attempts",
        "last_code",
        "is_ambiguous",
    )
    list_filter = ("state", "kind", "is_ambiguous")
    fields = (
        "kind", "channel", "state", "send_after", "expires_at", "attempts", "sent_at", "last_code",
        "is_ambiguous",
    )  # fmt: skip


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """What there is to do, for the people who may see it."""

    fields = ("title", "role", "owner", "due_at", "done_at", "done_by")
    list_display = ("due_at", "title", "role", "owner", "done_at")
    list_select_related = ("owner",)
    list_filter = ("kind", "role")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Own tasks and those of the roles held, as on the to-do page."""
        mine = Task.objects.visible_to(request.user)
        return super().get_queryset(request).filter(pk__in=mine.values("pk"))
