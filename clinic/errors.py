"""Pages for what went wrong: what happened, what was saved, what to do next.

A browser gets a page, htmx the inside of that page with the same status, and a
program that speaks JSON gets {"error": …, "detail": …}.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable

import structlog
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from bookings.errors import Busy
from bookings.remembered import just_booked
from clinic.boxes import said_back
from clinic.context_processors import chosen_theme, settings_if_any

Handler = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger(__name__)
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
LAST_OF_BOOKING = ("book_you", "book_series")
UNREADABLE = "We could not read that request"
RETRY_SECONDS = "5"
DESK = "/desk/"
FIND_SOMEBODY = {"way_on": "/specialists/", "way_on_words": "Find a specialist"}


def error_page(
    request: HttpRequest, status: int, heading: str, *sentences: str, **more: object
) -> HttpResponse:
    """Render the page of one error. `way_on` and `way_on_words` name the next step."""
    if wants_json(request):
        return JsonResponse({"error": heading, "detail": " ".join(sentences)}, status=status)
    context = {
        "heading": heading,
        "sentences": sentences,
        "hide_book_button": True,
        **_way_on(request),
        **more,
    }
    if request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers:
        context["base_template"] = "errors/fragment.html"
    return render(request, "errors/page.html", context, status=status)


def _works_here(request: HttpRequest) -> bool:
    return bool(getattr(getattr(request, "user", None), "works_here", False))


def _way_on(request: HttpRequest) -> dict[str, str]:
    """Where people of the clinic go on, and at the desk its own frame; nothing for anybody else."""
    if not _works_here(request):
        return {}
    frame = {"base_template": "desk/base.html"} if request.path.startswith(DESK) else {}
    return {"way_on": DESK, "way_on_words": "Go to the day", **frame}


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a program is asking, not a browser."""
    accepts = request.headers.get("Accept", "")
    return request.content_type == "application/json" or accepts.startswith("application/json")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 or 413: the request could not be read."""
    if isinstance(exception, TOO_MUCH):
        return error_page(
            request,
            413 if isinstance(exception, RequestDataTooBig) else 400,
            "Too much data",
            "Too much data. Nothing was saved.",
            "Go back, shorten what you typed and send it again.",
        )
    return error_page(
        request, 400, UNREADABLE, f"{UNREADABLE}. Nothing was saved.", "Go back and try again."
    )


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not for this."""
    return error_page(
        request,
        403,
        "You cannot open this page",
        "Your sign-in does not include this part.",
        "If you need it for your work, ask whoever manages the clinic's accounts.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same page for what never was and for what is not yours."""
    said = "If you typed the address, check it. If you followed a link, it may be old."
    ways = {} if _works_here(request) else FIND_SOMEBODY
    return error_page(request, 404, "Page not found", said, **ways)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; or 503 when the database was busy or away. Needs no database itself."""
    error = sys.exc_info()[1]
    if isinstance(error, Busy):
        return unavailable(request, is_busy=True)
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, is_busy=_is_busy(error))
    reference = secrets.token_hex(2).upper()
    log.error("server_error", reference=reference, route=_route(request), kind=type(error).__name__)
    return _plain_page(
        request,
        500,
        "Something went wrong on our side",
        "Something went wrong on our side. Nothing was booked or saved. Try again, or call us.",
        reference=reference,
    )


def unavailable(request: HttpRequest, *, is_busy: bool) -> HttpResponse:
    """503: the database has too much to do, or cannot be reached at all."""
    log.error("database_unavailable", is_busy=is_busy, route=_route(request))
    heading = "We are busy" if is_busy else "We cannot reach our records right now"
    sentence = (
        "We are busy, nothing was booked. Please press again."
        if is_busy
        else "Nothing was booked or saved. Please try again in a few minutes, or call us."
    )
    response = _plain_page(request, 503, heading, sentence)
    response["Retry-After"] = RETRY_SECONDS
    return response


def page_was_open_too_long(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for an old form token: everything typed is kept, one press sends it again.

    Nobody knows what else was saved meanwhile: signing in in another window ends a token, too.
    Who has booked there is shown what.

    Only for a form of our own. What another site sent here is shown but not
    offered for sending, or its visitor would do with a click what the check refused.
    """
    booked = _just_booked(request)
    if booked:
        return redirect("booked", public_id=booked)
    typed = [(name, text) for name, texts in request.POST.lists() for text in texts if text]
    is_ours = _is_our_form(request)
    response = error_page(
        request,
        403,
        "This page is no longer current",
        "It was open for long, or you have signed in or out in another window since.",
        "What you have just sent was not saved.",
        "Press the button to send it again." if is_ours else "Open the page and send it again.",
        typed=said_back(typed),
        resend=[one for one in typed if one[0] != "csrfmiddlewaretoken"] if is_ours else None,
        resend_to=request.get_full_path(),
        way_on=request.path,
        way_on_words="Open the page again",
    )
    response["Cache-Control"] = "no-store, private"
    return response


def _just_booked(request: HttpRequest) -> str:
    """The visit that was booked last, where the last page of its booking is sent once more."""
    match, user = request.resolver_match, getattr(request, "user", None)
    if not (match and user and user.is_authenticated and match.url_name in LAST_OF_BOOKING):
        return ""
    return just_booked(request.session, match.kwargs["slug"])


def _is_our_form(request: HttpRequest) -> bool:
    """Tell whether the browser vouches that a page of ours sent this form, without files."""
    origin = request.headers.get("Origin", "")
    own = f"{request.scheme}://{request.get_host()}"
    return origin == own and bool(request.POST) and not request.FILES


def _is_busy(error: Exception) -> bool:
    """Lock wait, deadlock, statement timeout or no connection left: pressing again helps."""
    return getattr(error.__cause__, "pgcode", None) in {"55P03", "40P01", "57014", "53300"}


def _plain_page(
    request: HttpRequest, status: int, heading: str, sentence: str, reference: str = ""
) -> HttpResponse:
    """A page that asks neither the session nor, if that fails, the database."""
    if wants_json(request):
        return JsonResponse({"error": heading, "detail": sentence}, status=status)
    context = {
        "heading": heading,
        "sentence": sentence,
        "reference": reference,
        "site": settings_if_any(),
        "theme": chosen_theme(request),
    }
    return HttpResponse(render_to_string("errors/plain.html", context), status=status)


def _route(request: HttpRequest) -> str:
    """The pattern of the address, never the address: tokens stay out of the log."""
    match = request.resolver_match
    return match.route if match else ""
