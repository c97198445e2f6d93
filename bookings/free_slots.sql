-- Every start that can be booked, for some services and practitioners over some local days.
--
--   hours (wall clock, per date) ──► shift ──► window (merged moments) ──► start (on the grid
--   of the window's own wall clock) ──► kept if its busy range meets nothing that blocks it.
--
-- A start is kept when [start, end + turnover after) lies in one window and
-- [start - turnover before, end + turnover after) meets no standing visit, time off or
-- closure, a room is free, and the practitioner may give the service on that date.
--
-- What the clocks show comes with the question (`wall_clock.local_day`), so that pages and
-- slots never read two editions of the time zones. A shift that begins or ends at a skipped
-- time is taken at the jump, at a repeated one at its first occurrence.
--
-- Where starts are to be packed, those that leave a gap too short for any session of the
-- practitioner are left out of a stretch of free time that has better ones.
WITH place AS (  -- where, with today's date there
    SELECT * FROM unnest(%(places)s::bigint[], %(todays)s::date[]) AS p (id, today)
),
day AS (  -- from when to when a date lasts, and what its clock is ahead of UTC until and from its jump
    SELECT location_id, day, tstzrange(begins, ends) AS span, ahead, ahead_after,
           coalesce(jumps_at AT TIME ZONE 'UTC', 'infinity') AS jump
    FROM unnest(%(day_places)s::bigint[], %(days)s::date[], %(begins)s::timestamptz[], %(ends)s::timestamptz[],
                %(ahead)s::interval[], %(ahead_after)s::interval[], %(jumps_at)s::timestamptz[])
        AS d (location_id, day, begins, ends, ahead, ahead_after, jumps_at)
),
asked AS (
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
    WHERE s.id = ANY(%(services)s) AND (%(for_staff)s OR s.is_published AND NOT EXISTS (
        SELECT 1 FROM practitioners_service_techniques t
        JOIN practitioners_technique q ON q.id = t.technique_id AND NOT q.is_published
        WHERE t.service_id = s.id))
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
           range_intersect_agg(daterange(c.certified_on, NULL) * daterange(NULL, c.expires_on, '[]')) AS dates
    FROM practitioners_practitionertechnique c
    JOIN practitioners_service_techniques t ON t.technique_id = c.technique_id
    JOIN practitioners_technique q ON q.id = c.technique_id
    WHERE c.practitioner_id = ANY(%(practitioners)s) AND t.service_id = ANY(%(services)s)
      AND NOT (q.needs_training AND c.evidence = '')
    GROUP BY c.practitioner_id, t.service_id
),
pair AS MATERIALIZED (  -- who may give what, and on which dates
    SELECT ps.practitioner_id, a.id AS service_id,
           l.dates * coalesce(k.dates, daterange(NULL, NULL)) AS dates
    FROM practitioners_practitioner_services ps
    JOIN asked a ON a.id = ps.service_id
    JOIN licensed l ON l.id = ps.practitioner_id
    LEFT JOIN skilled k ON k.practitioner_id = ps.practitioner_id AND k.service_id = a.id
    WHERE coalesce(k.skills, 0) = a.skills
),
hours AS (  -- weekly and extra hours as the wall shows them
    SELECT v.practitioner_id, d.location_id, d.day, d.ahead, d.ahead_after, d.jump,
           d.day + v.starts_at AS opens, d.day + v.ends_at AS closes
    FROM practitioners_availability v
    JOIN place ON place.id = v.location_id
    JOIN day d ON d.location_id = v.location_id AND extract(isodow FROM d.day) = v.weekday
    WHERE v.practitioner_id = ANY(%(practitioners)s)
      AND d.day BETWEEN %(first_day)s AND %(last_day)s
      AND (v.valid_from IS NULL OR v.valid_from <= d.day)
      AND (v.valid_until IS NULL OR v.valid_until >= d.day)
    UNION ALL
    SELECT x.practitioner_id, d.location_id, d.day, d.ahead, d.ahead_after, d.jump,
           d.day + x.starts_at, d.day + x.ends_at
    FROM practitioners_extrahours x
    JOIN place ON place.id = x.location_id
    JOIN day d ON d.location_id = x.location_id AND d.day = x."on"
    WHERE x.practitioner_id = ANY(%(practitioners)s)
      AND d.day BETWEEN %(first_day)s AND %(last_day)s
),
shift AS (  -- the first moments at which the clock shows these times, or later ones
    SELECT practitioner_id, location_id, day,
           CASE WHEN opens - ahead < jump THEN opens - ahead
                ELSE greatest(jump, opens - ahead_after) END AT TIME ZONE 'UTC' AS starts_at,
           CASE WHEN closes - ahead < jump THEN closes - ahead
                ELSE greatest(jump, closes - ahead_after) END AT TIME ZONE 'UTC' AS ends_at
    FROM hours
),
merged AS (
    SELECT practitioner_id, location_id, day, range_agg(tstzrange(starts_at, ends_at)) AS spans
    FROM shift
    WHERE ends_at > starts_at
    GROUP BY practitioner_id, location_id, day
),
win AS (
    SELECT m.practitioner_id, m.location_id, m.day, d.ahead, d.ahead_after, d.jump, window_span AS span,
           utc.opens + CASE WHEN utc.opens < d.jump THEN d.ahead ELSE d.ahead_after END AS wall_start,
           utc.closes + CASE WHEN utc.closes < d.jump THEN d.ahead ELSE d.ahead_after END AS wall_end
    FROM merged m
    JOIN day d ON d.location_id = m.location_id AND d.day = m.day
    CROSS JOIN unnest(m.spans) AS window_span
    CROSS JOIN LATERAL (SELECT lower(window_span) AT TIME ZONE 'UTC' AS opens,
                               upper(window_span) AT TIME ZONE 'UTC' AS closes) AS utc
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
    SELECT d.location_id, range_agg(d.span) AS spans
    FROM practitioners_closure c
    JOIN day d ON d.day BETWEEN c.starts_on AND c.ends_on
        AND (c.location_id IS NULL OR c.location_id = d.location_id)
    GROUP BY d.location_id
),
room AS MATERIALIZED (
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
    SELECT v.practitioner_id, v.service_id, d.day, count(*) AS many
    FROM visit v JOIN day d ON d.location_id = v.location_id AND d.span @> v.starts_at
    WHERE v.service_id IN (SELECT id FROM asked WHERE daily_limit IS NOT NULL)
    GROUP BY v.practitioner_id, v.service_id, d.day
),
free AS MATERIALIZED (  -- the windows with everything that blocks some of their time
    SELECT w.*, place.today,
           coalesce(taken.spans, '{}') + coalesce(away.spans, '{}') + coalesce(shut.spans, '{}') AS blocked
    FROM win w
    JOIN place ON place.id = w.location_id
    LEFT JOIN taken ON taken.practitioner_id = w.practitioner_id AND taken.location_id = w.location_id
    LEFT JOIN away ON away.practitioner_id = w.practitioner_id
    LEFT JOIN shut ON shut.location_id = w.location_id
),
start AS (
    SELECT f.practitioner_id, p.service_id, f.location_id, f.day, f.span, f.blocked, a.position,
           a.needs_room, a.daily_limit, moment.starts_at, moment.starts_at + a.length AS ends_at,
           tstzrange(moment.starts_at - a.before, moment.starts_at + a.length + a.after) AS busy
    FROM free f
    JOIN pair p ON p.practitioner_id = f.practitioner_id AND f.day <@ p.dates
    JOIN asked a ON a.id = p.service_id
    CROSS JOIN LATERAL generate_series(f.wall_start, f.wall_end - interval '1 minute', a.grid) AS wall
    CROSS JOIN LATERAL (  -- a skipped time comes never, a repeated one twice
        SELECT (wall - f.ahead) AT TIME ZONE 'UTC' WHERE wall - f.ahead < f.jump
        UNION ALL
        SELECT (wall - f.ahead_after) AT TIME ZONE 'UTC' WHERE wall - f.ahead_after >= f.jump
    ) AS moment (starts_at)
    WHERE tstzrange(moment.starts_at, moment.starts_at + a.length + a.after) <@ f.span
      AND moment.starts_at >= a.earliest
      AND (%(for_staff)s OR f.day <= f.today + a.horizon)
      AND NOT tstzrange(moment.starts_at - a.before, moment.starts_at + a.length + a.after) && f.blocked
),
kept AS (
    SELECT s.*
    FROM start s
    WHERE (s.daily_limit IS NULL OR s.daily_limit > coalesce((
              SELECT d.many FROM daily d
              WHERE d.practitioner_id = s.practitioner_id AND d.service_id = s.service_id AND d.day = s.day), 0))
      AND (NOT s.needs_room OR EXISTS (
          SELECT 1 FROM room r WHERE r.location_id = s.location_id AND NOT s.busy && r.spans))
),
shortest AS (  -- the least time in which each practitioner can give any session
    SELECT ps.practitioner_id,
           min(s.turnover_before + s.minutes + s.turnover_after) * interval '1 minute' AS needs
    FROM practitioners_practitioner_services ps
    JOIN practitioners_service s ON s.id = ps.service_id
    WHERE %(packs)s AND ps.practitioner_id = ANY(%(practitioners)s)
      AND s.is_published AND NOT EXISTS (
          SELECT 1 FROM practitioners_service_techniques t
          JOIN practitioners_technique q ON q.id = t.technique_id AND NOT q.is_published
          WHERE t.service_id = s.id)
    GROUP BY ps.practitioner_id
),
fitting AS (
    SELECT k.*, stretch.piece, shortest.needs IS NULL
           OR NOT (lower(k.busy) > lower(stretch.piece) AND lower(k.busy) < lower(stretch.piece) + shortest.needs)
          AND NOT (upper(k.busy) < upper(stretch.piece) AND upper(k.busy) > upper(stretch.piece) - shortest.needs)
           AS fits
    FROM kept k
    LEFT JOIN shortest ON shortest.practitioner_id = k.practitioner_id
    LEFT JOIN LATERAL unnest(tstzmultirange(k.span) - k.blocked) AS stretch (piece)
        ON %(packs)s AND stretch.piece @> k.starts_at
),
packed AS (
    SELECT f.*, bool_or(f.fits) OVER (PARTITION BY f.practitioner_id, f.service_id, f.location_id, f.piece) AS can_fit
    FROM fitting f
),
numbered AS (
    SELECT p.*, dense_rank() OVER (PARTITION BY p.practitioner_id ORDER BY p.starts_at) AS number
    FROM packed p
    WHERE NOT %(packs)s OR p.fits OR NOT p.can_fit
)
SELECT practitioner_id, service_id, location_id, starts_at, ends_at
FROM numbered
WHERE %(count)s::int IS NULL OR number <= %(count)s
ORDER BY starts_at, practitioner_id, position, service_id
