"""Visits and to-dos in Django admin: to look at, not to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone

from bookings.admin.read_only import ReadOnlyAdmin
from bookings.models import Appointment, Task
from bookings.times import Words
from bookings.wall_clock import day_of
from practitioners.models import ClinicSettings


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    """Who comes when; moved and cancelled at the desk, never here."""

    list_display = ("when", "client", "practitioner", "service", "location", "status")
    list_filter = ("status", "location", "practitioner")
    list_select_related = ("client", "practitioner", "service", "location")
    search_fields = ("client__name",)
    date_hierarchy = "starts_at"
    fields = (
        "when", "client", "practitioner", "service", "location", "room", "status",
        "cancelled_by", "is_late_cancellation", "booked_at", "version",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        """Real visits; times merely kept for a visitor are nobody's business."""
        style = ClinicSettings.current().time_style
        visits = Appointment.objects.visible_to(request.user)
        return visits.annotate(time_style=Value(style)).order_by("-starts_at")

    @admin.display(description="when", ordering="starts_at")
    def when(self, visit: Any) -> str:
        """On the clock of its own place, as the client was told."""
        today = day_of(timezone.now(), visit.zone)
        return Words(visit.zone, visit.time_style).when(visit.starts_at, today=today)


class ForWhomFilter(admin.SimpleListFilter):
    """A role's tasks, or those that one person was given."""

    title = "whom it is for"
    parameter_name = "for"
    ONE_PERSON = "one-person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tasks = Task.objects.visible_to(request.user).order_by("role")
        roles = tasks.exclude(role="").values_list("role", flat=True).distinct()
        return [*((role, role) for role in roles), (self.ONE_PERSON, "One person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.filter(role="" if self.value() == self.ONE_PERSON else self.value())


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """What there is to do, for the people who may see it."""

    fields = ("title", "role", "owner", "due_at", "done_at", "done_by")
    list_display = ("due_at", "title", "role", "owner", "done_at")
    list_select_related = ("owner",)
    list_filter = ("kind", ForWhomFilter)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        """Own tasks and those of the roles held, as on the to-do page."""
        mine = Task.objects.visible_to(request.user)
        return super().get_queryset(request).filter(pk__in=mine.values("pk"))
