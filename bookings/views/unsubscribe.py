"""Stopping follow-up reminders by the link of a mail."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from bookings.consents import opt_out
from bookings.links import BadLink, read_unsubscribe_link
from bookings.views.visit_link import wrong_link


# A mail program presses the one-click button without a cookie or a form token; the
# signed link itself says who asks, and all it can do is stop reminders.
@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop follow-up reminders: a button for people, one POST for mail programs."""
    try:
        client = read_unsubscribe_link(token)
    except BadLink:
        return wrong_link(request)
    if request.method == "POST":
        opt_out(client, now=timezone.now())
    context = {"done": request.method == "POST", "hide_book_button": True}
    return render(request, "bookings/unsubscribe.html", context)
