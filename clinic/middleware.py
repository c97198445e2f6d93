"""What holds for every request: text we can store, sessions that end, pages nobody caches."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic.errors import error_page

Handler = Callable[[HttpRequest], HttpResponse]
MAX_QUERY = 8 * 1024


class RefuseBrokenText:
    """Refuse NUL and broken encodings before they reach a query.

    A form field with NUL is left to the form, which names the field; the admin
    reads keys from forms without one, so there it is refused too.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "\ufffd" in request.path_info:
            return error_page(request, 404, "Page not found", "Check the address.")
        query = request.META.get("QUERY_STRING", "")
        if len(query) > MAX_QUERY:
            return error_page(request, 414, "That address is too long", "Go back and try again.")
        if _is_broken(unquote_to_bytes(query.replace("+", " "))) or "\0" in "".join(
            request.COOKIES.values()
        ):
            return error_page(
                request, 400, "We could not read that", "Your search has a character we cannot use."
            )
        if request.content_type == "application/json" and _is_broken_json(request):
            return error_page(request, 400, "We could not read that request", "Nothing was saved.")
        if request.path_info.startswith("/admin/") and b"%00" in _form_body(request):
            return error_page(request, 400, "We could not read that request", "Nothing was saved.")
        return self.get_response(request)


def _is_broken(text: bytes) -> bool:
    try:
        return "\0" in text.decode()
    except UnicodeDecodeError:
        return True


def _is_broken_json(request: HttpRequest) -> bool:
    try:
        body = request.body.decode()
        json.loads(body)
    except (ValueError, RecursionError):
        return True
    return "\\u0000" in body or "\\ud8" in body.lower()


def _form_body(request: HttpRequest) -> bytes:
    if request.content_type != "application/x-www-form-urlencoded":
        return b""
    return request.body


class SessionLimits:
    """End the session of staff after an idle hour or a long day, and of whoever left at once."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and getattr(user, "works_here", False):
            now = timezone.now()
            if self._is_over(request, now):
                logout(request)
            elif request.headers.get("X-Background") != "1":
                request.session["seen_at"] = now.isoformat()
        return self.get_response(request)

    def _is_over(self, request: HttpRequest, now: datetime) -> bool:
        session = request.session
        began = datetime.fromisoformat(session.setdefault("began_at", now.isoformat()))
        seen = datetime.fromisoformat(session.get("seen_at", now.isoformat()))
        return now - seen > timedelta(
            minutes=settings.DESK_IDLE_MINUTES
        ) or now - began > timedelta(hours=settings.DESK_SESSION_HOURS)


class PrivatePages:
    """Keep what a signed-in person sees out of every cache, and answer htmx without a redirect."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated or request.path.startswith(("/book/", "/v/", "/u/")):
            response.setdefault("Cache-Control", "no-store, private")
        is_login = response.status_code == 302 and response.get("Location", "").startswith("/sign-in/")
        if is_login and request.headers.get("HX-Request"):
            answer = HttpResponse(status=401)
            answer["HX-Redirect"] = response["Location"]
            return answer
        return response
