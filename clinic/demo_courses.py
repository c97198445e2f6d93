"""What the demo clinic has done in three months: enough courses to count results from."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bookings.models import Appointment, Client, Message
from treatment_plans import plans, recall, reviews, scores
from treatment_plans.models import (
    OutcomeMeasure,
    OutcomeScore,
    PlanAgreement,
    PlanPhase,
    TreatmentPlan,
)
from treatment_plans.visits import link

SEED = 20260908
LEAST_VISITS = 3
MOST = 24
EVERY = timedelta(days=14)
WAITING = timedelta(days=9)
REMINDED = (("due_soon", timedelta(days=7)), ("overdue", timedelta(days=22)))  # after a session


def load(clients: Sequence[Client], *, by: Any, now: datetime) -> None:
    """Turn what clients have come for again and again into plans, and open the reviews that are due."""
    chance = random.Random(SEED)  # noqa: S311  the same clinic every time
    found = itertools.islice(_courses(clients, now=now), MOST)
    for visits in found:
        _plan(visits, chance, by=by, now=now)
    reviews.sweep(now=now)


def _courses(clients: Sequence[Client], *, now: datetime) -> Any:
    """For each client without a plan: their finished medical visits with one practitioner."""
    for client in clients:
        if client.plans.exists():
            continue
        done = Appointment.objects.filter(
            client=client, status="completed", service__kind="medical", ends_at__lt=now
        ).with_details()
        by_person: dict[int, list[Appointment]] = {}
        for visit in done.order_by("starts_at"):
            by_person.setdefault(visit.practitioner_id, []).append(visit)
        most = max(by_person.values(), key=len, default=[])
        if len(most) >= LEAST_VISITS:
            yield most


def _plan(visits: list[Appointment], chance: random.Random, *, by: Any, now: datetime) -> None:
    first, person = visits[0], visits[0].practitioner
    begun = first.starts_at - timedelta(hours=1)
    plan = plans.save(
        TreatmentPlan(
            client=first.client, practitioner=person, service=first.service,
            location=first.location, start_on=begun.astimezone(first.zone).date(),
            condition=person.focus_areas.order_by("slug").first(),
        ),
        phases=[PlanPhase(rate_kind="every_n_weeks", rate_value=2, session_count=8)],
        goals=[], techniques=person.techniques.order_by("slug")[:2], regions=[], by=by, now=begun,
    )  # fmt: skip
    PlanAgreement.objects.create(
        version=plan.versions.get(), user=by, name=plan.client.name, way="desk", agreed_at=begun
    )
    plans.activate(plan, by=by, now=begun)
    pain = OutcomeMeasure.objects.get(slug="nprs")
    scores.choose_measures(plan, {pain: pain.occasions}, activities={})
    level = chance.randrange(5, 9)
    for number, visit in enumerate(visits):
        link(plan, visit, now=now)
        _score(plan, visit, level, occasion="session" if number else "baseline", by=by)
        level = max(1, level - chance.choice((0, 0, 1, 1, 2)))
    if now - visits[-1].starts_at > 3 * EVERY and chance.random() < 0.5:
        plans.end(plan, "cancelled", by=by, now=now, reason="Did not come back")
    recall.refresh(plan, now=now)
    _miss(plan, visits, now=now)
    _remind(plan, visits)
    _look_again(plan, by=by, now=now)


def _miss(plan: TreatmentPlan, visits: list[Appointment], *, now: datetime) -> None:
    """What they did not come to between the first session and now was of the plan, too."""
    missed = Appointment.objects.filter(
        client=plan.client,
        practitioner=plan.practitioner,
        service__kind="medical",
        status__in=("no_show", "cancelled"),
        starts_at__range=(visits[0].starts_at, now),
    )
    for visit in missed.with_details():
        link(plan, visit, now=now)


def _remind(plan: TreatmentPlan, visits: list[Appointment]) -> None:
    """Whoever had not booked again by then had been reminded."""
    Message.objects.bulk_create(
        Message(
            source_type="treatment_plan", source_id=str(plan.pk), kind=kind,
            occurrence=f"visit:{visit.pk}", recipient=f"client:{plan.client_id}", client=plan.client,
            lane=Message.Lane.FOLLOW_UP, state=Message.State.SENT, attempts=1, via="email",
            sent_to=plan.client.email, send_after=at, sent_at=at, sending_at=at,
        )
        for visit, following in itertools.pairwise(visits)
        for kind, later in REMINDED
        if (at := visit.starts_at + later) < (following.booked_at or following.starts_at)
    )  # fmt: skip


def _look_again(plan: TreatmentPlan, *, by: Any, now: datetime) -> None:
    """Reviews that fell due long ago have been decided; the newest may still wait."""
    while plan.next_review_at and plan.next_review_at < now - WAITING:
        at = plan.next_review_at
        review = reviews.open_review(plan, now=at)
        reviews.decide(
            review, "continue", by=by, now=at, reasoning="Settling, no adverse effect.",
            shared_summary="We looked at your scores together and go on as planned.",
        )  # fmt: skip
        plan.refresh_from_db()


def _score(plan: TreatmentPlan, visit: Appointment, level: int, *, occasion: str, by: Any) -> None:
    asked = [one for one in scores.questions_of(plan, occasion) if one.part == "now"]
    scores.record(
        plan,
        [(one, Decimal(level)) for one in asked],
        occasion=occasion,
        taken_on=visit.local_day,
        entered_by=OutcomeScore.EnteredBy.PRACTITIONER,
        user=by,
        appointment=visit,
        now=visit.ends_at,
    )
