"""What every page knows: the clinic's name and phone, the colours chosen."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from practitioners.models import ClinicSettings

THEMES = (("auto", "As my device"), ("light", "Light"), ("dark", "Dark"))
STYLESHEETS = [
    f"css/{name}.css"
    for name in ("tokens", "type", "layout", "controls", "slots", "states", "tables", "print")
]


def site(request: HttpRequest) -> dict[str, Any]:
    """The clinic's settings are read once per page, and only when a page asks."""
    theme = request.COOKIES.get("theme", "auto")
    return {
        "site": SimpleLazyObject(ClinicSettings.current),
        "theme": theme if theme in dict(THEMES) else "auto",
        "theme_choices": THEMES,
        "stylesheets": STYLESHEETS,
        "demo": settings.DEMO,
    }
