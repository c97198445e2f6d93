"""Who is at the browser, before and after signing in."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

KEY = "visitor"


def visitor_key(request: HttpRequest) -> str:
    """A random name for this browser's session, made when first needed; it survives signing in."""
    key = known_visitor(request)
    if not key:
        key = request.session[KEY] = secrets.token_urlsafe(24)
    return key


def known_visitor(request: HttpRequest) -> str:
    """The name given before, or empty: whoever only looks needs no session."""
    return str(request.session.get(KEY, ""))
