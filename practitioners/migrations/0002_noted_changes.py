"""Every change of what the clinic has set is noted, so that pages need not read it again and again."""

from __future__ import annotations

from django.db import migrations

TABLES = (
    "availability",
    "bodyregion",
    "clinicsettings",
    "closure",
    "condition",
    "condition_body_regions",
    "condition_techniques",
    "credential",
    "extrahours",
    "location",
    "openinghours",
    "practitioner",
    "practitioner_focus_areas",
    "practitioner_services",
    "practitionertechnique",
    "room",
    "service",
    "service_techniques",
    "technique",
    "technique_body_regions",
    "timeoff",
)
KEPT = 64  # changes; any set of them that holds a new one differs from all before

# Rows are only ever added, so writers do not wait for each other; what one of them cleans away
# no other touches. The mark is chance: a number that is used again after a rollback is another's.
NOTE = f"""
CREATE TABLE practitioners_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mark bigint NOT NULL DEFAULT (random() * 9e18)::bigint
);
CREATE FUNCTION practitioners_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE newest bigint;
BEGIN
    INSERT INTO practitioners_change DEFAULT VALUES RETURNING id INTO newest;
    DELETE FROM practitioners_change WHERE id IN (
        SELECT id FROM practitioners_change WHERE id <= newest - {KEPT} FOR UPDATE SKIP LOCKED
    );
    RETURN NULL;
END $$;
"""
FORGET = "DROP FUNCTION practitioners_note_change(); DROP TABLE practitioners_change;"
# ALWAYS: also while a dump is read back with the other triggers off.
WATCH = """
CREATE TRIGGER note_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON practitioners_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION practitioners_note_change();
ALTER TABLE practitioners_{0} ENABLE ALWAYS TRIGGER note_change;
"""
UNWATCH = "DROP TRIGGER note_change ON practitioners_{0};"


class Migration(migrations.Migration):
    dependencies = [("practitioners", "0001_specialists_and_places")]

    operations = [
        migrations.RunSQL(NOTE, FORGET),
        migrations.RunSQL(
            "".join(map(WATCH.format, TABLES)), "".join(map(UNWATCH.format, TABLES))
        ),
    ]
