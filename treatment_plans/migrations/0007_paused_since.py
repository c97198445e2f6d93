"""Plans at rest say since when: since the first of their newest versions that are paused."""

from django.db import migrations

SINCE = """
UPDATE treatment_plans_treatmentplan AS plan SET paused_on = rest.since
FROM (
    SELECT v.plan_id, (min(v.made_at) AT TIME ZONE l.time_zone)::date AS since
    FROM treatment_plans_planversion v
    JOIN treatment_plans_treatmentplan p ON p.id = v.plan_id AND p.status = 'paused'
    JOIN practitioners_location l ON l.id = p.location_id
    WHERE NOT EXISTS (
        SELECT 1 FROM treatment_plans_planversion later
        WHERE later.plan_id = v.plan_id AND later.number >= v.number
          AND later.content ->> 'status' <> 'paused')
    GROUP BY v.plan_id, l.time_zone
) AS rest
WHERE rest.plan_id = plan.id
"""


class Migration(migrations.Migration):

    dependencies = [("treatment_plans", "0006_paused_on")]

    operations = [migrations.RunSQL(SINCE, migrations.RunSQL.noop)]
