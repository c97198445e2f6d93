"""Who comes next in the demo, asked beforehand; and what was said after sessions, both ways."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from bookings.models import Appointment, Client
from bookings.wall_clock import moment
from practitioners.models import Practitioner, Room, Service
from treatment_plans import plans, scores
from treatment_plans.models import (
    Aftercare,
    CheckIn,
    OutcomeMeasure,
    PlanAgreement,
    PlanPhase,
    TreatmentPlan,
)
from treatment_plans.visits import link

DAY = timedelta(days=1)
AHEAD = 2 * DAY
AT = time(16, 15)  # after the last of those who come every other day
ASKED = ("nprs", "psfs", "stress-nrs")
ADVICE = (
    "Turn your head slowly to each side, ten times, twice a day.\n"
    "Warmth for fifteen minutes in the evening is fine. Some soreness for two days is common."
)


def load(client: Client, person: Practitioner, service: Service, *, by: Any, now: datetime) -> None:
    """Give somebody a plan with its first session booked and questions open; advise somebody else."""
    place = person.availability.select_related("location")[0].location
    day = now.astimezone(place.zone).date() + AHEAD
    while not person.availability.filter(weekday=day.isoweekday()).exists():
        day += DAY
    plan = plans.save(
        TreatmentPlan(
            client=client, practitioner=person, service=service, location=place, start_on=day
        ),
        phases=[PlanPhase(rate_kind="per_week", rate_value=1, session_count=6)],
        goals=[], techniques=person.techniques.order_by("slug")[:2], regions=[], by=by, now=now,
    )  # fmt: skip
    PlanAgreement.objects.create(
        version=plan.versions.get(), user=by, name=client.name, way="desk", agreed_at=now
    )
    plans.activate(plan, by=by, now=now)
    measures = OutcomeMeasure.objects.filter(slug__in=ASKED)
    scores.choose_measures(
        plan, {one: one.occasions for one in measures}, activities={1: "Carry my shopping home"}
    )
    at = moment(day, AT, place.zone)
    end = at + service.length
    visit = Appointment.objects.create(
        practitioner=person, location=place, room=Room.objects.filter(location=place).first(),
        service=service, client=client, starts_at=at, ends_at=end,
        busy=(at, end + timedelta(minutes=service.turnover_after)), price=service.price,
        status="booked", booked_at=now,
    )  # fmt: skip
    link(plan, visit, now=now)
    plans.follow_visit(plan, "booked", now=now)


def look_back(client: Client, *, by: Any) -> None:
    """What somebody said after their first session, and advice after their last."""
    visits = Appointment.objects.filter(client=client, status="completed").order_by("starts_at")
    first, last = visits.first(), visits.last()
    if first is None or last is None:
        return
    CheckIn.objects.create(
        plan=first.plan_visit.plan, appointment=first, feeling=CheckIn.Feeling.BETTER,
        words="Sore for a day, then looser than for weeks.", answered_at=first.ends_at + 2 * DAY,
    )  # fmt: skip
    Aftercare.objects.create(appointment=last, text=ADVICE, written_at=last.ends_at, written_by=by)
