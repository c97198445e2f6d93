"""The demo's plans: one in every state, each with what was found and the sessions that were had."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from bookings.models import Appointment, Client
from bookings.wall_clock import moment
from clinic.models import User
from practitioners.models import BodyRegion, Practitioner, Service
from treatment_plans import plans, recall
from treatment_plans.models import (
    Assessment,
    BodyMark,
    Goal,
    HomeCareItem,
    PlanAgreement,
    PlanPhase,
    TreatmentPlan,
)
from treatment_plans.visits import link

OPENED = time(9)
NOT_AGREED = "Ben Fictional"  # has a plan that waits for a yes
HOME_CARE = (
    ("Chin tucks", "Sit tall and draw the chin straight back.", "10 slow times, twice a day"),
    (
        "Doorway stretch",
        "Rest both forearms on the frame of a door and lean forward until the chest stretches.",
        "3 times 30 seconds, twice a day",
    ),
    ("Walk", "At a pace at which you can still talk.", "20 minutes on most days"),
    ("Warm pack", "Warm, never hot, with a cloth between.", "15 minutes in the evening"),
)


def load(
    clients: list[Client], dana: Practitioner, service: Service, by: User, *, now: datetime
) -> None:
    """Plans in every state, among them one at session 4 of 6 and one overdue."""
    today, place = now.date(), dana.availability.all()[0].location
    library = [HomeCareItem(name=name, how=how, dose=dose) for name, how, dose in HOME_CARE]
    HomeCareItem.objects.bulk_create(library)
    shapes = (
        ("active", 4, 8, [("per_week", 2, 6), ("per_week", 1, 4)]),
        ("active", 1, 14, [("per_week", 1, 8)]),
        ("active", 2, 40, [("per_week", 1, 8)]),
        ("draft", 0, 1, [("per_week", 1, 6)]),
        ("completed", 3, 3, [("per_week", 1, 3)]),
        ("discharged", 2, 20, [("every_n_weeks", 2, 4)]),
        ("paused", 2, 9, [("per_week", 1, 6)]),
        ("cancelled", 1, 30, [("per_week", 1, 4)]),
    )
    for client, (status, done, since, phases) in zip(
        [clients[0], *clients[2:]], shapes, strict=False
    ):
        start = today - timedelta(days=since + done * 4)
        assessment = Assessment.objects.create(
            client=client, practitioner=dana, assessed_on=start,
            complaint="Neck aches after long days at the computer.", onset="gradual",
            pain_now=4, pain_worst=7, pain_average=5, clinical_impression="Neck pain of muscular origin.",
        )  # fmt: skip
        region = BodyRegion.objects.filter(slug="neck-back").first()
        if region:
            BodyMark.objects.create(assessment=assessment, region=region, side="right", intensity=5)
        begun = min(moment(start, OPENED, place.zone), now)
        plan = plans.save(
            TreatmentPlan(
                client=client, practitioner=dana, assessment=assessment, service=service,
                location=place, start_on=start, home_care=library[0].said,
            ),
            phases=[PlanPhase(rate_kind=kind, rate_value=value, session_count=count) for kind, value, count in phases],
            goals=[Goal(sentence="Drive to work without turning the whole body", measure="Pain 0 to 10", baseline=7, target=3)],
            techniques=[], regions=[], by=by, now=begun,
        )  # fmt: skip
        if status != "draft":
            _start(plan, by=by, now=now if client.name == NOT_AGREED else begun)
        _attend(plan, done, now=now)
        _bring_to(plan, status, by=by, now=now)


def _attend(plan: TreatmentPlan, sessions: int, *, now: datetime) -> None:
    """The sessions that were had, every fourth day; before a draft there was only the assessment."""
    for number in range(sessions):
        stored = _visit_on(plan, plan.start_on + timedelta(days=number * 4))
        if stored:
            link(plan, stored, now=now)
    if not sessions:
        _visit_on(plan, plan.start_on)


def _visit_on(plan: TreatmentPlan, day: date) -> Appointment | None:
    """A visit that took place; none when somebody else had that time."""
    service = plan.service
    at = datetime.combine(day, time(17, 45), tzinfo=plan.location.zone)
    visit = Appointment(
        practitioner=plan.practitioner, location=plan.location, service=service, client=plan.client,
        starts_at=at, ends_at=at + service.length, busy=(at, at + service.length),
        status="completed", price=service.price, completed_at=at + service.length,
    )  # fmt: skip
    Appointment.objects.bulk_create([visit], ignore_conflicts=True)
    return Appointment.objects.filter(public_id=visit.public_id).first()


def _start(plan: TreatmentPlan, *, by: Any, now: datetime) -> None:
    """Start it on its first day, with the client's yes or without."""
    if plan.client.name != NOT_AGREED:
        PlanAgreement.objects.create(
            version=plan.versions.get(), user=by, name=plan.client.name, way="desk", agreed_at=now
        )
    plans.activate(plan, by=by, now=now)


def _bring_to(plan: TreatmentPlan, status: str, *, by: Any, now: datetime) -> None:
    if status in ("discharged", "cancelled"):
        plans.end(plan, status, by=by, now=now, reason="Moved to another town")
    if status == "paused":
        plans.rest(plan, by=by, now=now, reason="Away for work until spring")
    recall.refresh(plan, now=now)
