"""Why did she (not) get a message? A page for any client and any moment."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.messages.reminding import say_reminders
from bookings.models import Client, Message
from bookings.times import BadTime, local_moment, read_clock, read_day
from practitioners.clocks import clinic_zone
from treatment_plans.ledger import own_reminders, sessions_of
from treatment_plans.why import explain

SHOWN = 50
ASKED = ("day", "time")


@require_safe
def desk_client_messages(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the rules say for each plan at a moment, and every message there has been."""
    if not request.user.works_here:
        raise PermissionDenied
    client = get_object_or_404(Client.objects.visible_to(request.user), public_id=public_id)
    now, zone = timezone.now(), clinic_zone()
    at, problems = _moment(request, now, zone)
    shown = at.astimezone(zone)
    rows = Message.objects.shown_to(request.user, client)
    page = Paginator(rows, SHOWN).get_page(request.GET.get("page"))
    context = {
        "client": client,
        "wishes": say_reminders(client),
        "answers": explain(client, at=at, now=now),
        "own_reminders": own_reminders(client, at=at),
        "page": page,
        "sessions": sessions_of(page.object_list),
        "query": urlencode({name: request.GET[name] for name in ASKED if name in request.GET}),
        "at": at,
        "zone": zone,
        "is_past": at < now,
        "this_moment": now,
        "day": request.GET.get("day", "") if problems else f"{shown:%d/%m/%Y}",
        "time": request.GET.get("time", "") if problems else f"{shown:%H:%M}",
        "problems": problems,
    }
    status = 422 if problems else 200
    return render(request, "treatment_plans/desk_client_messages.html", context, status=status)


def _moment(
    request: HttpRequest, now: datetime, zone: ZoneInfo
) -> tuple[datetime, list[tuple[str, str]]]:
    """The moment that was asked about, now if none, and what is wrong with what was typed."""
    day, clock = request.GET.get("day", ""), request.GET.get("time", "")
    if not day and not clock:
        return now, []
    place = "day"
    try:
        date = read_day(day) if day else now.astimezone(zone).date()
        place = "time"
        time = read_clock(clock) if clock else now.astimezone(zone).time()
        return local_moment(date, time, zone, which="first"), []
    except BadTime as problem:
        return now, [(problem.sentence, "day" if problem.code == "year" else place)]
