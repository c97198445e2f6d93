"""Calendar addresses: what a program reads, and the pages on which their owners make them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.feeds import SUFFIX, close_feeds, feed_calendar, may_have_feed, read_feed, renew_feed
from bookings.models import CalendarFeed
from bookings.throttle import seconds_to_wait
from practitioners.clocks import clinic_zone

Kind = CalendarFeed.Kind


@login_not_required
@require_safe
def calendar_feed(request: HttpRequest, name: str) -> HttpResponse:
    """Give the calendar to whoever knows its address. Who is signed in does not matter."""
    feed, now = read_feed(name), timezone.now()
    if feed is None:
        return _private(HttpResponse("Not found\n", status=404, content_type="text/plain"))
    wait = seconds_to_wait("feed", request, feed.digest, shared=False)
    if wait:
        answer = HttpResponse("Too many requests\n", status=429, content_type="text/plain")
        answer["Retry-After"] = str(wait)
        return _private(answer)
    feed.was_read(now=now)
    return _private(
        HttpResponse(feed_calendar(feed, now=now), content_type="text/calendar; charset=utf-8")
    )


@require_http_methods(["GET", "HEAD", "POST"])
def my_calendar(request: HttpRequest) -> HttpResponse:
    """The calendar address of the people this login books for."""
    return _feed_page(request, Kind.CLIENT, "bookings/my_calendar.html", "my_calendar")


@require_http_methods(["GET", "HEAD", "POST"])
def desk_calendar(request: HttpRequest) -> HttpResponse:
    """The calendar address of the sessions that a practitioner gives."""
    return _feed_page(request, Kind.STAFF, "bookings/desk_calendar.html", "desk_calendar")


def _feed_page(request: HttpRequest, kind: str, template: str, page: str) -> HttpResponse:
    """Show how the address stands; make it, make a new one or stop it, as its owner alone may."""
    if not may_have_feed(request.user, kind):
        raise PermissionDenied
    act, address, status = request.POST.get("act"), "", 200
    if act == "stop":
        close_feeds(request.user, kind)
        messages.success(request, "The address no longer works.")
        return redirect(page)
    if act == "make":
        address = _address(renew_feed(request.user, kind, now=timezone.now()))
    elif request.method == "POST":
        status = 422
    context: dict[str, Any] = {
        "feed": CalendarFeed.objects.owned_by(request.user).of_kind(kind).first(),
        "address": address,
        "webcal": address.replace("https://", "webcal://").replace("http://", "webcal://"),
        "zone": clinic_zone(),
    }
    return render(request, template, context, status=status)


def _address(token: str) -> str:
    return settings.SITE_URL + reverse("calendar_feed", args=[token + SUFFIX])


def _private(response: HttpResponse) -> HttpResponse:
    """Nobody in between keeps it, finds it or hears of its address."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
