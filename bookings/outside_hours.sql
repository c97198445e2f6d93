-- The visits still to come that no hours hold any more, soonest first, with what is in their way.
--
-- Only the visit itself counts, not its turnover: nobody is to move a client because ten
-- minutes of tidying reach into a day off.
SELECT v.id,
       CASE WHEN shut.yes THEN 'closed' WHEN away.yes THEN 'away' ELSE 'outside' END
FROM bookings_appointment v
JOIN practitioners_location l ON l.id = v.location_id
CROSS JOIN LATERAL (SELECT (v.starts_at AT TIME ZONE l.time_zone)::date AS day) AS local
CROSS JOIN LATERAL (
    SELECT NOT l.is_active OR EXISTS (
        SELECT 1 FROM practitioners_closure c
        WHERE (c.location_id IS NULL OR c.location_id = l.id)
          AND local.day BETWEEN c.starts_on AND c.ends_on) AS yes
) AS shut
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM practitioners_timeoff t
        WHERE t.practitioner_id = v.practitioner_id
          AND t.starts_at < v.ends_at AND t.ends_at > v.starts_at) AS yes
) AS away
CROSS JOIN LATERAL (
    SELECT range_agg(tstzrange((local.day + h.starts_at) AT TIME ZONE l.time_zone,
                               (local.day + h.ends_at) AT TIME ZONE l.time_zone)) AS spans
    FROM (
        SELECT a.starts_at, a.ends_at FROM practitioners_availability a
        WHERE a.practitioner_id = v.practitioner_id AND a.location_id = v.location_id
          AND a.weekday = extract(isodow FROM local.day)
          AND (a.valid_from IS NULL OR a.valid_from <= local.day)
          AND (a.valid_until IS NULL OR a.valid_until >= local.day)
        UNION ALL
        SELECT x.starts_at, x.ends_at FROM practitioners_extrahours x
        WHERE x.practitioner_id = v.practitioner_id AND x.location_id = v.location_id
          AND x."on" = local.day
    ) AS h
    WHERE (local.day + h.ends_at) AT TIME ZONE l.time_zone
        > (local.day + h.starts_at) AT TIME ZONE l.time_zone
) AS hours
WHERE v.practitioner_id = ANY(%(practitioners)s)
  AND v.status IN ('booked', 'arrived')
  AND v.starts_at > %(now)s
  AND (shut.yes OR away.yes
       OR NOT coalesce(hours.spans @> tstzrange(v.starts_at, v.ends_at), false))
ORDER BY v.starts_at, v.id
