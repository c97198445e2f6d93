"""Locations with their opening hours and rooms."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from practitioners.admin.base import KeepsHistory, SlugFromName
from practitioners.admin.inlines import OpeningHoursInline
from practitioners.models import Location, Room


class LocationForm(SlugFromName):
    """A location; its zone is chosen from the names that exist."""

    time_zone = forms.ChoiceField(initial="Europe/London")

    class Meta:
        model = Location
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [*sorted(name for name in zoneinfo.available_timezones() if "/" in name), "UTC"]
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in names]  # type: ignore[attr-defined]


class RoomInline(admin.StackedInline):
    """The rooms of a location. A room is deleted on its own page, which says what is in the way."""

    model = Room
    extra = 0
    can_delete = False
    show_change_link = True


class Places(KeepsHistory):
    """A location with opening hours and rooms; registered by bookings, like all that closes."""

    form = LocationForm
    list_display = ("name", "time_zone", "phone", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "address")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (OpeningHoursInline, RoomInline)
    instead = {"is_active": False}
    instead_words = "Made inactive"


@admin.register(Room)
class RoomAdmin(KeepsHistory):
    """One treatment room."""

    list_display = ("name", "location", "is_active")
    list_filter = ("location", "is_active")
    list_select_related = ("location",)
    search_fields = ("name",)
    instead = {"is_active": False}
    instead_words = "Made inactive"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A room does not move house: its visits belong to its location."""
        return ("location",) if obj else ()
