"""What somebody who works here was typing when their session ended: theirs again once they are back.

    a form is sent ──► the session is over ──► kept in the new session, for this person only
                                                            │
    signed in again ──► the page says what was typed ──► sent again, or left out

The session may have ended in another window, where they have signed out or stayed away too long:
the new one knows whose was over. It stays on the server and never in the browser. Files are not kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from clinic.boxes import said_back
from clinic.errors import Handler, error_page

KEPT = "typed_forms"  # their place in the session
WHOSE = "typed_by"  # whose session was over before this one
LEAVE = "leave_typed"  # the button that leaves it out
LASTS = timedelta(hours=12)
MOST = 200_000  # characters; the longest form of ours has a few thousand


def session_is_over(request: HttpRequest, user_pk: int | None) -> None:
    """Let the new session know whose was over, for forms that are still open in other windows."""
    request.session[WHOSE] = {"user": user_pk, "at": timezone.now().isoformat()}


def keep(request: HttpRequest) -> None:
    """Keep what a form brought for the person whose session is over, and say so; one form an address."""
    whose = request.session.get(WHOSE)
    if not whose or _is_old(whose):
        return
    typed = [(name, text) for name, texts in request.POST.lists() for text in texts]
    form = {
        "user": whose["user"],
        "path": request.get_full_path(),
        "typed": [one for one in typed if one[0] != "csrfmiddlewaretoken"],
        "at": timezone.now().isoformat(),
    }
    earlier = [one for one in _of(request, whose["user"]) if one["path"] != form["path"]]
    if sum(map(_length, [*earlier, form])) > MOST:
        return
    request.session[KEPT] = [*earlier, form]
    said = "You were signed out. What you typed is kept: sign in again to send it."
    messages.info(request, said)


def _of(request: HttpRequest, user_pk: int | None) -> list[dict[str, Any]]:
    """What is kept for a person; what is kept for another, or for too long, is not."""
    kept = request.session.get(KEPT, [])
    return [one for one in kept if one["user"] == user_pk and not _is_old(one)]


def _is_old(kept: dict[str, Any]) -> bool:
    return timezone.now() - datetime.fromisoformat(kept["at"]) > LASTS


def _length(kept: dict[str, Any]) -> int:
    return sum(len(name) + len(text) for name, text in kept["typed"])


class TypedBefore:
    """Show somebody who is back what they had typed, before the page that it was for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and KEPT in request.session:
            return self._offer(request) or self.get_response(request)
        return self.get_response(request)

    def _offer(self, request: HttpRequest) -> HttpResponse | None:
        forms = _of(request, request.user.pk)
        kept = next((one for one in forms if one["path"] == request.get_full_path()), None)
        if kept and request.method == "POST":
            forms.remove(kept)
        if forms != request.session[KEPT]:
            request.session[KEPT] = forms
        if kept is None:
            return None
        if request.method == "POST":
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
