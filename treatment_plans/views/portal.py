"""The client's own page: their sessions, and a card for each plan that runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.views.my import sessions_of
from treatment_plans.models import Aftercare, Letter
from treatment_plans.portal import cards

NEWEST_ADVICE = NEWEST_LETTERS = 3


@require_safe
def my_sessions(request: HttpRequest) -> HttpResponse:
    """Sessions of everybody this login books for; plans of those whose record it reads."""
    now = timezone.now()
    context = {
        **sessions_of(request, now=now),
        "cards": cards(request.user, now=now),
        "advice": Aftercare.objects.own_of(request.user)[:NEWEST_ADVICE],
        "letters": Letter.objects.own_of(request.user)[:NEWEST_LETTERS],
    }
    return render(request, "treatment_plans/my_sessions.html", context)
