"""The day on which somebody looks at the demo: it is under way, whatever weekday and hour it is."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bookings.models import Appointment, Client
from bookings.wall_clock import moment
from practitioners.models import ExtraHours, Practitioner, Room, Service
from treatment_plans import plans
from treatment_plans.models import PlanAgreement
from treatment_plans.visits import link, plan_for

LATE_BY = timedelta(minutes=15)
APART = timedelta(minutes=75)
OPENS, CLOSES = time(9), time(17, 30)
# how many sessions before or after the one that should have begun, and how each stands
DAY = ((-2, "completed"), (-1, "no_show"), (0, "arrived"), (1, "booked"), (2, "booked"))


def load(clients: list[Client], person: Practitioner, service: Service, *, now: datetime) -> None:
    """Give one specialist a day with a no-show, a late arrival and sessions to come."""
    place = person.availability.select_related("location")[0].location
    today = now.astimezone(place.zone).date()
    if not person.availability.filter(weekday=today.isoweekday()).exists():
        ExtraHours.objects.create(
            practitioner=person, location=place, on=today, starts_at=OPENS, ends_at=CLOSES
        )
    should_have_begun = max(_rounded(now) - LATE_BY, moment(today, time(0), place.zone))
    room = Room.objects.filter(location=place).first()
    for client, (turn, status) in zip(clients, DAY, strict=False):
        at = should_have_begun + turn * APART
        end = at + service.length
        Appointment.objects.create(
            practitioner=person, location=place, room=room, service=service, client=client,
            starts_at=at, ends_at=end, busy=(at, end + timedelta(minutes=service.turnover_after)),
            status=status, price=service.price, booked_at=at - timedelta(days=9),
            arrived_at=now - timedelta(minutes=2) if status == "arrived" else None,
            completed_at=end if status == "completed" else None,
        )  # fmt: skip


def join_plans(*, now: datetime) -> None:
    """Count what is to come with whoever treats them for a plan that they have agreed to."""
    coming = Appointment.objects.filter(
        status__in=("booked", "arrived"), plan_visit=None, client__isnull=False
    )
    for visit in coming.with_details().order_by("starts_at"):
        plan = plan_for(visit, now=now)
        if plan is None or plan.practitioner_id != visit.practitioner_id:
            continue
        if PlanAgreement.objects.filter(version__plan=plan).exists():
            link(plan, visit, now=now)
            plans.follow_visit(plan, "booked", now=now)


def _rounded(now: datetime) -> datetime:
    return now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
