"""The specialists that visitors can find, and the page of each."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.directory import every_place, listed, matching, next_times, shown
from bookings.directory_forms import FIRST, DirectoryForm
from bookings.opening import open_days
from bookings.picking import spread
from practitioners.models import ClinicSettings, Location, Service, Technique

PAGE = 20


@login_not_required
@require_safe
def specialists(request: HttpRequest) -> HttpResponse:
    """List who fits the filters, each with the next free time."""
    now = timezone.now()
    clinic, places = ClinicSettings.current(), every_place()
    form = DirectoryForm(request.GET, places=places)
    wanted = form.wanted()
    found = matching(shown(now=now), wanted, now=now)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "site": clinic,
        "form": form,
        "wanted": wanted,
        "has_more": bool(set(wanted) - set(FIRST)),
        "page": page,
        "query": query.urlencode(),
        "rows": listed(page.object_list, now=now, places=places, clinic=clinic),
        "count": page.paginator.count,
    }
    return render(request, "bookings/specialists.html", context)


@login_not_required
@require_safe
def specialist(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one specialist with credentials, services and the next six times."""
    now = timezone.now()
    person = get_object_or_404(shown(now=now), slug=slug)
    services = Service.objects.published().filter(practitioners=person).distinct()
    worked_at = Location.objects.worked_at_by(person).prefetch_related("opening_hours")
    places = {place.pk: place for place in worked_at}
    service, slots = next_times(person, list(services), now=now)
    times = [
        {"slot": slot, "service": service, "location": places[slot.location_id]}
        for slot in spread(slots, {pk: place.zone for pk, place in places.items()})
    ]
    context = {
        "person": person,
        "services": services,
        "times": times,
        "places": [(place, open_days(place.opening_hours.all())) for place in places.values()],
        "techniques": Technique.objects.published().filter(practitioners=person),
    }
    return render(request, "bookings/specialist.html", context)
