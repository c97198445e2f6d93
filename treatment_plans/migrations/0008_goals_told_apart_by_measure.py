"""Goals whose words name a measure point at it; the words stay."""

from __future__ import annotations

from typing import Any

from django.db import migrations

PAIN = {"nprs", "pain", "worst pain", "pain 0 to 10", "pain, 0 to 10"}


def point_at_measures(apps: Any, schema_editor: Any) -> None:
    """Match by name, name for clients or code; pain in the words that the form has suggested."""
    known: dict[str, Any] = {}
    for row in apps.get_model("treatment_plans", "OutcomeMeasure").objects.all():
        names = {row.slug, row.name, row.plain_name} - {""}
        known |= {name.casefold(): row for name in names}
        if row.slug == "nprs":
            known |= dict.fromkeys((*PAIN, *SUGGESTED), row)
    goals = apps.get_model("treatment_plans", "Goal").objects.filter(outcome=None)
    for goal in goals.exclude(measure=""):
        goal.outcome = known.get(goal.measure.strip().casefold())
        if goal.outcome is not None:
            goal.save(update_fields=["outcome"])


SUGGESTED = ("pain on average, 0 to 10", "worst pain, 0 to 10", "pain right now, 0 to 10")


class Migration(migrations.Migration):
    dependencies = [("treatment_plans", "0007_goals_have_a_measure")]

    operations = [migrations.RunPython(point_at_measures, migrations.RunPython.noop)]
