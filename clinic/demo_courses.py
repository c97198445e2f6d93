"""What the demo clinic has done in three months: enough courses to count results from."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bookings.models import Appointment, Client
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
    _look_again(plan, by=by, now=now)


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
