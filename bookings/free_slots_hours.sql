-- Hours of people, and who may give what on which dates: all that the practitioners' tables say.
--
--   wall (hours by date) ──► span (moments) ──► work (windows) ──► hours
--
-- Whoever keeps them (`kept_hours.py`) asks with them again until something has been changed. So nothing
-- here may depend on the time of the question, and nothing on a table of others.
--
-- A shift that begins or ends at a skipped time is taken at the jump, at a repeated one at
-- its first occurrence.
date AS MATERIALIZED (
    SELECT d::date AS day, extract(isodow FROM d)::int AS weekday
    FROM generate_series(%(first_day)s::timestamp, %(last_day)s::timestamp, interval '1 day') AS d
),
wall AS (  -- weekly and extra hours as the wall shows them, and closures, which are nobody's
    SELECT v.practitioner_id, v.location_id, d.day + v.starts_at AS opens, d.day + v.ends_at AS closes
    FROM practitioners_availability v
    JOIN date d ON d.weekday = v.weekday
    WHERE v.practitioner_id = ANY(%(practitioners)s) AND v.location_id = ANY(%(places)s)
      AND (v.valid_from IS NULL OR v.valid_from <= d.day)
      AND (v.valid_until IS NULL OR v.valid_until >= d.day)
    UNION ALL
    SELECT x.practitioner_id, x.location_id, x."on" + x.starts_at, x."on" + x.ends_at
    FROM practitioners_extrahours x
    WHERE x.practitioner_id = ANY(%(practitioners)s) AND x.location_id = ANY(%(places)s)
      AND x."on" BETWEEN %(first_day)s AND %(last_day)s
    UNION ALL
    SELECT NULL, place, c.starts_on::timestamp, c.ends_on + interval '1 day'
    FROM practitioners_closure c
    JOIN unnest(%(places)s) AS place ON c.location_id IS NULL OR c.location_id = place
    WHERE c.starts_on <= %(last_day)s + 1 AND c.ends_on >= %(first_day)s - 1
),
span AS (  -- from the first moments at which the clock shows these times, or later ones
    SELECT w.practitioner_id, w.location_id,
           CASE WHEN c.skips_midnight AND s.begins = c.since THEN tstzrange(s.begins, s.ends, '()')
                ELSE tstzrange(s.begins, s.ends) END AS lasts
    FROM wall w
    JOIN clock c ON c.location_id = w.location_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN w.opens < c.shown THEN c.since
                    ELSE greatest(c.since, w.opens AT TIME ZONE c.ahead) END AS begins,
               CASE WHEN w.closes < c.shown THEN c.since
                    ELSE least(c.until, w.closes AT TIME ZONE c.ahead) END AS ends
    ) AS s
    WHERE s.begins < s.ends
),
work AS MATERIALIZED (  -- spans of one day that meet are one window, those of two never do; and closures
    SELECT practitioner_id, location_id, range_agg(lasts) AS windows
    FROM span
    GROUP BY practitioner_id, location_id
),
working AS (
    SELECT array_agg(practitioner_id) AS keys FROM work
),
papers AS (  -- the dates on which neither licence nor insurance is missing
    SELECT c.practitioner_id,
           range_intersect_agg(CASE WHEN c.status = 'active' THEN daterange(NULL, c.expires_on, '[]')
                                    ELSE 'empty'::daterange END) AS dates
    FROM practitioners_credential c
    WHERE c.practitioner_id = ANY((SELECT keys FROM working)::bigint[]) AND c.kind IN ('licence', 'insurance')
    GROUP BY c.practitioner_id
),
certified AS (  -- how many certificates for a service somebody has, and when all of them count
    SELECT c.practitioner_id, a.id AS service_id, count(*) AS many,
           range_intersect_agg(daterange(c.certified_on, NULL) * daterange(NULL, c.expires_on, '[]')) AS dates
    FROM asked a
    JOIN practitioners_service_techniques t ON t.service_id = a.id
    JOIN practitioners_technique q ON q.id = t.technique_id
    JOIN practitioners_practitionertechnique c ON c.technique_id = q.id
    WHERE c.practitioner_id = ANY((SELECT keys FROM working)::bigint[]) AND NOT (q.needs_training AND c.evidence = '')
    GROUP BY c.practitioner_id, a.id
),
skills AS (  -- how many it takes, of services that may be given
    SELECT s.id AS service_id, count(t.technique_id) AS many
    FROM practitioners_service s
    LEFT JOIN practitioners_service_techniques t ON t.service_id = s.id
    LEFT JOIN practitioners_technique q ON q.id = t.technique_id
    WHERE s.id = ANY(%(services)s)
    GROUP BY s.id
    HAVING %(for_staff)s OR s.is_published AND bool_and(q.is_published) IS NOT FALSE
),
pair AS MATERIALIZED (  -- who may give what, and on which dates
    SELECT p.id AS practitioner_id, a.*,
           coalesce(papers.dates, daterange(NULL, NULL)) * coalesce(certified.dates, daterange(NULL, NULL)) AS dates
    FROM practitioners_practitioner p
    JOIN practitioners_practitioner_services ps ON ps.practitioner_id = p.id
    JOIN asked a ON a.id = ps.service_id
    JOIN skills ON skills.service_id = ps.service_id
    LEFT JOIN papers ON papers.practitioner_id = p.id
    LEFT JOIN certified ON certified.practitioner_id = p.id AND certified.service_id = a.id
    WHERE p.id = ANY((SELECT keys FROM working)::bigint[]) AND p.is_active AND (p.is_bookable_online OR %(for_staff)s)
      AND coalesce(certified.many, 0) = skills.many
),
hours AS MATERIALIZED (  -- the windows of everybody and when they are away, for each turnover that comes before
    SELECT w.practitioner_id, w.location_id, turnover.before, w.windows, away.spans AS away
    FROM work w
    LEFT JOIN work shut ON shut.practitioner_id IS NULL AND shut.location_id = w.location_id
    CROSS JOIN (SELECT DISTINCT before FROM asked) AS turnover
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(lower(span), upper(span) + turnover.before)) AS spans
        FROM (SELECT tstzrange(o.starts_at, o.ends_at) AS span
              FROM practitioners_timeoff o
              WHERE o.practitioner_id = w.practitioner_id
                AND o.ends_at > %(looked_from)s AND o.starts_at < %(looked_until)s
              UNION ALL
              SELECT closed FROM unnest(shut.windows) AS closed) AS one
    ) AS away
    WHERE w.practitioner_id IS NOT NULL
),
told AS (  -- the same for who keeps it, as text without the quotes that nothing needs
    SELECT CASE WHEN %(keeps)s THEN (
        SELECT ARRAY[array_agg(practitioner_id)::text, array_agg(location_id)::text, array_agg(before)::text,
                     replace(array_agg(windows)::text, '\"', ''), replace(array_agg(away)::text, '\"', '')]
        FROM hours) || (
        SELECT ARRAY[array_agg(practitioner_id)::text, array_agg(id)::text, array_agg(dates)::text]
        FROM pair) END AS hours
),
