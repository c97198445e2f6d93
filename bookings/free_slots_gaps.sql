-- What visits leave of the hours, and in which rooms.
--
-- A room that nobody else uses in these days is free whenever its practitioner is. Only for those
-- who have none, rooms are looked at one after the other.
standing AS NOT MATERIALIZED (  -- what may block; asked of one practitioner or room at a time
    SELECT v.practitioner_id, v.room_id, v.location_id, v.service_id, v.starts_at, v.busy
    FROM bookings_appointment v
    WHERE v.status <> 'cancelled'
      AND v.starts_at >= %(looked_from)s
      AND v.starts_at < %(looked_until)s
      AND (v.status <> 'held' OR (v.held_until > %(now)s AND v.held_by <> %(visitor)s))
      AND v.id IS DISTINCT FROM %(moving)s
),
free AS MATERIALIZED (  -- what is left of the windows, and whether others use a practitioner's room, too
    SELECT h.practitioner_id, h.location_id, h.before,
           ARRAY(SELECT lower(one) FROM unnest(h.windows) AS one) AS opens,
           h.windows - coalesce(visits.spans, '{}') - coalesce(h.away, '{}') AS spans,
           ((visits.room_id, h.location_id) IN (SELECT id, location_id FROM practitioners_room WHERE is_active)
            AND (SELECT bool_and(v.practitioner_id = h.practitioner_id)
                 FROM bookings_appointment v
                 WHERE v.room_id = visits.room_id AND v.status <> 'cancelled'
                   AND v.starts_at >= %(looked_from)s AND v.starts_at < %(looked_until)s)) IS NOT TRUE AS shares
    FROM hours h
    CROSS JOIN clinic c
    CROSS JOIN LATERAL (  -- those elsewhere with the way between the two locations
        SELECT range_agg(
                   CASE WHEN v.location_id = h.location_id AND h.before = interval '0' THEN v.busy
                        WHEN v.location_id = h.location_id THEN tstzrange(lower(v.busy), upper(v.busy) + h.before)
                        ELSE tstzrange(lower(v.busy) - c.travel, upper(v.busy) + c.travel + h.before) END) AS spans,
               max(v.room_id) AS room_id
        FROM standing v
        WHERE v.practitioner_id = h.practitioner_id
    ) AS visits
),
here AS MATERIALIZED (  -- the same with each clock of its place
    SELECT f.practitioner_id, f.location_id, f.before, f.opens, f.spans, f.shares,
           c.since, c.until, c.ahead, c.ahead_before, c.today
    FROM free f
    JOIN clock c ON c.location_id = f.location_id
),
room AS MATERIALIZED (
    SELECT location_id, id, row_number() OVER (PARTITION BY location_id ORDER BY id) AS th
    FROM practitioners_room
    WHERE is_active AND location_id IN (SELECT location_id FROM free WHERE shares)
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
    SELECT f.practitioner_id, a.id AS service_id, f.location_id, a.before, a.stay, a.grid, n.spans AS no_room, start.*
    FROM here f
    JOIN pair a ON a.practitioner_id = f.practitioner_id AND a.before = f.before
    LEFT JOIN no_room n ON f.shares AND n.location_id = f.location_id AND n.service_id = a.id
    CROSS JOIN LATERAL (  -- of each, as many as are asked for: gaps come in their order
        SELECT p.grid_from, p.free_from, gap.ends AS free_until, s.since, s.until, r.first
        FROM (SELECT lower(gap) AS begins, upper(gap) AS ends FROM unnest(f.spans) AS gap OFFSET 0) AS gap
        CROSS JOIN LATERAL (
            SELECT greatest(gap.begins, f.since) AS begins, f.opens[width_bucket(gap.begins, f.opens)] AS opens
            OFFSET 0
        ) AS shift
        CROSS JOIN LATERAL (
            SELECT (shift.begins AT TIME ZONE f.ahead)::date AS day,
                   greatest(shift.opens, gap.begins - a.before) AS free_from,
                   shift.opens + CASE WHEN shift.opens < f.since THEN f.ahead_before - f.ahead
                                      ELSE interval '0' END AS grid_from
        ) AS p
        CROSS JOIN LATERAL (
            SELECT greatest(shift.begins, p.grid_from, a.earliest) AS since,
                   least(gap.ends - a.stay, f.until - interval '1 microsecond') AS until
        ) AS s
        CROSS JOIN LATERAL (
            SELECT date_bin(a.grid, s.since + a.grid - interval '1 microsecond', p.grid_from) AS first
        ) AS r
        WHERE a.stay <= gap.ends - gap.begins AND f.since < gap.ends AND f.until > gap.begins
          AND r.first <= s.until
          AND p.day <@ a.dates AND (a.horizon IS NULL OR p.day <= f.today + a.horizon)
          AND (a.daily_limit IS NULL OR a.daily_limit > (
              SELECT count(*)
              FROM standing v
              JOIN clock c ON c.location_id = v.location_id AND v.starts_at >= c.since AND v.starts_at < c.until
              WHERE v.practitioner_id = f.practitioner_id AND v.service_id = a.id
                AND (v.starts_at AT TIME ZONE c.ahead)::date = p.day
          ))
        LIMIT CASE WHEN n.spans IS NULL THEN %(most)s END
    ) AS start
),
