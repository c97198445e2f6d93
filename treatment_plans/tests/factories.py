"""Plans and assessments for tests."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bookings.models import Client
from practitioners.loading import lines_of
from practitioners.models import Location, Practitioner, Service
from practitioners.tests.factories import make_condition, numbers
from treatment_plans import plans
from treatment_plans.loading import MEASURES_FILE, values_of
from treatment_plans.models import (
    Assessment,
    HomeCareItem,
    OutcomeMeasure,
    PlanAgreement,
    PlanMeasure,
    PlanPhase,
    PlanTemplate,
    TemplatePhase,
    TreatmentPlan,
)


def make_assessment(client: Client, practitioner: Practitioner, **fields: Any) -> Assessment:
    defaults = {"assessed_on": date(2026, 9, 7), "complaint": "My neck hurts when I turn."}
    return Assessment.objects.create(
        client=client, practitioner=practitioner, **{**defaults, **fields}
    )


def make_plan(
    client: Client,
    practitioner: Practitioner,
    service: Service,
    location: Location,
    *,
    by: Any,
    now: datetime,
    phases: tuple[tuple[str, int, int | None], ...] = (("per_week", 1, 8),),
    is_active: bool = True,
    is_agreed: bool = True,
    **fields: Any,
) -> TreatmentPlan:
    """Make a plan as the desk does, with its first version; agreed to beforehand, and started."""
    plan = plans.save(
        TreatmentPlan(
            client=client, practitioner=practitioner, service=service, location=location,
            **{"start_on": now.date(), **fields},
        ),
        phases=[
            PlanPhase(rate_kind=kind, rate_value=value, session_count=count)
            for kind, value, count in phases
        ],
        goals=[], techniques=[], regions=[], by=by, now=now,
    )  # fmt: skip
    if is_agreed:
        PlanAgreement.objects.create(
            version=plan.versions.get(), user=by, name=client.name, way="desk", agreed_at=now
        )
    return plans.activate(plan, by=by, now=now) if is_active else plan


def make_home_care(**fields: Any) -> HomeCareItem:
    """Make something to do at home, of a name of its own."""
    defaults = {
        "name": f"Stretch {next(numbers)}",
        "how": "Stand in a doorway and lean forward",
        "dose": "3 times 30 seconds, twice a day",
    }
    return HomeCareItem.objects.create(**{**defaults, **fields})


def make_template(**fields: Any) -> PlanTemplate:
    """Make a template: 60 minutes, twice a week, eight times, for a condition of its own."""
    number = next(numbers)
    defaults = {
        "slug": f"template-{number}",
        "name": "60 minutes, 2 times a week",
        "condition": fields.pop("condition", None) or make_condition(),
        "source": "Example 2014",
        "dose": "60 minutes twice a week.",
        "finding": "Better at 5 weeks.",
        "limits": "No promise of a result.",
        "review_after_sessions": 8,
    }
    template = PlanTemplate.objects.create(**{**defaults, **fields})
    TemplatePhase.objects.create(
        template=template, order=1, rate_kind="per_week", rate_value=2, session_count=8
    )
    return template


def make_measures(*slugs: str) -> None:
    """Measures as they ship, without the areas they are made for."""
    for place, row in lines_of(MEASURES_FILE):
        if row["slug"] in slugs:
            OutcomeMeasure.objects.get_or_create(slug=row["slug"], defaults=values_of(row, place))


def ask(plan: TreatmentPlan, *slugs: str) -> None:
    """Let a plan ask these measures on the occasions that they are usually asked."""
    make_measures(*slugs)
    for measure in OutcomeMeasure.objects.filter(slug__in=slugs):
        PlanMeasure.objects.create(plan=plan, measure=measure, occasions=measure.occasions)
