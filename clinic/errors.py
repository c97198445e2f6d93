"""Pages for what went wrong: what happened, what was saved, what to do next."""

from __future__ import annotations

import secrets

import structlog
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

log = structlog.get_logger(__name__)
HIDDEN_FIELDS = {"csrfmiddlewaretoken", "form_token", "code"}
PLAIN_500 = """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Something went wrong</title>
<h1>Something went wrong on our side</h1><p>Nothing was saved. Try again in a moment, or call us.</p>
<p>Reference {reference}</p></html>"""


def error_page(
    request: HttpRequest, status: int, heading: str, *sentences: str, **more: object
) -> HttpResponse:
    """Render the page of one error."""
    context = {"heading": heading, "sentences": sentences, "hide_book_button": True, **more}
    return render(request, "errors/page.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: the request could not be read."""
    if "TooMany" in type(exception).__name__ or "TooBig" in type(exception).__name__:
        return error_page(request, 400, "Too much data", "Nothing was saved.")
    return error_page(
        request, 400, "We could not read that request", "Nothing was saved. Go back and try again."
    )


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not for this."""
    return error_page(
        request, 403, "You cannot open this page", "Your sign-in does not include this part."
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same page for what never was and for what is not yours."""
    return error_page(
        request,
        404,
        "Page not found",
        "If you typed the address, check it. If you followed a link, it may be old.",
        way_on="/specialists/",
        way_on_words="Find a specialist",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault; the page works even when the database does not."""
    reference = secrets.token_hex(2).upper()
    log.error("server_error", reference=reference, path_template=_route(request))
    try:
        page = render_to_string(
            "errors/page.html",
            {
                "heading": "Something went wrong on our side",
                "sentences": ["Nothing was booked or saved. Try again, or call us."],
                "reference": reference,
                "hide_book_button": True,
            },
            request=request,
        )
    except (DatabaseError, Exception):  # the page about a failure must not fail
        page = PLAIN_500.format(reference=reference)
    return HttpResponse(page, status=500)


def page_was_open_too_long(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for an old form token: shows what was typed, so that nothing is lost."""
    typed = [
        (name.replace("_", " ").capitalize(), text)
        for name, text in request.POST.items()
        if name not in HIDDEN_FIELDS and text
    ]
    return error_page(
        request,
        403,
        "This page was open too long",
        "Nothing was saved. Open the page again and press the button once more.",
        typed=typed,
        way_on=request.path,
        way_on_words="Open the page again",
    )


def _route(request: HttpRequest) -> str:
    """The pattern of the address, never the address: tokens stay out of the log."""
    match = request.resolver_match
    return match.route if match else ""
