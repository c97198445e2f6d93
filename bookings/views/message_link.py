"""The short link of a text message."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from bookings.messages.letters import target_of
from bookings.views.visit_link import wrong_link


@login_not_required
@require_safe
def message_link(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to where the long link of a mail would lead."""
    target = target_of(token)
    return redirect(target) if target else wrong_link(request)
