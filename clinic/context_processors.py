"""What every page knows: the clinic's name and phone, the colours chosen."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from practitioners.models import ClinicSettings

THEMES = (("auto", "As my device"), ("light", "Light"), ("dark", "Dark"))
STYLESHEETS = [
    f"css/{name}.css"
    for name in (
        "tokens",
        "type",
        "layout",
        "head",
        "controls",
        "choices",
        "slots",
        "booking",
        "states",
        "errors",
        "tables",
        "week",
        "print",
    )
]
# The last settings this process read: error pages name the clinic even without a database.
_remembered: dict[str, ClinicSettings] = {}


def site(request: HttpRequest) -> dict[str, Any]:
    """The clinic's settings are read once per request, and only when a page asks."""
    if not hasattr(request, "clinic_settings"):
        request.clinic_settings = SimpleLazyObject(read_settings)  # type: ignore[attr-defined]
    return {
        "site": request.clinic_settings,  # type: ignore[attr-defined]
        "theme": chosen_theme(request),
        "theme_choices": THEMES,
        "demo": settings.DEMO,
    }


def chosen_theme(request: HttpRequest) -> str:
    """The colours from the cookie; anything else in there means "as my device"."""
    theme = request.COOKIES.get("theme", "auto")
    return theme if theme in dict(THEMES) else "auto"


def read_settings() -> ClinicSettings:
    """Read the clinic's row. One query; raises Error when there is no database."""
    _remembered["clinic"] = ClinicSettings.current()
    return _remembered["clinic"]


def settings_if_any() -> ClinicSettings:
    """The clinic's row, else as last read, else empty: for pages about a lost database."""
    try:
        return read_settings()
    except Error:  # of the database or of the way to it
        return _remembered.get("clinic", ClinicSettings(name="Our clinic"))
