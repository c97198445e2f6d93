"""Specialists in Django admin, with their visits."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone

from bookings import calendar
from bookings.admin.changing_hours import ChangesHours, link_to
from bookings.admin.export import ExportsCsv
from bookings.admin.importing import import_page
from bookings.admin.leaving import coming, leaving_page
from bookings.availability import next_free
from bookings.feeds import close_feed_of
from bookings.models import Appointment
from bookings.times import Words
from practitioners.admin.specialists import PractitionerAdmin
from practitioners.models import ClinicSettings, Location, Practitioner

MOST_AHEAD = 20


class SpecialistList(ChangeList):
    """The list with the next free time of everybody on the page, asked for at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        people = self.result_list = list(self.result_list)
        found = next_free(None, practitioners=[one.pk for one in people], now=timezone.now())
        places = Location.objects.in_bulk({one.location_id for one in found.values() if one})
        style = ClinicSettings.current().time_style
        for person in people:
            slot = found.get(person.pk)
            zone = places[slot.location_id].zone if slot else None
            person.soonest = Words(zone, style).short(slot.starts_at) if slot and zone else "None"


@admin.register(Practitioner)
class SpecialistAdmin(ExportsCsv, ChangesHours, PractitionerAdmin):
    """Everything about a specialist on one page, and who is booked, free or running out of papers."""

    list_display = (
        "name", "is_active", "is_bookable_online", "gives", "soonest", "papers_until", "sessions",
    )  # fmt: skip
    change_list_template = "admin/specialists.html"
    actions = ("hide_from_booking", "export_csv", "delete_selected")
    export_columns = (
        ("Short name", lambda one: one.slug),
        ("Name", lambda one: one.name),
        ("Title", lambda one: one.title),
        ("Active", lambda one: one.is_active),
        ("Bookable online", lambda one: one.is_bookable_online),
        ("Languages", lambda one: ", ".join(one.languages)),
        ("Practising since", lambda one: one.practising_since),
        ("Services", lambda one: ", ".join(service.name for service in one.services.all())),
        ("Credential valid until", lambda one: one.valid_until),
        ("Upcoming sessions", lambda one: one.coming),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SpecialistList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Practitioner]:
        visits = Appointment.objects.upcoming(now=timezone.now()).order_by()
        mine = visits.filter(practitioner=OuterRef("pk")).values("practitioner")
        count = Subquery(mine.annotate(count=Count("pk")).values("count"))
        return super().get_queryset(request).annotate(coming=Coalesce(count, 0))

    @admin.display(description="next free")
    def soonest(self, person: Any) -> str:
        return str(person.soonest)

    @admin.display(description="upcoming sessions", ordering="coming")
    def sessions(self, person: Any) -> int:
        return int(person.coming)

    def people_touched(self, request: HttpRequest, rows: Collection[Any]) -> set[int]:
        return {row.pk for row in rows}

    def ahead(self, rows: list[Any]) -> list[Any]:
        """The sessions that have to be moved or cancelled before somebody can go."""
        style = ClinicSettings.current().time_style
        return [link_to(visit, style) for visit in coming(*rows)[:MOST_AHEAD]]

    @admin.action(permissions=["change"], description="Hide from booking")
    def hide_from_booking(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Offer no more times of these people, and say how many sessions remain."""
        people = list(queryset)
        keys = [person.pk for person in people]
        hidden = Practitioner.objects.filter(pk__in=keys)
        calendar.change_hours(
            keys,
            lambda: hidden.update(is_bookable_online=False),
            by=request.user,
            now=timezone.now(),
        )
        for person in people:
            self.log_change(request, person, [{"changed": {"fields": ["is_bookable_online"]}}])
            self.message_user(request, f"{person} is hidden from booking. {remaining(person)}")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save; who still has sessions stays active until somebody has said what becomes of them."""
        leaves = change and "is_active" in form.changed_data and not obj.is_active
        if leaves and coming(obj):
            obj.is_active = True
            form.changed_data.remove("is_active")
            request.asks_about_sessions = True  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            close_feed_of(obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if getattr(request, "asks_about_sessions", False):
            text = "Everything else was saved."
            self.message_user(request, text, messages.INFO)
            return redirect(self._address(obj, "leaving"))
        return super().response_change(request, obj)

    def _do_instead(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Ask about the sessions first, whichever button makes somebody inactive."""
        if self.has_change_permission(request, row) and coming(row):
            return redirect(self._address(row, "leaving"))
        answer = super()._do_instead(request, row)
        if not row.is_active:
            close_feed_of(row)
        return answer

    def get_urls(self) -> list[Any]:
        leaving = self.admin_site.admin_view(self.leaving_view)
        importing = self.admin_site.admin_view(self.import_view)
        return [
            path("<int:key>/leaving/", leaving, name="practitioners_practitioner_leaving"),
            path("import/", importing, name="practitioners_practitioner_import"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        return import_page(self, request)

    def leaving_view(self, request: HttpRequest, key: int) -> HttpResponse:
        return leaving_page(self, request, key)


def remaining(person: Practitioner) -> str:
    """How many sessions somebody still has, and when the last one is."""
    visits = coming(person)
    if not visits:
        return "No sessions are booked."
    last = Words(visits[-1].zone).day(visits[-1].starts_at)
    if len(visits) == 1:
        return f"1 session remains, on {last}."
    return f"{len(visits)} sessions remain, the last on {last}."
