"""Whether messages go out: for monitors, and for the people who run the clinic."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.messages import health


@never_cache
@login_not_required
@require_safe
def messages_health(request: HttpRequest) -> HttpResponse:
    """Green with 200, red with 503, as a page or as JSON; no figure is about a person.

    A page of its own beside /health/: a mail relay that is away must not take the site's
    processes out of the balancer.
    """
    found = health.figures(now=timezone.now())
    is_red = health.is_red(found)
    status = 503 if is_red else 200
    if request.GET.get("format") == "json" or not request.accepts("text/html"):
        checks = {one.name: {"words": one.words, "red": one.is_red} for one in found}
        return JsonResponse(
            {"status": "red" if is_red else "green", "checks": checks}, status=status
        )
    context = {"figures": found, "is_red": is_red, "hide_book_button": True}
    return render(request, "clinic/messages_health.html", context, status=status)


@require_safe
def desk_messages(request: HttpRequest) -> HttpResponse:
    """The same for the desk, with a week's traffic and where to mend things."""
    if not request.user.is_desk_staff:
        raise PermissionDenied
    now = timezone.now()
    found = health.figures(now=now)
    context = {
        "figures": found,
        "is_red": health.is_red(found),
        "traffic": health.traffic(now=now),
        "may_write": request.user.is_clinic_admin or request.user.is_clinical_lead,
    }
    return render(request, "clinic/desk_messages.html", context)
