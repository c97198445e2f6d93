"""The front page: what and where, and one button."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.directory import listed
from bookings.shown import next_free_of, place_card, session_line, specialist_rows
from practitioners.facts import Facts, facts_of, with_people
from practitioners.models import Practitioner
from practitioners.prepared import PreparedQuery

SHOWN = 3
ASKED = 12
PEOPLE = PreparedQuery(
    "landing_people",
    {"on": "date"},
    lambda on: Practitioner.objects.bookable(on=on).described()[:ASKED],
)
FACTS = with_people(PEOPLE)


@login_not_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Say what the clinic does and offer the next free time."""
    now = timezone.now()
    known = facts_of(FACTS, on=now.date())
    rows = listed(known.people, now=now)
    rows.sort(key=lambda row: (row.soonest is None, row.soonest and row.soonest.starts_at))
    said = known.worked_out("said", lambda: _said(known))
    context = {
        **said,
        "soonest": next_free_of(rows[0], known, now=now) if rows else None,
        "rows": specialist_rows(rows[:SHOWN], known, now=now),
        "hide_book_button": True,
    }
    return render(request, "clinic/landing.html", context)


def _said(known: Facts) -> dict[str, Any]:
    """What does not change from day to day."""
    return {
        "services": tuple(session_line(one, known.clinic) for one in known.services[:SHOWN]),
        "places": tuple(place_card(place, known) for place in known.active_places),
    }
