"""What somebody who works here was typing when their session ended: theirs again once they are back.

    a form is sent ──► the session is over ──► kept in the new session, for this person only
                                                            │
    signed in again ──► the page says what was typed ──► sent again, or left out

It stays on the server and never in the browser. Files are not kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from clinic.errors import Handler, error_page, said_back

KEPT = "typed"  # its place in the session
LEAVE = "leave_typed"  # the button that leaves it out
LASTS = timedelta(hours=12)
MOST = 200_000  # characters; the longest form of ours has a few thousand


def keep(request: HttpRequest, user_pk: int) -> None:
    """Keep what a form brought for the person whose session is over, and say so."""
    typed = [(name, text) for name, texts in request.POST.lists() for text in texts]
    if sum(len(name) + len(text) for name, text in typed) > MOST:
        return
    request.session[KEPT] = {
        "user": user_pk,
        "path": request.get_full_path(),
        "typed": [one for one in typed if one[0] != "csrfmiddlewaretoken"],
        "at": timezone.now().isoformat(),
    }
    said = "You were signed out. What you typed is kept: sign in again to send it."
    messages.info(request, said)


class TypedBefore:
    """Show somebody who is back what they had typed, before the page that it was for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and KEPT in request.session:
            return self._offer(request, request.session[KEPT]) or self.get_response(request)
        return self.get_response(request)

    def _offer(self, request: HttpRequest, kept: dict[str, Any]) -> HttpResponse | None:
        is_old = timezone.now() - datetime.fromisoformat(kept["at"]) > LASTS
        if kept["user"] != request.user.pk or is_old:
            del request.session[KEPT]
            return None
        if kept["path"] != request.get_full_path():
            return None
        if request.method == "POST":
            del request.session[KEPT]
            return redirect(request.get_full_path()) if LEAVE in request.POST else None
        typed = [(name, text) for name, text in kept["typed"]]
        return error_page(
            request,
            200,
            "You were signed out while you were typing",
            "Nothing was saved yet.",
            "Press the button to send it again.",
            typed=said_back(one for one in typed if one[1]),
            resend=typed,
            resend_to=kept["path"],
            leave=LEAVE,
            way_on=reverse("desk_day"),
            way_on_words="Go to the day",
        )
