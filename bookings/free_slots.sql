-- Every start that can be booked, for some services and practitioners over some local days.
--
--   wall (hours by date) ──► span (moments) ──► work (merged) ──► free (what nothing blocks)
--        ──► part (a gap with one clock) ──► start (on the grid of the window's own wall clock)
--
-- A start is kept when [start, end + turnover after) lies in one window and
-- [start - turnover before, end + turnover after) meets no standing visit, time off or
-- closure, a room is free, and the practitioner may give the service on that date.
-- So whatever blocks, blocks for the turnover before a session longer, and what is left of
-- a window holds the sessions with their turnover after.
--
-- What the clocks show comes with the question (`wall_clock.stretches`), so that pages and
-- slots never read two editions of the time zones. A shift that begins or ends at a skipped
-- time is taken at the jump, at a repeated one at its first occurrence.
--
-- Where starts are to be packed, those that leave a gap too short for any session of the
-- practitioner are left out of a stretch of free time that has better ones.
WITH RECURSIVE place AS (  -- where, with today's date there
    SELECT * FROM unnest(%(places)s, %(todays)s) AS p (id, today)
),
clock AS (  -- what a place's clock is ahead of UTC from when until when, and what it showed at most before
    SELECT location_id, since.at AS since, coalesce(until, 'infinity') AS until, ahead, ahead_before,
           since.at AT TIME ZONE 'UTC' + ahead_before AS shown
    FROM unnest(%(clock_places)s, %(since)s, %(until)s, %(ahead)s, %(ahead_before)s)
        AS c (location_id, since, until, ahead, ahead_before)
    CROSS JOIN LATERAL (SELECT coalesce(c.since, '-infinity')) AS since (at)
),
date AS (
    SELECT d::date AS day, extract(isodow FROM d)::int AS weekday
    FROM generate_series(%(first_day)s::timestamp, %(last_day)s::timestamp, interval '1 day') AS d
),
clinic AS (
    SELECT coalesce(c.min_notice_minutes, %(notice)s) AS notice, coalesce(c.horizon_days, %(horizon)s) AS horizon,
           coalesce(c.travel_minutes, %(travel)s) * interval '1 minute' AS travel,
           coalesce(c.packs_starts, %(packs)s) AND NOT %(for_staff)s AND NOT %(any_gap)s AS packs
    FROM (SELECT 1 AS id) AS one LEFT JOIN practitioners_clinicsettings c USING (id)
),
asked AS (
    SELECT s.id, s.minutes * interval '1 minute' AS length,
           s.turnover_before * interval '1 minute' AS before,
           s.turnover_after * interval '1 minute' AS after,
           (s.minutes + s.turnover_after) * interval '1 minute' AS stay,
           s.start_grid * interval '1 minute' AS grid,
           s.needs_room, s.daily_limit, s.position,
           %(now)s + CASE WHEN %(for_staff)s THEN interval '0'
               ELSE coalesce(s.min_notice_minutes, c.notice) * interval '1 minute' END AS earliest,
           CASE WHEN NOT %(for_staff)s THEN coalesce(s.horizon_days, c.horizon) END AS horizon,
           (SELECT count(*) FROM practitioners_service_techniques t WHERE t.service_id = s.id) AS skills
    FROM practitioners_service s CROSS JOIN clinic c
    WHERE s.id = ANY(%(services)s) AND (%(for_staff)s OR s.is_published AND NOT EXISTS (
        SELECT 1 FROM practitioners_service_techniques t
        JOIN practitioners_technique q ON q.id = t.technique_id AND NOT q.is_published
        WHERE t.service_id = s.id))
),
papers AS (  -- the dates on which neither licence nor insurance is missing
    SELECT c.practitioner_id,
           range_intersect_agg(CASE WHEN c.status = 'active' THEN daterange(NULL, c.expires_on, '[]')
                                    ELSE 'empty'::daterange END) AS dates
    FROM practitioners_credential c
    WHERE c.practitioner_id = ANY(%(practitioners)s) AND c.kind IN ('licence', 'insurance')
    GROUP BY c.practitioner_id
),
certified AS (  -- how many certificates for a service somebody has, and when all of them count
    SELECT c.practitioner_id, a.id AS service_id, count(*) AS many,
           range_intersect_agg(daterange(c.certified_on, NULL) * daterange(NULL, c.expires_on, '[]')) AS dates
    FROM asked a
    JOIN practitioners_service_techniques t ON t.service_id = a.id
    JOIN practitioners_technique q ON q.id = t.technique_id
    JOIN practitioners_practitionertechnique c ON c.technique_id = q.id
    WHERE c.practitioner_id = ANY(%(practitioners)s) AND NOT (q.needs_training AND c.evidence = '')
    GROUP BY c.practitioner_id, a.id
),
pair AS MATERIALIZED (  -- who may give what, and on which dates
    SELECT p.id AS practitioner_id, a.*,
           coalesce(papers.dates, daterange(NULL, NULL)) * coalesce(certified.dates, daterange(NULL, NULL)) AS dates
    FROM practitioners_practitioner p
    JOIN practitioners_practitioner_services ps ON ps.practitioner_id = p.id
    JOIN asked a ON a.id = ps.service_id
    LEFT JOIN papers ON papers.practitioner_id = p.id
    LEFT JOIN certified ON certified.practitioner_id = p.id AND certified.service_id = a.id
    WHERE p.id = ANY(%(practitioners)s) AND p.is_active AND (p.is_bookable_online OR %(for_staff)s)
      AND coalesce(certified.many, 0) = a.skills
),
wall AS (  -- weekly and extra hours as the wall shows them, and closures, which are nobody's
    SELECT v.practitioner_id, v.location_id, d.day, d.day + v.starts_at AS opens, d.day + v.ends_at AS closes
    FROM practitioners_availability v
    JOIN date d ON d.weekday = v.weekday
    WHERE v.practitioner_id = ANY(%(practitioners)s) AND v.location_id = ANY(%(places)s)
      AND (v.valid_from IS NULL OR v.valid_from <= d.day)
      AND (v.valid_until IS NULL OR v.valid_until >= d.day)
    UNION ALL
    SELECT x.practitioner_id, x.location_id, x."on", x."on" + x.starts_at, x."on" + x.ends_at
    FROM practitioners_extrahours x
    WHERE x.practitioner_id = ANY(%(practitioners)s) AND x.location_id = ANY(%(places)s)
      AND x."on" BETWEEN %(first_day)s AND %(last_day)s
    UNION ALL
    SELECT NULL, place.id, c.starts_on, c.starts_on::timestamp, c.ends_on + interval '1 day'
    FROM practitioners_closure c
    JOIN place ON c.location_id IS NULL OR c.location_id = place.id
    WHERE c.starts_on <= %(last_day)s + 1 AND c.ends_on >= %(first_day)s - 1
),
span AS (  -- from the first moments at which the clock shows these times, or later ones
    SELECT w.practitioner_id, w.location_id, w.day, s.begins, s.ends
    FROM wall w
    JOIN clock c ON c.location_id = w.location_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN w.opens < c.shown THEN c.since
                    ELSE greatest(c.since, (w.opens - c.ahead) AT TIME ZONE 'UTC') END AS begins,
               CASE WHEN w.closes < c.shown THEN c.since
                    ELSE least(c.until, (w.closes - c.ahead) AT TIME ZONE 'UTC') END AS ends
    ) AS s
    WHERE s.begins < s.ends
),
work AS MATERIALIZED (  -- merged, and when each window begins: spans of one day that meet are one
    SELECT practitioner_id, location_id, range_agg(tstzrange(begins, ends)) AS spans,
           array_agg(begins ORDER BY begins) FILTER (WHERE is_apart) AS begins
    FROM (SELECT practitioner_id, location_id, begins, ends,
                 (begins <= max(ends) OVER earlier AND day = lag(day) OVER by_place) IS NOT TRUE AS is_apart
          FROM span
          WHERE practitioner_id IS NOT NULL
          WINDOW by_place AS (PARTITION BY practitioner_id, location_id ORDER BY begins),
                 earlier AS (by_place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS one
    GROUP BY practitioner_id, location_id
),
standing AS NOT MATERIALIZED (  -- what may block; asked of one practitioner or room at a time
    SELECT v.practitioner_id, v.room_id, v.location_id, v.service_id, v.starts_at, v.busy
    FROM bookings_appointment v
    WHERE v.status <> 'cancelled'
      AND v.starts_at >= %(first_day)s::timestamptz - interval '2 days'
      AND v.starts_at < %(last_day)s::timestamptz + interval '2 days'
      AND (v.status <> 'held' OR (v.held_until > %(now)s AND v.held_by <> %(visitor)s))
      AND v.id IS DISTINCT FROM %(moving)s
),
shut AS MATERIALIZED (
    SELECT location_id, begins, ends FROM span WHERE practitioner_id IS NULL
),
free AS MATERIALIZED (
    SELECT w.practitioner_id, w.location_id, w.begins, turnover.before,
           w.spans - coalesce(blocked.spans, '{}') AS spans
    FROM work w
    CROSS JOIN clinic c
    CROSS JOIN (SELECT DISTINCT before FROM asked) AS turnover
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(block.begins, block.ends + turnover.before)) AS spans
        FROM (  -- visits here, and elsewhere with the way between the two locations
            SELECT CASE WHEN v.location_id = w.location_id THEN lower(v.busy) ELSE lower(v.busy) - c.travel END AS begins,
                   CASE WHEN v.location_id = w.location_id THEN upper(v.busy) ELSE upper(v.busy) + c.travel END AS ends
            FROM standing v
            WHERE v.practitioner_id = w.practitioner_id
            UNION ALL
            SELECT o.starts_at, o.ends_at
            FROM practitioners_timeoff o
            WHERE o.practitioner_id = w.practitioner_id
              AND o.ends_at > %(first_day)s::timestamptz - interval '2 days'
              AND o.starts_at < %(last_day)s::timestamptz + interval '2 days'
            UNION ALL
            SELECT shut.begins, shut.ends FROM shut WHERE shut.location_id = w.location_id
        ) AS block
    ) AS blocked
),
room AS MATERIALIZED (
    SELECT location_id, id, row_number() OVER (PARTITION BY location_id ORDER BY id) AS th
    FROM practitioners_room
    WHERE is_active AND location_id IN (SELECT location_id FROM work)
),
crowded AS (  -- when somebody may start, and in none of the first rooms; room by room until there is no such time
    SELECT f.location_id, a.id AS service_id, 0::bigint AS rooms,
           range_agg(tstzrange(lower(gap), upper(gap) - a.stay, '[]')) AS spans
    FROM free f
    JOIN asked a ON a.before = f.before AND a.needs_room
    CROSS JOIN unnest(f.spans) AS gap
    WHERE upper(gap) - lower(gap) >= a.stay
    GROUP BY f.location_id, a.id
    UNION ALL
    SELECT c.location_id, c.service_id, room.th, c.spans * coalesce(used.spans, '{}')
    FROM crowded c
    JOIN asked a ON a.id = c.service_id
    JOIN room ON room.location_id = c.location_id AND room.th = c.rooms + 1
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(lower(v.busy) - a.stay, upper(v.busy) + a.before, '()')) AS spans
        FROM standing v
        WHERE v.room_id = room.id
    ) AS used
    WHERE NOT isempty(c.spans)
),
no_room AS MATERIALIZED (
    SELECT DISTINCT ON (location_id, service_id) location_id, service_id, spans
    FROM crowded
    ORDER BY location_id, service_id, rooms DESC
),
giver AS MATERIALIZED (
    SELECT f.*, a.id AS service_id, a.stay, a.grid, a.earliest, a.dates, a.daily_limit,
           place.today + a.horizon AS horizon, coalesce(n.spans, '{}') AS no_room
    FROM free f
    JOIN pair a ON a.practitioner_id = f.practitioner_id AND a.before = f.before
    JOIN place ON place.id = f.location_id
    LEFT JOIN no_room n ON n.location_id = f.location_id AND n.service_id = a.id
),
part AS (  -- a gap with one clock, the window around it, and the moment from which its starts are counted
    SELECT g.*, (p.begins AT TIME ZONE 'UTC' + c.ahead)::date AS day, p.begins AS part_from, c.until,
           least(upper(gap), g.begins[n.th + 1]) AS free_until,
           greatest(g.begins[n.th], lower(gap) - g.before) AS free_from,
           g.begins[n.th] + CASE WHEN g.begins[n.th] < c.since THEN c.ahead_before - c.ahead
                                 ELSE interval '0' END AS grid_from
    FROM giver g
    CROSS JOIN unnest(g.spans) AS gap
    JOIN clock c ON c.location_id = g.location_id AND c.since < upper(gap) AND c.until > lower(gap)
    CROSS JOIN LATERAL (SELECT greatest(lower(gap), c.since)) AS p (begins)
    CROSS JOIN LATERAL width_bucket(p.begins, g.begins) AS n (th)
    WHERE upper(gap) - lower(gap) >= g.stay
),
start AS (
    SELECT p.practitioner_id, p.service_id, p.location_id, p.stay, p.before,
           p.free_from, p.free_until, moment AS starts_at
    FROM part p
    CROSS JOIN LATERAL generate_series(
        date_bin(p.grid, greatest(p.part_from, p.grid_from, p.earliest) + p.grid - interval '1 microsecond', p.grid_from),
        p.free_until - p.stay, p.grid) AS moment
    WHERE p.day <@ p.dates AND (p.horizon IS NULL OR p.day <= p.horizon)
      AND moment < p.until AND NOT p.no_room @> moment
      AND (p.daily_limit IS NULL OR p.daily_limit > (
          SELECT count(*)
          FROM standing v
          JOIN clock c ON c.location_id = v.location_id AND v.starts_at >= c.since AND v.starts_at < c.until
          WHERE v.practitioner_id = p.practitioner_id AND v.service_id = p.service_id
            AND (v.starts_at AT TIME ZONE 'UTC' + c.ahead)::date = p.day
      ))
),
shortest AS (  -- the least time in which each practitioner can give any session
    SELECT ps.practitioner_id,
           min(s.turnover_before + s.minutes + s.turnover_after) * interval '1 minute' AS needs
    FROM practitioners_practitioner_services ps
    JOIN practitioners_service s ON s.id = ps.service_id
    WHERE ps.practitioner_id = ANY(%(practitioners)s)
      AND s.is_published AND NOT EXISTS (
          SELECT 1 FROM practitioners_service_techniques t
          JOIN practitioners_technique q ON q.id = t.technique_id AND NOT q.is_published
          WHERE t.service_id = s.id)
    GROUP BY ps.practitioner_id
),
fitting AS (
    SELECT s.*, shortest.needs IS NULL
           OR NOT (begins > free_from AND begins < free_from + shortest.needs)
          AND NOT (ends < free_until AND ends > free_until - shortest.needs) AS fits
    FROM start s
    LEFT JOIN shortest USING (practitioner_id)
    CROSS JOIN LATERAL (
        SELECT s.starts_at - s.before AS begins, s.starts_at + s.stay AS ends) AS busy
    WHERE (SELECT packs FROM clinic)
),
packed AS (
    SELECT f.*, bool_or(f.fits) OVER (PARTITION BY practitioner_id, service_id, location_id, free_from) AS can_fit
    FROM fitting f
),
offered AS (
    SELECT practitioner_id, service_id, location_id, starts_at FROM start WHERE NOT (SELECT packs FROM clinic)
    UNION ALL
    SELECT practitioner_id, service_id, location_id, starts_at FROM packed WHERE fits OR NOT can_fit
)
SELECT o.practitioner_id, o.service_id, o.location_id, extract(epoch FROM a.length)::int, o.starts[:%(count)s]
FROM (
    SELECT practitioner_id, service_id, location_id,
           array_agg(date_part('epoch', starts_at)::bigint ORDER BY starts_at) AS starts
    FROM offered
    GROUP BY practitioner_id, service_id, location_id
) AS o
JOIN asked a ON a.id = o.service_id
ORDER BY o.practitioner_id, a.position, o.service_id, o.location_id
