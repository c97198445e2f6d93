"""What names a form that writes something new: sent again, or gone back to, it writes no second.

A browser that goes back asks for the page anew and fills in what was typed, but no hidden
box. So the link to the form carries the token, and the address brings it back.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest


def token_of(request: HttpRequest) -> UUID | None:
    """The token that a form was sent with; of one that is opened, the one of its link."""
    is_sent = request.method == "POST"
    text = request.POST.get("form_token", "") if is_sent else request.GET.get("form", "")
    try:
        return UUID(text)
    except ValueError:
        return None


def first_shown(request: HttpRequest) -> dict[str, Any]:
    """What the box of the token begins with, where the link has named it."""
    token = token_of(request)
    return {"form_token": token} if token else {}
