"""Desk pages that know only calendar and contact data."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from bookings import calendar
from bookings.errors import BookingError
from bookings.models import Appointment, Client

PAGE = 50
LONGEST_SEARCH = 60


@require_safe
def desk_clients(request: HttpRequest) -> HttpResponse:
    """Find a client by name, e-mail or phone."""
    if not request.user.works_here:
        raise PermissionDenied
    asked = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    found = Client.objects.visible_to(request.user).matching(asked)
    page = Paginator(found.order_by("name", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "bookings/desk_clients.html", {"page": page, "asked": asked})


@require_POST
def desk_visit_mark(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Mark a visit arrived, in session, done or no-show, or take that back."""
    if not request.user.works_here:
        raise PermissionDenied
    visits = Appointment.objects.visible_to(request.user)
    visit = get_object_or_404(visits, public_id=public_id)
    status = request.POST.get("status", "")
    try:
        calendar.mark(visit, status, by=request.user, now=timezone.now())
    except BookingError as refusal:
        messages.warning(request, refusal.sentence)
    way_back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(way_back, allowed_hosts=None):
        way_back = "/desk/"
    return redirect(way_back)
