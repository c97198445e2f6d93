"""What visitors read of techniques and conditions, asked for without putting a query together."""

from __future__ import annotations

from practitioners.models import BodyRegion, Condition, Technique
from practitioners.prepared import PreparedQuery

TECHNIQUES = PreparedQuery("techniques", {}, Technique.objects.published)
CONDITIONS = PreparedQuery("conditions", {}, Condition.objects.offered)
TECHNIQUE = PreparedQuery(
    "technique", {"slug": "text"}, lambda slug: Technique.objects.published().filter(slug=slug)
)
CONDITION = PreparedQuery(
    "condition", {"slug": "text"}, lambda slug: Condition.objects.offered().filter(slug=slug)
)
HELPS_WITH = PreparedQuery(
    "conditions_of",
    {"technique": "bigint"},
    lambda technique: Condition.objects.offered().filter(techniques=technique),
)
HELPED_BY = PreparedQuery(
    "techniques_of",
    {"condition": "bigint"},
    lambda condition: Technique.objects.published().filter(conditions=condition),
)
WHERE_IT_HELPS = PreparedQuery(
    "regions_of_technique",
    {"technique": "bigint"},
    lambda technique: BodyRegion.objects.filter(techniques=technique),
)
WHERE_IT_IS_FELT = PreparedQuery(
    "regions_of_condition",
    {"condition": "bigint"},
    lambda condition: BodyRegion.objects.filter(conditions=condition),
)
