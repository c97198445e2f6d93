"""A plan as it stood at a moment that is over, as far as that was written down.

What was recommended comes from the versions, visits and messages from the moments they
carry, wishes and addresses from the history that the database keeps. What nobody wrote
down (a visit marked as missed, a closure entered since) is taken as it is today.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Coalesce

from bookings.consents import wishes_at
from bookings.messages.routes import route
from bookings.models import Appointment, Client, Message
from treatment_plans.models import PlanVersion, TreatmentPlan
from treatment_plans.schedule import KINDS, Facts, History, Pause, Phase

Status = Appointment.Status
SOURCE = "treatment_plan"


def version_at(plan: TreatmentPlan, at: datetime) -> PlanVersion | None:
    """The version that held at a moment; none before the plan was written."""
    return plan.versions.filter(made_at__lte=at).order_by("-number").first()


def facts_at(plan: TreatmentPlan, version: PlanVersion, at: datetime) -> Facts:
    """The plan as it stood: two queries."""
    said = version.content
    zone = plan.location.zone
    started = plan.activated_on
    return Facts(
        status=said["status"],
        start_on=date.fromisoformat(said["start_on"]),
        phases=tuple(_phase(row) for row in said["phases"]),
        pauses=tuple(
            Pause(date.fromisoformat(first), date.fromisoformat(last))
            for first, last, *_ in said["pauses"]
        ),
        completed_on=tuple(row.starts_at.astimezone(zone).date() for row in _completed(plan, at)),
        activated_on=started if started and started <= at.astimezone(zone).date() else None,
        review_after_sessions=said["review_after_sessions"],
        review_after_weeks=said["review_after_weeks"],
    )


def _phase(row: dict[str, Any]) -> Phase:
    return Phase(
        rate_kind=row["rate_kind"],
        rate_value=row["rate_value"],
        session_count=row["session_count"],
        session_minutes=row["session_minutes"],
        label=row["label"],
    )


def _completed(plan: TreatmentPlan, at: datetime) -> list[Appointment]:
    """Visits of the plan that had been marked as done by then."""
    done_at = Coalesce("completed_at", "ends_at")
    visits = Appointment.objects.filter(plan_visit__plan=plan, status=Status.COMPLETED)
    return list(visits.alias(done_at=done_at).filter(done_at__lte=at).order_by("starts_at"))


def history_at(plan: TreatmentPlan, version: PlanVersion, at: datetime) -> History:
    """What had happened around the plan by then. Seven queries."""
    client, wishes = client_at(plan.client, at), wishes_at(plan.client, at)
    zone = plan.location.zone
    went_at = Coalesce("sent_at", "sending_at")
    gone = Message.objects.filter(client=plan.client, kind__in=KINDS)
    gone = gone.filter(state__in=Message.GONE_STATES).alias(went_at=went_at)
    gone = gone.filter(went_at__lte=at)
    done = _completed(plan, at)
    cycle = f"visit:{done[-1].pk}" if done else "start"
    way = route(client, "due_soon", wishes=wishes)
    return History(
        booked_on=tuple(row.starts_at.astimezone(zone).date() for row in _booked(plan, at)),
        sent=dict(
            gone.about(SOURCE, plan.pk).filter(occurrence=cycle).values_list("kind", went_at)  # type: ignore[attr-defined]
        ),
        last_follow_up_at=gone.order_by("-went_at").values_list(went_at, flat=True).first(),
        is_deceased=client.is_deceased,
        has_opted_out=way.code == "client_opted_out",
        has_consented_channel=bool(way.address),
        has_clinical_hold=bool(version.content.get("hold_reason")),
        zone=ZoneInfo(client.time_zone) if client.time_zone else None,
    )


def _booked(plan: TreatmentPlan, at: datetime) -> list[Appointment]:
    """Visits of the plan that stood in the calendar at the moment and were still to come."""
    stood = Q(cancelled_at=None) | Q(cancelled_at__gt=at)
    made_at = Coalesce("booked_at", "created_at")
    visits = Appointment.objects.filter(stood, plan_visit__plan=plan, ends_at__gt=at)
    visits = visits.exclude(status=Status.HELD).alias(made_at=made_at).filter(made_at__lte=at)
    return list(visits.order_by("starts_at"))


def client_at(client: Client, at: datetime) -> Client:
    """How somebody could be reached then; as they are now where nothing older is known."""
    row = client.events.filter(pgh_created_at__lte=at).order_by("-pgh_id").first()  # type: ignore[attr-defined]
    if row is None:
        return client
    fields = (
        "email", "bounced_email", "phone", "bounced_phone", "preferred_channel", "time_zone",
        "is_deceased", "name",
    )  # fmt: skip
    return Client(pk=client.pk, **{name: getattr(row, name) for name in fields})
