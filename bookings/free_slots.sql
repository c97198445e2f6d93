-- Every start that can be booked, for some services and practitioners over some local days.
--
--   shift (wall clock, per date) ──► window (merged instants) ──► start (on the grid of the
--   window's own wall clock) ──► kept if its busy range meets nothing that blocks it.
--
-- A start is kept when [start, end + turnover after) lies in one window and
-- [start - turnover before, end + turnover after) meets no standing visit, time off or
-- closure, a room is free, and the practitioner may give the service on that date.
-- A shift that begins or ends in a repeated hour is taken at its second occurrence.
WITH asked AS (
    SELECT s.id, s.minutes * interval '1 minute' AS length,
           s.turnover_before * interval '1 minute' AS before,
           s.turnover_after * interval '1 minute' AS after,
           s.start_grid * interval '1 minute' AS grid,
           s.start_grid, s.needs_room, s.daily_limit, s.position,
           %(now)s::timestamptz + CASE WHEN %(for_staff)s THEN interval '0'
               ELSE coalesce(s.min_notice_minutes, %(notice)s) * interval '1 minute' END AS earliest,
           coalesce(s.horizon_days, %(horizon)s) AS horizon,
           (SELECT count(*) FROM practitioners_service_techniques t WHERE t.service_id = s.id) AS skills
    FROM practitioners_service s
    WHERE s.id = ANY(%(services)s)
),
place AS (
    SELECT l.id, l.time_zone AS zone
    FROM practitioners_location l
    WHERE l.is_active AND (%(location)s::bigint IS NULL OR l.id = %(location)s)
),
licensed AS (  -- the dates on which no licence or insurance is missing
    SELECT p.id, coalesce(range_intersect_agg(
               CASE WHEN c.status = 'active' THEN daterange(NULL, c.expires_on, '[]')
                    ELSE 'empty'::daterange END) FILTER (WHERE c.id IS NOT NULL), daterange(NULL, NULL)) AS dates
    FROM practitioners_practitioner p
    LEFT JOIN practitioners_credential c
        ON c.practitioner_id = p.id AND c.kind IN ('licence', 'insurance')
    WHERE p.id = ANY(%(practitioners)s) AND p.is_active
      AND (p.is_bookable_online OR %(for_staff)s)
    GROUP BY p.id
),
skilled AS (  -- the dates on which all techniques of the service are certified
    SELECT c.practitioner_id, t.service_id, count(*) AS skills,
           range_intersect_agg(daterange(c.certified_on, c.expires_on, '[]')) AS dates
    FROM practitioners_practitionertechnique c
    JOIN practitioners_service_techniques t ON t.technique_id = c.technique_id
    JOIN practitioners_technique q ON q.id = c.technique_id
    WHERE c.practitioner_id = ANY(%(practitioners)s) AND t.service_id = ANY(%(services)s)
      AND NOT (q.needs_training AND c.evidence = '')
    GROUP BY c.practitioner_id, t.service_id
),
pair AS (  -- who may give what, and on which dates
    SELECT ps.practitioner_id, a.id AS service_id,
           l.dates * coalesce(k.dates, daterange(NULL, NULL)) AS dates
    FROM practitioners_practitioner_services ps
    JOIN asked a ON a.id = ps.service_id
    JOIN licensed l ON l.id = ps.practitioner_id
    LEFT JOIN skilled k ON k.practitioner_id = ps.practitioner_id AND k.service_id = a.id
    WHERE coalesce(k.skills, 0) = a.skills
),
shift AS (
    SELECT v.practitioner_id, v.location_id, d::date AS day, place.zone,
           (d::date + v.starts_at) AT TIME ZONE place.zone AS starts_at,
           (d::date + v.ends_at) AT TIME ZONE place.zone AS ends_at
    FROM practitioners_availability v
    JOIN place ON place.id = v.location_id
    JOIN generate_series(%(first_day)s::timestamp, %(last_day)s::timestamp, interval '1 day') d
        ON extract(isodow FROM d) = v.weekday
    WHERE v.practitioner_id = ANY(%(practitioners)s)
      AND (v.valid_from IS NULL OR v.valid_from <= d::date)
      AND (v.valid_until IS NULL OR v.valid_until >= d::date)
    UNION ALL
    SELECT x.practitioner_id, x.location_id, x."on", place.zone,
           (x."on" + x.starts_at) AT TIME ZONE place.zone,
           (x."on" + x.ends_at) AT TIME ZONE place.zone
    FROM practitioners_extrahours x
    JOIN place ON place.id = x.location_id
    WHERE x.practitioner_id = ANY(%(practitioners)s)
      AND x."on" BETWEEN %(first_day)s::date AND %(last_day)s::date
),
merged AS (
    SELECT practitioner_id, location_id, day, zone, range_agg(tstzrange(starts_at, ends_at)) AS spans
    FROM shift
    WHERE ends_at > starts_at
    GROUP BY practitioner_id, location_id, day, zone
),
win AS (
    SELECT m.practitioner_id, m.location_id, m.day, m.zone, span,
           lower(span) AT TIME ZONE m.zone AS wall_start, upper(span) AT TIME ZONE m.zone AS wall_end,
           ((m.day + 1)::timestamp AT TIME ZONE m.zone) - (m.day::timestamp AT TIME ZONE m.zone)
               <> interval '24 hours' AS clock_changes
    FROM merged m, unnest(m.spans) AS span
),
visit AS (
    SELECT v.practitioner_id, v.location_id, v.room_id, v.service_id, v.starts_at, v.busy
    FROM bookings_appointment v
    WHERE v.practitioner_id = ANY(%(practitioners)s) AND v.status <> 'cancelled'
      AND v.starts_at >= %(first_day)s::timestamptz - interval '2 days'
      AND v.starts_at < %(last_day)s::timestamptz + interval '3 days'
      AND (v.status <> 'held' OR (v.held_until > %(now)s AND v.held_by <> %(visitor)s))
      AND v.id IS DISTINCT FROM %(moving)s
),
taken AS (  -- visits here, and elsewhere with the way between the two locations
    SELECT v.practitioner_id, place.id AS location_id,
           range_agg(CASE WHEN v.location_id = place.id THEN v.busy
                          ELSE tstzrange(lower(v.busy) - %(travel)s * interval '1 minute',
                                         upper(v.busy) + %(travel)s * interval '1 minute') END) AS spans
    FROM visit v CROSS JOIN place
    GROUP BY v.practitioner_id, place.id
),
away AS (
    SELECT practitioner_id, range_agg(tstzrange(starts_at, ends_at)) AS spans
    FROM practitioners_timeoff
    WHERE practitioner_id = ANY(%(practitioners)s)
      AND ends_at > %(first_day)s::timestamptz - interval '2 days'
      AND starts_at < %(last_day)s::timestamptz + interval '3 days'
    GROUP BY practitioner_id
),
shut AS (
    SELECT place.id AS location_id,
           range_agg(tstzrange(c.starts_on::timestamp AT TIME ZONE place.zone,
                               (c.ends_on + 1)::timestamp AT TIME ZONE place.zone)) AS spans
    FROM practitioners_closure c
    JOIN place ON c.location_id IS NULL OR c.location_id = place.id
    WHERE c.ends_on >= %(first_day)s::date - 1 AND c.starts_on <= %(last_day)s::date + 1
    GROUP BY place.id
),
room AS (
    SELECT r.location_id, r.id,
           coalesce(range_agg(v.busy) FILTER (WHERE v.id IS NOT NULL), '{}'::tstzmultirange) AS spans
    FROM practitioners_room r
    JOIN place ON place.id = r.location_id
    LEFT JOIN bookings_appointment v
        ON v.room_id = r.id AND v.status <> 'cancelled'
       AND v.starts_at >= %(first_day)s::timestamptz - interval '2 days'
       AND v.starts_at < %(last_day)s::timestamptz + interval '3 days'
       AND (v.status <> 'held' OR (v.held_until > %(now)s AND v.held_by <> %(visitor)s))
       AND v.id IS DISTINCT FROM %(moving)s
    WHERE r.is_active
    GROUP BY r.location_id, r.id
),
daily AS (
    SELECT v.practitioner_id, v.service_id, (v.starts_at AT TIME ZONE l.time_zone)::date AS day,
           count(*) AS many
    FROM visit v JOIN practitioners_location l ON l.id = v.location_id
    GROUP BY 1, 2, 3
),
start AS (
    SELECT w.practitioner_id, p.service_id, w.location_id, w.day, a.position,
           moment.instant AS starts_at, moment.instant + a.length AS ends_at,
           tstzrange(moment.instant - a.before, moment.instant + a.length + a.after) AS busy
    FROM win w
    JOIN pair p ON p.practitioner_id = w.practitioner_id AND w.day <@ p.dates
    JOIN asked a ON a.id = p.service_id
    CROSS JOIN LATERAL generate_series(w.wall_start, w.wall_end - interval '1 minute', a.grid) AS wall
    CROSS JOIN LATERAL (
        SELECT (wall AT TIME ZONE w.zone) - fold AS instant
        FROM unnest(CASE WHEN w.clock_changes
                    THEN ARRAY[interval '0', interval '30 minutes', interval '1 hour', interval '2 hours']
                    ELSE ARRAY[interval '0'] END) AS fold
        WHERE ((wall AT TIME ZONE w.zone) - fold) AT TIME ZONE w.zone = wall
    ) AS moment
    WHERE tstzrange(moment.instant, moment.instant + a.length + a.after) <@ w.span
      AND moment.instant >= a.earliest
      AND (%(for_staff)s OR w.day <= (%(now)s::timestamptz AT TIME ZONE w.zone)::date + a.horizon)
),
kept AS (
    SELECT s.practitioner_id, s.service_id, s.location_id, s.starts_at, s.ends_at,
           row_number() OVER (PARTITION BY s.practitioner_id ORDER BY s.starts_at, s.position, s.service_id) AS place
    FROM start s
    JOIN asked a ON a.id = s.service_id
    LEFT JOIN taken ON taken.practitioner_id = s.practitioner_id AND taken.location_id = s.location_id
    LEFT JOIN away ON away.practitioner_id = s.practitioner_id
    LEFT JOIN shut ON shut.location_id = s.location_id
    LEFT JOIN daily ON daily.practitioner_id = s.practitioner_id
        AND daily.service_id = s.service_id AND daily.day = s.day
    WHERE NOT coalesce(s.busy && taken.spans, false)
      AND NOT coalesce(s.busy && away.spans, false)
      AND NOT coalesce(s.busy && shut.spans, false)
      AND (a.daily_limit IS NULL OR coalesce(daily.many, 0) < a.daily_limit)
      AND (NOT a.needs_room OR EXISTS (
          SELECT 1 FROM room r WHERE r.location_id = s.location_id AND NOT s.busy && r.spans))
)
SELECT practitioner_id, service_id, location_id, starts_at, ends_at
FROM kept
WHERE %(count)s::int IS NULL OR place <= %(count)s
ORDER BY starts_at, practitioner_id, service_id
