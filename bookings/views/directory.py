"""The specialists that visitors can find, and the page of each."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.availability import next_free
from bookings.directory import every_place, listed, matching, shown
from bookings.directory_forms import DirectoryForm
from practitioners.models import ClinicSettings, Location, Service, Technique

PAGE = 20
TIMES_ON_PROFILE = 6


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
    free = next_free(None, practitioners=[person.pk], now=now, count=TIMES_ON_PROFILE)
    services = Service.objects.published().filter(practitioners=person).distinct()
    by_pk = {service.pk: service for service in services}
    places = {place.pk: place for place in Location.objects.worked_at_by(person)}
    times = [
        {"slot": slot, "service": by_pk[slot.service_id], "location": places[slot.location_id]}
        for slot in free.get(person.pk, [])
        if slot.service_id in by_pk and slot.location_id in places
    ]
    context = {
        "person": person,
        "services": services,
        "times": times,
        "gives_several": len({time["service"] for time in times}) > 1,
        "places": places.values(),
        "techniques": Technique.objects.published().filter(practitioners=person),
    }
    return render(request, "bookings/specialist.html", context)
