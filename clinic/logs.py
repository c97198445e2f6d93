"""What the log may say: that something happened, where in the code, and for what kind of person.

Never an address, whose parts are the tokens of mails and calendars, and never the
words of an exception, which repeat what somebody typed.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
ROOT = f"{Path(__file__).resolve().parents[1]}/"
INNERMOST = 12  # frames of an error that are named
KEPT = {"name", "id", "description"}  # what Celery says of a task besides its error
REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
SECURITY = "django.security."  # followed by the class of the error
QUIET = {"health", "messages_health"}  # asked every few seconds


class PatternsOnly(logging.Filter):
    """Put the pattern of an address in the place of the address, and drop an error's words."""

    def filter(self, record: logging.LogRecord) -> bool:
        request: Any = getattr(record, "request", None)
        path = getattr(request, "path", None)
        if record.name.startswith(SECURITY) and not record.args:
            record.msg = "The request was refused."  # an error's words stand in for the message
        elif path and isinstance(record.args, tuple):
            shown = route_of(request)
            record.args = tuple(_shown(part, path, shown) for part in record.args)
        elif record.exc_info and isinstance(record.msg, str):
            record.args = _without_words(record.args)
        return True


def _shown(part: Any, path: str, shown: str) -> Any:
    return part.replace(path, shown) if isinstance(part, str) else part


def _without_words(values: Any) -> Any:
    """What is left of the values of a message about an error."""
    if isinstance(values, dict):
        return {name: value if name in KEPT else "..." for name, value in values.items()}
    return tuple(value if isinstance(value, int | float) else "..." for value in values or ())


def route_of(request: HttpRequest) -> str:
    """The pattern of an address: it says which page, not whose."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "(no page)"


def where_it_failed(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Say of an exception its class and the lines of code, but nothing that it says itself."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["error"] = " from ".join(_classes(error))
        event["at"] = _places(error.__traceback__)
    return event


def _classes(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield f"{type(error).__module__}.{type(error).__qualname__}"
        error = error.__cause__ or error.__context__


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-INNERMOST:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(file: str) -> str:
    return file.rsplit("site-packages/", 1)[-1].removeprefix(ROOT)


class RequestLog:
    """One line for every request, and one id for all that is logged meanwhile.

    The id stands in the answer's `X-Request-ID`, so that a line can be found again.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        request_id = secrets.token_hex(8)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            match = request.resolver_match
            say = log.debug if match and match.url_name in QUIET else log.info
            say(
                "request",
                method=request.method,
                route=route_of(request),
                status=response.status_code,
                ms=round((time.monotonic() - started) * 1000),
                user=kind_of_user(request),
            )
        response["X-Request-ID"] = request_id
        return response


def kind_of_user(request: HttpRequest) -> str:
    """Visitor, client, practitioner or staff, as far as the request has found out already."""
    user = getattr(request, "_cached_user", None)
    if user is None or not user.is_authenticated:
        return "visitor"
    known = vars(user)
    if known.get("is_practitioner"):
        return "practitioner"
    return "staff" if known.get("roles") or user.is_superuser else "client"
