"""Saving hours under the locks of the calendar, and naming the visits that are left outside."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bookings import calendar
from bookings.errors import Busy
from bookings.models import Appointment
from bookings.outside_hours import left_outside
from bookings.times import Words
from practitioners.admin.base import ClinicModelAdmin
from practitioners.clocks import read_key
from practitioners.models import ClinicSettings

MOST_LISTED = 20


class ChangesHours(ClinicModelAdmin):
    """Whatever is saved here changes when people are in."""

    def people_touched(self, request: HttpRequest, rows: Collection[Any]) -> set[int]:
        """Whose hours a request may change: those of these rows, and whoever the form names."""
        chosen = read_key(request.POST.get("practitioner"))
        return {row.practitioner_id for row in rows} | ({chosen} if chosen else set())

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        view = super().changeform_view
        return self._under_locks(
            request, object_id, lambda: view(request, object_id, form_url, extra_context)
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = super().delete_view
        return self._under_locks(
            request, object_id, lambda: view(request, object_id, extra_context)
        )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        people, delete = self.people_touched(request, list(queryset)), super().delete_queryset
        calendar.change_hours(
            people, lambda: delete(request, queryset), by=request.user, now=timezone.now()
        )
        self._warn(request, people)

    def _under_locks(
        self, request: HttpRequest, object_id: str | None, view: Callable[[], HttpResponse]
    ) -> HttpResponse:
        if request.method != "POST":
            return view()
        people = self.people_touched(request, self._rows(object_id))
        try:
            response = calendar.change_hours(people, view, by=request.user, now=timezone.now())
        except Busy as busy:
            self.message_user(request, busy.sentence, messages.ERROR)
            return redirect(request.get_full_path())
        if response.status_code == 302:
            self._warn(request, people)
        return response

    def _rows(self, object_id: str | None) -> list[Any]:
        key = read_key(object_id)
        return list(self.model._default_manager.filter(pk=key)) if key else []

    def _warn(self, request: HttpRequest, people: Collection[int]) -> None:
        """Name the visits that nobody's hours hold any more."""
        found = left_outside(people, now=timezone.now(), count=MOST_LISTED + 1)
        if not found:
            return
        style = ClinicSettings.current().time_style
        lines = [(link_to(one.visit, style), one.words) for one in found[:MOST_LISTED]]
        is_more = len(found) > MOST_LISTED
        text = format_html(
            "{}{} booked session{} must be moved or cancelled; nobody has been told yet."
            "<ul>{}</ul>{}",
            "More than " if is_more else "",
            len(lines),
            "" if len(found) == 1 else "s",
            format_html_join("", "<li>{}: {}</li>", lines),
            format_html('<a href="{}#outside">All of them</a>', reverse("desk_hours"))
            if is_more
            else "",
        )
        self.message_user(request, text, messages.WARNING)


def link_to(visit: Appointment, style: str) -> SafeString:
    """When a visit is, of what and with whom, with a link to its page at the desk. No client."""
    words = Words(visit.zone, style)
    return format_html(
        '<a href="{}">{}, {}</a>, {}, {}',
        reverse("desk_visit", args=[visit.public_id]),
        words.short(visit.starts_at),
        words.zone_line(visit.starts_at),
        visit.service,
        visit.practitioner,
    )
