"""Clients in Django admin: how to reach them, and nothing about their health."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings import deaths
from bookings.admin.export import ExportsCsv
from bookings.admin.read_only import ReadOnlyInline
from bookings.forms import PhoneField
from bookings.models import Appointment, Client, ClientAccess
from practitioners.admin.base import ClinicModelAdmin


class AccessInline(ReadOnlyInline):
    """Who may act for this person."""

    model = ClientAccess
    fields = ("user", "relation", "scope")
    verbose_name_plural = "who may act for this person"


class ClientForm(forms.ModelForm):
    """Contact data, with the same idea of a phone number as the booking page."""

    phone = PhoneField(required=False)

    class Meta:
        model = Client
        fields = (
            "name", "called", "date_of_birth", "email", "phone", "preferred_channel", "time_zone",
            "is_call_to_book", "is_deceased", "desk_note",
        )  # fmt: skip
        help_texts = {
            "is_deceased": "Nothing more is sent to them, their coming sessions are cancelled, and"
            " the desk gets a task to look."
        }

    def _get_validation_exclusions(self) -> set[str]:
        """The box has judged the number; the model's own check knows no number in films."""
        return {*super()._get_validation_exclusions(), "phone"}  # type: ignore[misc]


@admin.register(Client)
class ClientAdmin(ExportsCsv, ClinicModelAdmin):
    """Contact data. Clients are made at the desk or by booking, and never deleted here."""

    form = ClientForm
    list_display = ("name", "email", "phone", "is_call_to_book", "coming", "missed")
    list_filter = ("is_call_to_book", "is_deceased", "preferred_channel")
    search_fields = ("name", "called", "email", "phone")
    list_per_page = 50
    fieldsets = (
        ("Who", {"fields": ("name", "called", "date_of_birth", "record")}),
        (
            "Contact",
            {"fields": ("email", "bounced_email", "phone", "preferred_channel", "time_zone")},
        ),
        ("Desk", {"fields": ("is_call_to_book", "is_deceased", "desk_note", "created_at")}),
    )
    readonly_fields = ("bounced_email", "created_at", "record")
    inlines = (AccessInline,)
    actions = ("export_csv",)
    export_columns = (
        ("Name", lambda one: one.name),
        ("Email", lambda one: one.email),
        ("Phone", lambda one: one.phone),
        ("Call to book only", lambda one: one.is_call_to_book),
        ("Upcoming sessions", lambda one: one.sessions),
        ("No-shows", lambda one: one.no_shows),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Client]:
        """Entries that were not joined into another, counted row by row of the page shown."""
        ahead = Appointment.objects.upcoming(now=timezone.now()).order_by()
        theirs = ahead.filter(client=OuterRef("pk")).values("client")
        count = Subquery(theirs.annotate(count=Count("pk")).values("count"))
        people = Client.objects.visible_to(request.user).current().with_no_shows()
        return people.annotate(sessions=Coalesce(count, 0))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Who has died gets nothing more; sessions go once it is saved, by the calendar's own way."""
        super().save_model(request, obj, form, change)
        if obj.is_deceased and "is_deceased" in form.changed_data:
            deaths.take_back_messages(obj, now=timezone.now())
            transaction.on_commit(lambda: self._cancel_sessions(request, obj))

    def _cancel_sessions(self, request: HttpRequest, client: Client) -> None:
        count = deaths.cancel_sessions(client, by=request.user, now=timezone.now())
        if count:
            many = "1 session was" if count == 1 else f"{count} sessions were"
            self.message_user(request, f"{many} cancelled; nobody is written to.")

    @admin.display(description="upcoming sessions", ordering="sessions")
    def coming(self, client: Any) -> int:
        return int(client.sessions)

    @admin.display(description="no-shows", ordering="no_shows")
    def missed(self, client: Any) -> int:
        return int(client.no_shows)

    @admin.display(description="sessions")
    def record(self, client: Any) -> SafeString:
        """How many sessions, with the way to the desk's page, which asks for the right to see it."""
        return format_html(
            '{} to come. <a href="{}">Open at the desk</a>',
            client.sessions,
            reverse("desk_client", args=[client.public_id]),
        )
