"""The demo clinic looks like a real working day, whenever somebody looks at it."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection

from bookings.models import Appointment, Client, WaitlistEntry
from clinic import demo
from practitioners.models import Credential, Location, Practitioner
from treatment_plans import asking, caseload
from treatment_plans.models import Aftercare, PlanVisit, TreatmentPlan
from treatment_plans.results import results_of
from treatment_plans.tallies import NO_CONDITION, NO_TECHNIQUE

pytestmark = pytest.mark.django_db
LONDON = ZoneInfo("Europe/London")
FULL = bool(os.environ.get("FULL"))
# Counted anew from the rows: every course of the demo rates its pain now.
BY_CONDITION = """
WITH rated AS (
    SELECT DISTINCT ON (plan_id, taken_on) plan_id, taken_on, value, mcid_value, mcid_percent
    FROM treatment_plans_outcomescore s JOIN treatment_plans_outcomemeasure m ON m.id = s.measure_id
    WHERE part = 'now' AND NOT is_entered_in_error ORDER BY plan_id, taken_on, s.id DESC
), compared AS (
    SELECT *, first_value(value) OVER (PARTITION BY plan_id ORDER BY taken_on) AS first FROM rated
), reached AS (
    SELECT plan_id, min(taken_on) AS on_day FROM compared
    WHERE first - value >= mcid_value OR (first <> 0 AND (first - value) * 100 >= mcid_percent * first)
    GROUP BY plan_id
), done AS (
    SELECT v.plan_id, (a.starts_at AT TIME ZONE l.time_zone)::date AS on_day
    FROM treatment_plans_planvisit v JOIN bookings_appointment a ON a.id = v.appointment_id
    JOIN practitioners_location l ON l.id = a.location_id WHERE a.status = 'completed'
), one AS (
    SELECT p.id, c.name, (SELECT count(*) FROM rated r WHERE r.plan_id = p.id) > 1 AS is_measured,
        reached.on_day,
        (SELECT count(*) FROM done d WHERE d.plan_id = p.id AND d.on_day <= reached.on_day) AS sessions
    FROM treatment_plans_treatmentplan p JOIN practitioners_condition c ON c.id = p.condition_id
    LEFT JOIN reached ON reached.plan_id = p.id WHERE p.activated_on BETWEEN %s AND %s
)
SELECT name, count(*), count(*) FILTER (WHERE is_measured), count(on_day),
    CASE WHEN count(on_day) >= 5 THEN
        percentile_cont(0.5) WITHIN GROUP (ORDER BY sessions) FILTER (WHERE on_day IS NOT NULL) END
FROM one GROUP BY name HAVING count(*) >= 5 ORDER BY count(*) DESC, name
"""
BY_TECHNIQUE = """
SELECT t.name, count(*) FROM treatment_plans_treatmentplan p
JOIN treatment_plans_treatmentplan_techniques x ON x.treatmentplan_id = p.id
JOIN practitioners_technique t ON t.id = x.technique_id
WHERE p.activated_on BETWEEN %s AND %s GROUP BY t.name HAVING count(*) >= 5 ORDER BY count(*) DESC, t.name
"""
TOTALS = """
SELECT count(*) FROM treatment_plans_treatmentplan WHERE activated_on BETWEEN %s AND %s
"""
MONDAY = date(2026, 10, 19)
MOMENTS = [
    datetime(MONDAY.year, MONDAY.month, MONDAY.day + day, hour, minute, tzinfo=LONDON)
    for day in (range(7) if FULL else (6,))
    for hour, minute in (((0, 5), (8, 15), (12, 0), (18, 40), (23, 55)) if FULL else ((23, 55),))
]  # the Sunday is the one before whose end the clocks go back


@pytest.mark.parametrize("now", MOMENTS, ids=lambda now: f"{now:%a-%H:%M}")
def test_it_is_a_working_day_whenever_it_is_looked_at(now: datetime) -> None:
    for catalogue in ("load_catalogue", "load_measures", "load_plan_templates"):
        call_command(catalogue, verbosity=0)
    demo.load(now=now.astimezone(UTC))
    assert Practitioner.objects.count() == len(demo.SPECIALISTS) >= 8
    assert Client.objects.count() >= demo.CLIENTS
    assert len(set(Location.objects.values_list("time_zone", flat=True))) == 2
    dana = Practitioner.objects.get(slug="dana")
    near = Appointment.objects.filter(
        practitioner=dana, starts_at__range=(now - timedelta(hours=3), now + timedelta(hours=4))
    )
    late = near.get(status="arrived")
    assert late.starts_at.astimezone(LONDON).date() == now.date()
    assert late.starts_at < now
    assert late.arrived_at
    assert late.arrived_at <= now
    assert near.filter(status="no_show").exists()
    assert near.filter(status="booked", starts_at__gt=now).exists()
    theirs = TreatmentPlan.objects.filter(practitioner=dana)
    assert list(theirs.visible_to(dana.user)) == list(theirs)
    soon = now.date() + timedelta(days=30)
    assert Credential.objects.filter(expires_on__range=(now.date(), soon)).exists()
    assert WaitlistEntry.objects.exists()
    plans = TreatmentPlan.objects.all()
    assert set(plans.values_list("status", flat=True)) == set(TreatmentPlan.Status.values)
    cases = caseload.cases(dana.user, now=now, person=dana)
    assert "overdue" in {case.status for case in cases}
    assert any(plan.visits.filter(appointment__status="completed").count() == 4 for plan in plans)
    (coming,) = PlanVisit.objects.filter(appointment__status="booked", ask_at__isnull=False)
    assert coming.appointment.starts_at.astimezone(LONDON).date() > now.date()
    assert {one.measure.slug for one in asking.still_asked(coming, now=now)} == {
        "nprs", "psfs", "stress-nrs",
    }  # fmt: skip
    (advice,) = Aftercare.objects.all()
    assert advice.written_at <= now
    check_results(now)


def check_results(now: datetime) -> None:
    """What the page of results says is what another question to the same rows answers."""
    first, last = now.date() - timedelta(days=365), now.date()
    found = results_of(first, last, now=now)
    assert [
        (one.name, one.plans, one.measured, one.changed, one.median_sessions)
        for one in found.conditions.groups
        if one.name != NO_CONDITION
    ] == counted(BY_CONDITION, first, last)
    assert [
        (one.name, one.plans) for one in found.techniques.groups if one.name != NO_TECHNIQUE
    ] == counted(BY_TECHNIQUE, first, last)
    assert [(found.all_plans.plans,)] == counted(TOTALS, first, last)
    assert found.conditions.groups, "nothing to compare"
    assert found.techniques.groups, "nothing to compare"


def counted(statement: str, *values: date) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
