-- Every start that can be booked, for some services and practitioners over some local days.
--
--   wall (hours by date) ──► span (moments) ──► work (windows) ──► free (what nothing blocks)
--        ──► part (a gap with one clock) ──► run (starts on the grid of the window's own wall clock)
--
-- A start is kept when [start, end + turnover after) lies in one window and
-- [start - turnover before, end + turnover after) meets no standing visit, time off or
-- closure, a room is free, and the practitioner may give the service on that date.
-- So whatever blocks, blocks for the turnover before a session longer, and what is left of
-- a window holds the sessions with their turnover after. Starts are never listed here: a run
-- is its first start, and until when there are more.
--
-- A room that nobody else uses in these days is free whenever its practitioner is. Only for those
-- who have none, rooms are looked at one after the other.
--
-- What the clocks show comes with the question (`wall_clock.stretches`), so that pages and
-- slots never read two editions of the time zones. A shift that begins or ends at a skipped
-- time is taken at the jump, at a repeated one at its first occurrence.
--
-- It goes on where `starts.py` says: which starts of these parts are offered (`free_slots_loose.sql`,
-- or `free_slots_packed.sql` where they may have to be packed), and what is answered: all of them
-- (`free_slots_runs.sql`) or the first of each practitioner (`free_slots_first.sql`).
WITH RECURSIVE clock AS (  -- what a place's clock is ahead of UTC from when until when, what it showed at most before
    SELECT location_id, today, since, until, ahead, ahead_before, since AT TIME ZONE ahead_before AS shown,
           (since AT TIME ZONE ahead)::date <> (since AT TIME ZONE ahead_before)::date AS skips_midnight
    FROM (SELECT location_id, today, coalesce(since, '-infinity') AS since, coalesce(until, 'infinity') AS until,
                 ahead * interval '1 second' AS ahead, ahead_before * interval '1 second' AS ahead_before
          FROM unnest(%(clock_places)s, %(todays)s, %(since)s, %(until)s, %(ahead)s, %(ahead_before)s)
              AS c (location_id, today, since, until, ahead, ahead_before)) AS one
),
date AS MATERIALIZED (
    SELECT d::date AS day, extract(isodow FROM d)::int AS weekday
    FROM generate_series(%(first_day)s::timestamp, %(last_day)s::timestamp, interval '1 day') AS d
),
clinic AS (
    SELECT coalesce(c.min_notice_minutes, %(notice)s) AS notice, coalesce(c.horizon_days, %(horizon)s) AS horizon,
           coalesce(c.travel_minutes, %(travel)s) * interval '1 minute' AS travel,
           coalesce(c.packs_starts, %(packs)s) AS packs
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
pair AS MATERIALIZED (  -- who may give what, and on which dates
    SELECT p.id AS practitioner_id, a.*,
           coalesce(papers.dates, daterange(NULL, NULL)) * coalesce(certified.dates, daterange(NULL, NULL)) AS dates
    FROM practitioners_practitioner p
    JOIN practitioners_practitioner_services ps ON ps.practitioner_id = p.id
    JOIN asked a ON a.id = ps.service_id
    LEFT JOIN papers ON papers.practitioner_id = p.id
    LEFT JOIN certified ON certified.practitioner_id = p.id AND certified.service_id = a.id
    WHERE p.id = ANY((SELECT keys FROM working)::bigint[]) AND p.is_active AND (p.is_bookable_online OR %(for_staff)s)
      AND coalesce(certified.many, 0) = a.skills
),
standing AS NOT MATERIALIZED (  -- what may block; asked of one practitioner or room at a time
    SELECT v.practitioner_id, v.room_id, v.location_id, v.service_id, v.starts_at, v.busy
    FROM bookings_appointment v
    WHERE v.status <> 'cancelled'
      AND v.starts_at >= %(looked_from)s
      AND v.starts_at < %(looked_until)s
      AND (v.status <> 'held' OR (v.held_until > %(now)s AND v.held_by <> %(visitor)s))
      AND v.id IS DISTINCT FROM %(moving)s
),
room AS MATERIALIZED (
    SELECT location_id, id, row_number() OVER (PARTITION BY location_id ORDER BY id) AS th
    FROM practitioners_room
    WHERE is_active AND location_id IN (SELECT location_id FROM work)
),
free AS MATERIALIZED (  -- what is left of the windows, and whether others use a practitioner's room, too
    SELECT w.practitioner_id, w.location_id, turnover.before,
           ARRAY(SELECT lower(one) FROM unnest(w.windows) AS one) AS opens,
           w.windows - coalesce(visits.spans, '{}') - coalesce(away.spans, '{}') AS spans,
           (SELECT bool_and(v.practitioner_id = w.practitioner_id)
            FROM bookings_appointment v
            WHERE v.room_id = room.id AND v.status <> 'cancelled'
              AND v.starts_at >= %(looked_from)s AND v.starts_at < %(looked_until)s) IS NOT TRUE AS shares
    FROM work w
    LEFT JOIN work shut ON shut.practitioner_id IS NULL AND shut.location_id = w.location_id
    CROSS JOIN clinic c
    CROSS JOIN (SELECT before, before = interval '0' AS is_none FROM asked GROUP BY before) AS turnover
    CROSS JOIN LATERAL (  -- those elsewhere with the way between the two locations
        SELECT range_agg(
                   CASE WHEN v.location_id = w.location_id AND turnover.is_none THEN v.busy
                        WHEN v.location_id = w.location_id THEN tstzrange(lower(v.busy), upper(v.busy) + turnover.before)
                        ELSE tstzrange(lower(v.busy) - c.travel, upper(v.busy) + c.travel + turnover.before) END) AS spans,
               max(v.room_id) AS room_id
        FROM standing v
        WHERE v.practitioner_id = w.practitioner_id
    ) AS visits
    CROSS JOIN LATERAL (
        SELECT range_agg(tstzrange(lower(span), upper(span) + turnover.before)) AS spans
        FROM (SELECT tstzrange(o.starts_at, o.ends_at) AS span
              FROM practitioners_timeoff o
              WHERE o.practitioner_id = w.practitioner_id
                AND o.ends_at > %(looked_from)s AND o.starts_at < %(looked_until)s
              UNION ALL
              SELECT closed FROM unnest(shut.windows) AS closed) AS one
    ) AS away
    LEFT JOIN room ON room.id = visits.room_id AND room.location_id = w.location_id
    WHERE w.practitioner_id IS NOT NULL
),
crowded AS (  -- when somebody may start, and in none of the first rooms; room by room until there is no such time
    SELECT f.location_id, a.id AS service_id, 0::bigint AS rooms,
           range_agg(tstzrange(lower(gap), upper(gap) - a.stay, '[]')) AS spans
    FROM free f
    JOIN asked a ON a.before = f.before AND a.needs_room AND f.shares
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
part AS (  -- a gap with one clock, when a session may start in it, and from when starts are counted
    SELECT f.practitioner_id, a.id AS service_id, f.location_id, a.before, a.stay, a.grid, n.spans AS no_room,
           p.grid_from, p.free_from, gap.ends AS free_until, s.since, s.until
    FROM free f
    CROSS JOIN LATERAL (SELECT lower(gap) AS begins, upper(gap) AS ends FROM unnest(f.spans) AS gap OFFSET 0) AS gap
    JOIN pair a ON a.practitioner_id = f.practitioner_id AND a.before = f.before AND a.stay <= gap.ends - gap.begins
    JOIN clock c ON c.location_id = f.location_id AND c.since < gap.ends AND c.until > gap.begins
    LEFT JOIN no_room n ON f.shares AND n.location_id = f.location_id AND n.service_id = a.id
    CROSS JOIN LATERAL (
        SELECT greatest(gap.begins, c.since) AS begins, f.opens[width_bucket(gap.begins, f.opens)] AS opens
        OFFSET 0
    ) AS shift
    CROSS JOIN LATERAL (
        SELECT (shift.begins AT TIME ZONE c.ahead)::date AS day,
               greatest(shift.opens, gap.begins - a.before) AS free_from,
               shift.opens + CASE WHEN shift.opens < c.since THEN c.ahead_before - c.ahead
                                  ELSE interval '0' END AS grid_from
    ) AS p
    CROSS JOIN LATERAL (
        SELECT greatest(shift.begins, p.grid_from, a.earliest) AS since,
               least(gap.ends - a.stay, c.until - interval '1 microsecond') AS until
    ) AS s
    WHERE s.since <= s.until
      AND p.day <@ a.dates AND (a.horizon IS NULL OR p.day <= c.today + a.horizon)
      AND (a.daily_limit IS NULL OR a.daily_limit > (
          SELECT count(*)
          FROM standing v
          JOIN clock c ON c.location_id = v.location_id AND v.starts_at >= c.since AND v.starts_at < c.until
          WHERE v.practitioner_id = f.practitioner_id AND v.service_id = a.id
            AND (v.starts_at AT TIME ZONE c.ahead)::date = p.day
      ))
),
