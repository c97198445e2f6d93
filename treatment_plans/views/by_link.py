"""A link of a mail to something of one's own record: whoever has signed in proves that it is theirs."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from bookings.clients import take_over
from bookings.models import Client


def is_theirs(own: QuerySet[Any], client: Client, user: Any) -> bool:
    """Tell whether it is among what this login may read.

    The link alone shows nothing. Together with a sign-in by the address that it was
    mailed to it opens the record of a client whom the desk has entered.
    """
    if not own.exists():
        take_over(client, user, now=timezone.now())
    return own.exists()


def not_yours(request: HttpRequest) -> HttpResponse:
    """A wrong link, or somebody else's: nothing tells which."""
    context = {"hide_book_button": True}
    return render(request, "treatment_plans/plan_link_wrong.html", context, status=404)
