"""People and access in Django admin."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import django.contrib.auth.admin  # noqa: F401  makes the page of groups, which goes again here
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bookings.admin.changing_hours import ChangesHours
from bookings.models import Appointment
from clinic.models import ROLES, User
from clinic.staff import part_with, sync_admin_site
from practitioners.models import Practitioner

# What a role may do is the product's (clinic/roles.py); who holds it is said at the person.
admin.site.unregister(Group)


class UserForm(forms.ModelForm):
    """Name, roles, and whether somebody may sign in at all."""

    groups = forms.ModelMultipleChoiceField(
        label="Roles",
        queryset=Group.objects.filter(name__in=ROLES),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Practitioners and clients need none.",
    )

    class Meta:
        model = User
        fields = ("name", "is_active", "groups")


@admin.register(User)
class UserAdmin(ChangesHours):
    """Everybody who may sign in. Nobody changes their own access, or that of one above them.

    Who can no longer sign in can no longer be booked either, hence the locks of the calendar.
    """

    form = UserForm
    list_display = ("email", "name", "works_as", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    list_per_page = 50
    fields = ("email", "name", "is_active", "groups", "profile", "last_login", "joined_at")
    readonly_fields = ("email", "profile", "last_login", "joined_at")
    change_list_template = "admin/people.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are invited on the staff page, which makes everything in one step."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What somebody has signed keeps their name."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is not None and (obj == request.user or _is_above(obj, request.user)):
            return False
        return super().has_change_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = super().get_queryset(request)
        return people.select_related("practitioner").prefetch_related("groups")

    def people_touched(self, request: HttpRequest, rows: Collection[Any]) -> set[int]:
        people = Practitioner.objects.filter(user__in=[row.pk for row in rows])
        return set(people.values_list("pk", flat=True))

    @admin.display(description="works as")
    def works_as(self, user: User) -> str:
        jobs = sorted(group.name for group in user.groups.all())
        if hasattr(user, "practitioner"):
            jobs.append(
                "Practitioner" if user.practitioner.is_active else "Practitioner (inactive)"
            )
        if user.is_superuser:
            jobs.append("Technical administrator")
        return ", ".join(jobs) or "Does not work here"

    @admin.display(description="specialist's page")
    def profile(self, user: User) -> str | SafeString:
        if not hasattr(user, "practitioner"):
            return "None"
        page = reverse("admin:practitioners_practitioner_change", args=[user.practitioner.pk])
        return format_html('<a href="{}" dir="auto">{}</a>', page, user.practitioner)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Set the roles; who may no longer sign in loses everything at once."""
        user = form.instance
        if user.is_active:
            super().save_related(request, form, formsets, change)
            sync_admin_site(user)
        else:
            part_with(user, by=request.user, now=timezone.now())
            self._warn_of_sessions(request, user)

    def _warn_of_sessions(self, request: HttpRequest, user: User) -> None:
        """Point to what is left in the calendar of somebody who has gone."""
        if not hasattr(user, "practitioner"):
            return
        visits = Appointment.objects.upcoming(now=timezone.now())
        count = visits.filter(practitioner=user.practitioner).count()
        if count:
            text = format_html(
                '{} can no longer sign in. <a href="{}">Say what becomes of {} session{}</a>.',
                user,
                reverse("admin:practitioners_practitioner_leaving", args=[user.practitioner.pk]),
                count,
                "" if count == 1 else "s",
            )
            self.message_user(request, text, messages.WARNING)


def _is_above(user: Any, other: Any) -> bool:
    return bool(user.is_superuser and not other.is_superuser)
