"""What holds for every request: text we can store, sessions that end, pages nobody caches."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode

from clinic import typed
from clinic.errors import UNREADABLE, Handler, error_page, not_found
from practitioners.once import read_once

MAX_QUERY = 8 * 1024
A_MINUTE = timedelta(minutes=1)
# Addresses that show or take personal data before anybody has signed in.
PERSONAL = (
    "/book/",
    "/v/",
    "/w/",
    "/u/",
    "/q/",
    "/c/",
    "/calendar/",
    "/m/",
    "/my/",
    "/desk/",
    "/sign-in/",
    "/setup/",
    "/admin/",
    "/demo/mail/",
)


class RefuseBrokenText:
    """Refuse NUL and broken encodings before they reach a query.

    PostgreSQL stores no NUL and no lone surrogate, so either would end as a 500
    deep inside. A form field with NUL is left to the form, which can name the
    field; the admin reads keys from forms without one, so there it is refused.
    The body is read here only as JSON or in the admin: a file that is being
    uploaded must stay a stream.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._refusal(request) or self.get_response(request)

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        query = request.META.get("QUERY_STRING", "")
        if has_broken_text(request.path_info):
            return not_found(request)
        if len(query) > MAX_QUERY:
            return error_page(request, 414, "That address is too long", "Go back and try again.")
        if "%00" in query or has_broken_text(query):
            return _refuse(request, 400, "Your search has a character we cannot use.")
        if has_broken_text([*request.COOKIES, *request.COOKIES.values()]):
            return _refuse(request, 400, f"{UNREADABLE}. Nothing was saved.")
        if request.content_type == "application/json":
            return _json_refusal(request)
        if request.path_info.startswith("/admin/") and has_broken_text(_typed(request)):
            return _refuse(request, 400, f"{UNREADABLE}. Nothing was saved.")
        return None


def has_broken_text(value: Any) -> bool:
    """Find NUL or a lone surrogate in a text, or in any text inside a JSON value."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\0" in one or any("\ud800" <= char <= "\udfff" for char in one):
                return True
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False


def _json_refusal(request: HttpRequest) -> HttpResponse | None:
    if not request.body:
        return None
    try:
        read = json.loads(request.body.decode())
    except (ValueError, RecursionError):  # cut off, not UTF-8, 100,000 brackets deep
        read = None
    if not isinstance(read, dict):
        return _refuse(request, 400, f"{UNREADABLE}. Nothing was saved.")
    if has_broken_text(read):
        return _refuse(request, 422, "Null characters are not allowed. Nothing was saved.")
    return None


def _typed(request: HttpRequest) -> list[str]:
    return [text for name, texts in request.POST.lists() for text in (name, *texts)]


def _refuse(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    return error_page(request, status, UNREADABLE, sentence, "Go back and try again.")


class NoBareRefusals:
    """Give the page of its error to an answer that refuses without a word."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content or request.method == "OPTIONS":
            return response
        page = error_page(
            request,
            405,
            "This address does not work by itself",
            "Nothing was changed.",
            "It only takes what the form of another page sends. Go back and use the form.",
        )
        page["Allow"] = response["Allow"]
        return page


class SessionLimits:
    """End the session of staff after an idle hour or a long day, and of whoever left at once.

    A request that the page made by itself (`X-Background: 1`) keeps nobody signed
    in, unless it saves what somebody is typing (`X-Saves-Typing: 1`).
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated:
            if SESSION_KEY in request.session:  # signed in, but no longer allowed to be
                request.session.flush()
        elif getattr(user, "works_here", False):
            self._limit(request, timezone.now())
        return self.get_response(request)

    def _limit(self, request: HttpRequest, now: datetime) -> None:
        session = request.session
        began = _moment(session.setdefault("began_at", now.isoformat()), now)
        seen = _moment(session.get("seen_at", ""), began)
        idle = timedelta(minutes=settings.DESK_IDLE_MINUTES)
        longest = timedelta(hours=settings.DESK_SESSION_HOURS)
        if now - seen > idle or now - began > longest:
            over_for = request.user.pk
            logout(request)
            typed.session_is_over(request, over_for)
        elif _is_activity(request) and now - seen > A_MINUTE:  # at most one write a minute
            session["seen_at"] = now.isoformat()


def _moment(text: str, default: datetime) -> datetime:
    return datetime.fromisoformat(text) if text else default


def _is_activity(request: HttpRequest) -> bool:
    headers = request.headers
    return headers.get("X-Background") != "1" or headers.get("X-Saves-Typing") == "1"


class SignInFirst(LoginRequiredMiddleware):
    """Private by default: strangers go to the sign-in page, whichever way they ask.

    What was typed while a session ended is kept. htmx would swap a redirected sign-in page into a corner of the page, so it gets
    401 with the address to go to. A request in the background gets 401 with a
    notice instead: leaving the page would lose what is being typed.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        if request.headers.get("HX-Request") != "true":
            if request.method == "POST":
                typed.keep(request)
            return super().handle_no_permission(request, view_func)
        if request.headers.get("X-Background") == "1":
            return error_page(
                request,
                401,
                "You are signed out",
                "This is not saved yet. Keep this page open and sign in again in a new tab.",
                way_on=resolve_url(self.get_login_url(view_func)),
                way_on_words="Sign in",
            )
        here = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        answer = HttpResponse(status=401)
        login_url = resolve_url(self.get_login_url(view_func))
        answer["HX-Redirect"] = f"{login_url}?{urlencode({'next': here})}"
        return answer


class ReadOnce:
    """While a page is only looked at, what the clinic has set is read once."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        with read_once():
            return self.get_response(request)


class PrivatePages:
    """Keep personal pages out of every cache and every search engine.

    The referrer policy is "same-origin" everywhere: no other site ever sees an
    address of ours. ("no-referrer" would also hide our own pages from each other,
    and browsers then send "Origin: null", which the form check refuses.)
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_known = settings.SESSION_COOKIE_NAME in request.COOKIES
        response = self.get_response(request)
        if (
            was_known
            or request.user.is_authenticated
            or request.method not in ("GET", "HEAD")
            or request.path_info.startswith(PERSONAL)
        ):
            patch_cache_control(response, no_store=True, private=True)
            response.setdefault("X-Robots-Tag", "noindex")
        return response
