"""Visits and to-dos in Django admin: to look at, not to change."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bookings.admin.read_only import ReadOnlyAdmin
from bookings.models import Appointment, Task


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
