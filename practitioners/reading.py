"""What visitors read of techniques and conditions: each page by one query."""

from __future__ import annotations

from typing import Any

from practitioners.models import BodyRegion, ClinicSettings, Condition, Technique
from practitioners.models.site import CURRENT
from practitioners.once import remember
from practitioners.prepared import PreparedQuery
from practitioners.together import Lists, Together

BY_SLUG = {"slug": "text"}
TECHNIQUES = Together(clinic=CURRENT, techniques=Technique.objects.published)
CONDITIONS = Together(clinic=CURRENT, conditions=Condition.objects.offered)
TECHNIQUE = Together(
    clinic=CURRENT,
    techniques=PreparedQuery(
        "technique", BY_SLUG, lambda slug: Technique.objects.published().filter(slug=slug)
    ),
    regions=PreparedQuery(
        "regions_of_technique",
        BY_SLUG,
        lambda slug: BodyRegion.objects.filter(techniques__slug=slug),
    ),
    conditions=PreparedQuery(
        "conditions_of",
        BY_SLUG,
        lambda slug: Condition.objects.offered().filter(techniques__slug=slug),
    ),
)
CONDITION = Together(
    clinic=CURRENT,
    conditions=PreparedQuery(
        "condition", BY_SLUG, lambda slug: Condition.objects.offered().filter(slug=slug)
    ),
    regions=PreparedQuery(
        "regions_of_condition",
        BY_SLUG,
        lambda slug: BodyRegion.objects.filter(conditions__slug=slug),
    ),
    techniques=PreparedQuery(
        "techniques_of",
        BY_SLUG,
        lambda slug: Technique.objects.published().filter(conditions__slug=slug),
    ),
)


def read(page: Together, **values: Any) -> Lists:
    """What a page says; the clinic's settings with it, which every page names. One query."""
    found = page.read(**values)
    remember(ClinicSettings, next(iter(found["clinic"]), ClinicSettings(pk=1)))
    return found
