"""What a new plan can start from: the last assessment, a template, a visit that was session 1."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bookings.models import Appointment, Client
from practitioners.models import Practitioner
from treatment_plans import plans, recall, reviews, visits
from treatment_plans.models import Assessment, TreatmentPlan

MOST_GOALS = 4
MOST_EARLIER = 10
HOW_EARLY = timedelta(days=60)  # a visit longer ago is not the start of this plan
PAIN = (
    ("pain_average", "Pain on average, 0 to 10"),
    ("pain_worst", "Worst pain, 0 to 10"),
    ("pain_now", "Pain right now, 0 to 10"),
)


NPRS = "nprs"


def goals_from(assessment: Assessment | None) -> list[dict[str, Any]]:
    """The agreed goals line by line; the first is measured by the pain that was told.

    A target stays empty: it is agreed, not worked out.
    """
    if assessment is None:
        return []
    lines = [line.strip().lstrip("-* ") for line in assessment.agreed_goals.splitlines()]
    goals: list[dict[str, Any]] = [{"sentence": line[:200]} for line in lines if line]
    told = measured_in(assessment)
    if goals and told:
        goals[0] |= {"outcome": NPRS, "measure": told[0][0], "baseline": told[0][1]}
    return goals[:MOST_GOALS]


def measured_in(assessment: Assessment) -> list[tuple[str, int]]:
    """What an assessment measured that a goal can start from."""
    found = [(words, getattr(assessment, name)) for name, words in PAIN]
    return [(words, value) for words, value in found if value is not None]


def todays_visit(
    client: Client, practitioner: Practitioner, *, now: datetime
) -> Appointment | None:
    """Today's visit of a client with somebody, by its own clock, if it belongs to no plan yet."""
    today = (
        Appointment.objects.standing()
        .filter(client=client, practitioner=practitioner, plan_visit=None)
        .between(now - timedelta(days=1), now + timedelta(days=1))
        .select_related("location", "service")
    )
    return next((one for one in today if one.local_day == now.astimezone(one.zone).date()), None)


def earlier_visits(client: Client, user: Any, *, now: datetime) -> list[Appointment]:
    """Done visits of the last weeks that belong to no plan: one of them may be session 1.

    Only those that the user may see.
    """
    visits = Appointment.objects.visible_to(user).filter(
        client=client, status=Appointment.Status.COMPLETED, plan_visit=None
    )
    found = visits.between(now - HOW_EARLY, now).select_related("location", "service")
    days = [one for one in found if one.local_day < now.astimezone(one.zone).date()]
    return days[-MOST_EARLIER:]


def whose_plan(user: Any, client: Client, assessment: Assessment | None) -> Practitioner | None:
    """Whoever writes it; for the clinical lead, whoever treats the client."""
    if user.is_practitioner:
        return user.practitioner  # type: ignore[no-any-return]
    if assessment is not None:
        return assessment.practitioner
    last = client.appointments.standing().select_related("practitioner").last()
    return last.practitioner if last else None


@transaction.atomic
def save_plan(
    plan: TreatmentPlan,
    *,
    by: Any,
    now: datetime,
    first_visit: Appointment | None = None,
    starts: bool = False,
    **content: Any,
) -> TreatmentPlan:
    """Save a plan, start it if that is wanted, and count a visit as its session 1: all or nothing.

    Raises what `plans.save` and `visits.start` raise.
    """
    saved = plans.save(plan, by=by, now=now, **content)
    reviews.plan_changed(saved, by=by, now=now)
    if starts:
        saved = visits.start(saved, by=by, now=now)
    if first_visit is not None:
        visits.link(saved, first_visit, now=now)
        recall.refresh(saved, now=now)
    return saved
