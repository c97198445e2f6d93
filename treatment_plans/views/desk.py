"""The day at the desk, and a client's page."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.models import Appointment, Client, Task
from bookings.times import BadTime, read_day
from practitioners.models import Location
from treatment_plans.access import record_opened
from treatment_plans.models import Assessment, TreatmentPlan

NEXT_ACTIONS = {
    "booked": [("arrived", "Arrived"), ("no_show", "No-show")],
    "arrived": [("completed", "Done"), ("booked", "Not arrived")],
    "started": [("completed", "Done")],
    "completed": [("arrived", "Not done")],
    "no_show": [("booked", "Take back")],
}


@require_safe
def desk_day(request: HttpRequest) -> HttpResponse:
    """The day as a table: practitioners see theirs, the desk everybody's."""
    if not request.user.works_here:
        raise PermissionDenied
    location = Location.objects.active().first()
    zone = location.zone if location else timezone.get_default_timezone()
    now = timezone.now()
    today = now.astimezone(zone).date()
    try:
        day = read_day(request.GET["day"]) if request.GET.get("day") else today
    except BadTime:
        day = today
    visits = Appointment.objects.visible_to(request.user).select_related(
        "practitioner", "service", "client", "location", "assessment"
    )
    if request.user.is_practitioner and not request.GET.get("all"):
        visits = visits.filter(practitioner=request.user.practitioner)
    start = datetime.combine(day, time(0), tzinfo=zone)
    rows = [
        {"visit": visit, "actions": NEXT_ACTIONS.get(visit.status, []) if day <= today else []}
        for visit in visits.between(start, start + timedelta(days=1))
    ]
    after = visits.standing().filter(starts_at__gte=start + timedelta(days=1)).order_by("starts_at")
    context = {
        "day": day,
        "today": today,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "rows": rows,
        "next_visit": after.first() if not rows else None,
        "open_tasks": Task.objects.visible_to(request.user).open().count(),
        "sees_all": request.user.is_desk_staff,
    }
    return render(request, "treatment_plans/desk_day.html", context)


@require_safe
def desk_client(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Contact and visits for the desk; assessments and plans for whoever treats."""
    if not request.user.works_here:
        raise PermissionDenied
    client = get_object_or_404(Client.objects.visible_to(request.user), public_id=public_id)
    now = timezone.now()
    visits = Appointment.objects.visible_to(request.user).filter(client=client)
    visits = visits.select_related("practitioner", "service", "location")
    sees_record = Client.objects.record_open_to(request.user).filter(pk=client.pk).exists()
    if sees_record:
        record_opened(client, request.user, "client", now=now)
    context = {
        "client": client,
        "upcoming": visits.upcoming(now=now)[:20],
        "past": visits.past(now=now)[:20],
        "sees_record": sees_record,
        "may_write": sees_record and request.user.is_practitioner,
        "assessments": Assessment.objects.visible_to(request.user).filter(client=client)[:20],
        "plans": TreatmentPlan.objects.visible_to(request.user)
        .filter(client=client)
        .select_related("practitioner")[:20],
    }
    return render(request, "treatment_plans/desk_client.html", context)
