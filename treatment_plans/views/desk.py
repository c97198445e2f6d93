"""A client's page at the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.acting import acted_for_by, who_acts_for
from bookings.clients import likely_same
from bookings.messages.reminding import say_reminders
from bookings.models import Appointment, Client, ClientMerge
from bookings.views.my import MOST_TO_COME, PAST_SHOWN
from bookings.wall_clock import DAY, day_of
from treatment_plans.access import record_opened
from treatment_plans.models import Assessment, TreatmentPlan

Status = Appointment.Status


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
    may_write = sees_record and request.user.is_practitioner
    context = {
        "client": client,
        "acting": who_acts_for(client),
        "acted_for": acted_for_by(client, seen_by=request.user)[:20],
        "wishes": say_reminders(client),
        "is_held": TreatmentPlan.objects.holds_back(client),
        "no_shows": visits.no_shows().count(),
        "likely": likely_same(client)[:5] if _may_compare(request, client) else [],
        "merges": ClientMerge.objects.of(client)[:10] if request.user.is_desk_staff else [],
        "upcoming": visits.upcoming(now=now)[:MOST_TO_COME],
        "past": Paginator(visits.past(now=now), PAST_SHOWN).get_page(request.GET.get("page")),
        "sees_record": sees_record,
        "may_write": may_write,
        "to_assess": _to_assess(visits, now=now) if may_write else None,
        "assessments": Assessment.objects.visible_to(request.user).filter(client=client)[:20],
        "plans": TreatmentPlan.objects.visible_to(request.user)
        .filter(client=client)
        .select_related("practitioner")[:20],
        "to_date": [] if sees_record else _to_date(request, client),
    }
    return render(request, "treatment_plans/desk_client.html", context)


def _to_date(request: HttpRequest, client: Client) -> list[TreatmentPlan]:
    """The running plans whose dates may be booked by who reads nothing else of them. One query."""
    plans = TreatmentPlan.objects.dates_open_to(request.user).filter(client=client)
    return list(plans.filter(status=TreatmentPlan.Status.ACTIVE).select_related("practitioner")[:5])


def _to_assess(visits: Any, *, now: datetime) -> Appointment | None:
    """The visit that an assessment begun now is of: who is here, else today's, else the next. Two queries.

    Today's come before one that began yesterday and was perhaps only never ended.
    """
    near = list(visits.standing().between(now - DAY, now + DAY))
    todays = [one for one in near if one.local_day == day_of(now, one.zone)]
    for some in (_here(todays), todays, _here(near)):
        if some:
            return some[0]
    return visits.upcoming(now=now).first()


def _here(visits: list[Appointment]) -> list[Appointment]:
    return [one for one in visits if one.status in (Status.ARRIVED, Status.STARTED)]


def _may_compare(request: HttpRequest, client: Client) -> bool:
    return bool(request.user.is_desk_staff and client.merged_into_id is None)
