"""The results of the clinic counted a second time: by SQL that shares nothing with the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection

from treatment_plans.results import results_of
from treatment_plans.tallies import NO_CONDITION, NO_TECHNIQUE

# Counted anew from the rows: every course of the demo rates its pain now.
COURSES = """
WITH rated AS (
    SELECT DISTINCT ON (plan_id, taken_on, occasion <> 'baseline')
        plan_id, taken_on, occasion <> 'baseline' AS is_later, value, mcid_value, mcid_percent
    FROM treatment_plans_outcomescore s JOIN treatment_plans_outcomemeasure m ON m.id = s.measure_id
    WHERE part = 'now' AND NOT is_entered_in_error
    ORDER BY plan_id, taken_on, occasion <> 'baseline', s.id DESC
), compared AS (
    SELECT *, first_value(value) OVER (PARTITION BY plan_id ORDER BY taken_on, is_later) AS first
    FROM rated
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
    FROM treatment_plans_treatmentplan p LEFT JOIN practitioners_condition c ON c.id = p.condition_id
    LEFT JOIN reached ON reached.plan_id = p.id WHERE p.activated_on BETWEEN %s AND %s
)
"""
COUNTED = """
    count(*), count(*) FILTER (WHERE is_measured), count(on_day),
    CASE WHEN count(on_day) >= 5 THEN
        percentile_cont(0.5) WITHIN GROUP (ORDER BY sessions) FILTER (WHERE on_day IS NOT NULL) END
"""
BY_CONDITION = f"""{COURSES}
SELECT name, {COUNTED} FROM one
WHERE name IS NOT NULL GROUP BY name HAVING count(*) >= 5 ORDER BY count(*) DESC, name
"""
BY_TECHNIQUE = f"""{COURSES}
SELECT t.name, {COUNTED} FROM one
JOIN treatment_plans_treatmentplan_techniques x ON x.treatmentplan_id = one.id
JOIN practitioners_technique t ON t.id = x.technique_id
GROUP BY t.name HAVING count(*) >= 5 ORDER BY count(*) DESC, t.name
"""
ADHERENCE = """
WITH RECURSIVE plan AS (
    SELECT p.id, p.start_on, p.paused_on, p.status, l.time_zone,
        least((%(now)s AT TIME ZONE l.time_zone)::date, p.ended_on) AS until
    FROM treatment_plans_treatmentplan p JOIN practitioners_location l ON l.id = p.location_id
    WHERE p.activated_on BETWEEN %(first)s AND %(last)s
), session AS (
    SELECT h.plan_id, h.rate_kind, h.rate_value, n,
        row_number() OVER (PARTITION BY h.plan_id ORDER BY h."order", n) AS number
    FROM treatment_plans_planphase h CROSS JOIN generate_series(1, coalesce(h.session_count, 200)) AS n
), ideal AS (
    SELECT id AS plan_id, 1 AS number, start_on AS day FROM plan
    UNION ALL
    SELECT s.plan_id, s.number::int, (ideal.day + CASE s.rate_kind
        WHEN 'every_n_weeks' THEN make_interval(weeks => s.rate_value)
        WHEN 'every_n_months' THEN make_interval(months => s.rate_value)
        ELSE make_interval(days => CASE WHEN s.n = 1
            THEN (ARRAY[7, 4, 3, 2, 2])[s.rate_value]
            ELSE substr(('{7,34,223,2221,11113}'::text[])[s.rate_value],
                        (s.n - 2) %% s.rate_value + 1, 1)::int END)
        END)::date
    FROM ideal JOIN session s ON s.plan_id = ideal.plan_id AND s.number = ideal.number + 1
    WHERE s.rate_kind <> 'as_needed'
), resting AS (
    SELECT plan_id, daterange(starts_on, ends_on, '[]') AS days FROM treatment_plans_planpause
    UNION ALL SELECT id, daterange(paused_on, NULL) FROM plan WHERE paused_on IS NOT NULL
), visit AS (
    SELECT v.plan_id, a.status, a.cancelled_by, a.is_late_cancellation, a.ends_at, a.booked_at,
        (a.starts_at AT TIME ZONE plan.time_zone)::date AS day, plan.until
    FROM treatment_plans_planvisit v JOIN plan ON plan.id = v.plan_id
    JOIN bookings_appointment a ON a.id = v.appointment_id
), counted AS (
    SELECT plan.*, (SELECT count(*) FROM visit v
            WHERE v.plan_id = plan.id AND v.status = 'completed') AS done,
        (SELECT count(*) FROM ideal WHERE ideal.plan_id = plan.id AND ideal.day <= plan.until
            AND NOT EXISTS (SELECT 1 FROM resting r WHERE r.plan_id = plan.id AND r.days @> ideal.day))
        - (SELECT count(*) FROM visit v WHERE v.plan_id = plan.id AND v.day <= v.until
            AND v.status = 'cancelled' AND v.cancelled_by = 'clinic' AND NOT v.is_late_cancellation
            AND NOT EXISTS (SELECT 1 FROM resting r WHERE r.plan_id = plan.id AND r.days @> v.day))
        AS expected
    FROM plan
)
"""
BANDS = f"""{ADHERENCE}
SELECT count(*) FILTER (WHERE done * 4 >= expected * 3),
    count(*) FILTER (WHERE done * 4 < expected * 3 AND done * 2 >= expected),
    count(*) FILTER (WHERE done * 2 < expected)
FROM counted WHERE expected > 0
"""
# Dropped: cancelled, or active with nothing booked and more than the lapse past the next open day.
DROP_OUTS = f"""{ADHERENCE}, last AS (
    SELECT c.id, c.done, c.until, c.status, next.rate_kind, next.number,
        (SELECT max(day) FROM visit v WHERE v.plan_id = c.id AND v.status = 'completed') AS anchor,
        coalesce(due.gap, 0) AS gap, c.start_on
    FROM counted c
    LEFT JOIN session next ON next.plan_id = c.id AND next.number = c.done + 1
    CROSS JOIN LATERAL (SELECT CASE next.rate_kind
        WHEN 'every_n_weeks' THEN 7 * next.rate_value
        WHEN 'every_n_months' THEN 30 * next.rate_value
        ELSE CASE WHEN next.n = 1 OR c.done = 0 THEN (ARRAY[7, 4, 3, 2, 2])[next.rate_value]
            ELSE substr(('{{7,34,223,2221,11113}}'::text[])[next.rate_value],
                        (next.n - 2) %% next.rate_value + 1, 1)::int END END AS gap) AS due
), lapse AS (
    SELECT last.*, (
        SELECT min(day::date) FROM generate_series(
            greatest(
                CASE WHEN anchor IS NULL THEN start_on
                     WHEN rate_kind = 'every_n_months' THEN anchor + make_interval(months => gap / 30)
                     ELSE anchor + make_interval(days => gap) END,
                (SELECT max(ends_on) + 1 FROM treatment_plans_planpause p
                 WHERE p.plan_id = last.id AND p.ends_on < last.until
                   AND (anchor IS NULL OR p.ends_on > anchor))::timestamp),
            last.until + 400, interval '1 day') AS day
        WHERE extract(isodow FROM day) < 7 AND NOT EXISTS (
            SELECT 1 FROM practitioners_closure k WHERE day::date BETWEEN k.starts_on AND k.ends_on)
    ) + greatest(14, CASE WHEN gap > 4 THEN 2 * gap ELSE 0 END) AS lapsed_after
    FROM last
), dropped AS (
    SELECT done FROM lapse
    WHERE NOT EXISTS (SELECT 1 FROM visit v WHERE v.plan_id = lapse.id AND v.ends_at > %(now)s
                      AND v.status IN ('booked', 'arrived', 'started'))
      AND (status = 'cancelled' OR status = 'active' AND number IS NOT NULL
           AND rate_kind <> 'as_needed' AND until > lapsed_after)
)
SELECT count(*) FILTER (WHERE done = 0), count(*) FILTER (WHERE done = 1),
    count(*) FILTER (WHERE done = 2), count(*) FILTER (WHERE done BETWEEN 3 AND 5),
    count(*) FILTER (WHERE done > 5) FROM dropped
"""
CONVERSIONS = """
SELECT m.kind, count(*), count(*) FILTER (WHERE (
    SELECT min(a.booked_at) FROM treatment_plans_planvisit v
    JOIN bookings_appointment a ON a.id = v.appointment_id
    WHERE v.plan_id::text = m.source_id AND a.booked_at > m.sent_at) - m.sent_at <= interval '14 days')
FROM bookings_message m
WHERE m.source_type = 'treatment_plan' AND m.state = 'sent' AND m.kind IN ('due_soon', 'overdue', 'lapsed')
  AND (m.sent_at AT TIME ZONE (SELECT time_zone FROM practitioners_location ORDER BY id LIMIT 1))::date
      BETWEEN %(first)s AND %(last)s
GROUP BY m.kind ORDER BY m.kind
"""
TOTALS = f"{COURSES} SELECT {COUNTED} FROM one"


def check_results(now: datetime) -> None:
    """What the page of results says is what another question to the same rows answers."""
    first, last = now.date() - timedelta(days=365), now.date()
    found = results_of(first, last, now=now)
    shown = [
        (one.name, one.plans, one.measured, one.changed, one.median_sessions)
        for one in found.conditions.groups
        if one.name != NO_CONDITION
    ]
    assert shown == counted(BY_CONDITION, first, last)[: len(shown)]
    techniques = [
        (one.name, one.plans, one.measured, one.changed, one.median_sessions)
        for one in found.techniques.groups
        if one.name != NO_TECHNIQUE
    ]
    assert techniques == counted(BY_TECHNIQUE, first, last)[: len(techniques)]
    asked, total = {"first": first, "last": last, "now": now}, found.all_plans
    assert [(total.plans, total.measured, total.changed, total.median_sessions)] == counted(
        TOTALS, first, last
    )
    assert [(total.adherent, total.partial, total.low)] == counted(BANDS, **asked)
    assert [tuple(many for _, many in found.drop_outs)] == counted(DROP_OUTS, **asked)
    anew = [*counted(TOTALS, first, last)[0], *counted(BANDS, **asked)[0]]
    told = [pair for pair in zip(found.totals, anew, strict=False) if isinstance(pair[0], int)]
    assert told, "nothing to compare"
    assert all(shown == again for shown, again in told), "the row of all plans on the page"
    reminders = sorted((one.kind, one.sent, one.booked) for one in found.conversions if one.sent)
    assert reminders == counted(CONVERSIONS, **asked)
    assert all((total.adherent, total.partial, total.low, total.dropped)), "nothing to compare"
    assert any(0 < booked < sent for _, sent, booked in reminders), "nothing to compare"
    assert found.conditions.groups, "nothing to compare"
    assert found.techniques.groups, "nothing to compare"


def counted(statement: str, *values: date, **named: date) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or named)
        return list(cursor.fetchall())
