"""Desk pages that know only calendar and contact data."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from bookings.models import Client
from bookings.views.desk_asked import carried

PAGE = 50
LONGEST_SEARCH = 60


@require_safe
def desk_clients(request: HttpRequest) -> HttpResponse:
    """Find a client by name, e-mail or phone."""
    if not request.user.works_here:
        raise PermissionDenied
    asked = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    found = Client.objects.visible_to(request.user).current().matching(asked).with_no_shows()
    page = Paginator(found.order_by("name", "pk"), PAGE).get_page(request.GET.get("page"))
    to_book = carried(request)
    query = urlencode({**to_book, **({"q": asked} if asked else {})})
    new_path = reverse("desk_client_new")
    context = {
        "page": page,
        "asked": asked,
        "query": query,
        "new_url": f"{new_path}?{query}" if query else new_path,
        "carried": to_book,
        "to_book": f"?{urlencode(to_book)}" if to_book else "",
    }
    return render(request, "bookings/desk_clients.html", context)
