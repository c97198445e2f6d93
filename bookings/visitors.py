"""Who is at the browser, before and after signing in."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

KEY = "visitor"


def visitor_key(request: HttpRequest) -> str:
    """A random name for this browser's session; it survives signing in."""
    key = request.session.get(KEY)
    if not key:
        key = request.session[KEY] = secrets.token_urlsafe(24)
    return str(key)
