"""What is asked of an entry that was joined into another: it is done for the one that counts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from bookings.models import Client

REFUSED = "Nothing was booked or saved: this entry was joined into another."


def way_to_the_one_that_counts(
    request: HttpRequest, client: Client, name: str, *args: str
) -> HttpResponse | None:
    """For a joined entry the same page of the one that counts: looking leads there, a press is refused.

    None for an entry that counts. A time that was chosen goes along.
    """
    kept = client.that_counts
    if kept == client:
        return None
    query = request.GET.copy()
    if request.POST.get("start"):
        query["at"] = request.POST["start"]
    path = reverse(name, args=[kept.public_id, *args])
    way_on = f"{path}?{query.urlencode()}" if query else path
    if request.method != "POST":
        messages.info(
            request, f"{client.name} was joined into {kept.name}: this is for {kept.name}."
        )
        return redirect(way_on)
    context = {"client": client, "kept": kept, "way_on": way_on, "problems": [(REFUSED, "")]}
    return render(request, "bookings/desk_joined.html", context, status=409)
