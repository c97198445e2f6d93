"""One view per limit: what it must do, with raw SQL, and nothing else."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import login_not_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from bench import limits
from bookings.availability import free_starts
from practitioners.facts import facts


@login_not_required
def hello(request: HttpRequest) -> HttpResponse:
    """Nothing at all."""
    return HttpResponse("hello")


def book(request: HttpRequest) -> HttpResponse:
    """Somebody who is signed in books: one guarded insert with its triggers, one message, a redirect."""
    asked = request.POST
    keys = [int(asked[name]) for name in ("practitioner", "room", "client", "location", "service")]
    with transaction.atomic(), connection.cursor() as cursor:
        found = limits.execute(
            cursor, "book", *keys, datetime.fromisoformat(asked["start"])
        ).fetchone()
        if found is None:
            return HttpResponse("taken", status=409)
        limits.execute(cursor, "tell", found[0], keys[2])
    return redirect("/floor/hello/")


@login_not_required
def slots(request: HttpRequest) -> HttpResponse:
    """The free starts of some people as JSON: seconds since 1970."""
    people, days = int(request.GET["people"]), int(request.GET["days"])
    with connection.cursor() as cursor:
        asked = (list(range(1, people + 1)), timezone.now().date(), days, 60, 15, 10)
        rows = limits.execute(cursor, "free_slots_packed", *asked).fetchall()
    return JsonResponse(dict(rows))


@login_not_required
def our_slots(request: HttpRequest) -> HttpResponse:
    """The same by the function that every page of ours asks."""
    people, days = int(request.GET["people"]), int(request.GET["days"])
    now, (service,) = timezone.now(), facts().services
    found = free_starts(
        service, first_day=now.date(), days=days, now=now, practitioners=range(1, people + 1)
    )
    return JsonResponse({row.practitioner_id: row.at for row in found})


@login_not_required
def page(request: HttpRequest, rows: int) -> HttpResponse:
    """A list of so many rows by one query and a plain template."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, slug, title, about FROM practitioners_practitioner ORDER BY name LIMIT %s",
            [rows],
        )
        names = ("name", "slug", "title", "about")
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return render(request, "floor/page.html", {"rows": found})
