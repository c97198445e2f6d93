-- Where starts are to be packed, those that leave a gap too short for any session of the
-- practitioner are left out of a stretch of free time that has better ones.
shortest AS (  -- where starts are packed: the least time in which each practitioner can give any session
    SELECT ps.practitioner_id,
           min(s.turnover_before + s.minutes + s.turnover_after) * interval '1 minute' AS needs
    FROM practitioners_practitioner_services ps
    JOIN practitioners_service s ON s.id = ps.service_id
    WHERE (SELECT packs FROM clinic) AND ps.practitioner_id = ANY(%(practitioners)s)
      AND s.is_published AND NOT EXISTS (
          SELECT 1 FROM practitioners_service_techniques t
          JOIN practitioners_technique q ON q.id = t.technique_id AND NOT q.is_published
          WHERE t.service_id = s.id)
    GROUP BY ps.practitioner_id
),
run AS (  -- the first start on the grid, until when there are more, and whether none of them leaves a gap too short
    SELECT p.practitioner_id, p.service_id, p.location_id, p.free_from, cut.fits, r.first, cut.until
    FROM part p
    LEFT JOIN shortest USING (practitioner_id)
    CROSS JOIN LATERAL (
        SELECT p.since, p.until, true AS fits
        WHERE p.no_room IS NULL AND NOT (SELECT packs FROM clinic)
        UNION ALL
        SELECT lower(open), upper(open), fits
        FROM unnest(CASE WHEN (SELECT packs FROM clinic) THEN ARRAY[true, false] ELSE ARRAY[true] END) AS fits
        CROSS JOIN LATERAL unnest(
            tstzmultirange(tstzrange(p.since, p.until, '[]')) - coalesce(p.no_room, '{}')
            - CASE WHEN fits AND needs IS NOT NULL THEN tstzmultirange(
                  tstzrange(p.free_from + p.before, p.free_from + p.before + needs, '()'),
                  tstzrange(p.free_until - p.stay - needs, p.free_until - p.stay, '()')) ELSE '{}' END) AS open
        WHERE p.no_room IS NOT NULL OR (SELECT packs FROM clinic)
    ) AS cut
    CROSS JOIN LATERAL (SELECT date_bin(p.grid, cut.since + p.grid - interval '1 microsecond', p.grid_from)) AS r (first)
    WHERE r.first <= cut.until
),
offered AS (
    SELECT practitioner_id, service_id, location_id, first, until FROM run WHERE NOT (SELECT packs FROM clinic)
    UNION ALL
    SELECT practitioner_id, service_id, location_id, first, until
    FROM (SELECT run.*, bool_or(fits) OVER (PARTITION BY practitioner_id, service_id, location_id, free_from) AS can_fit
          FROM run WHERE (SELECT packs FROM clinic)) AS one
    WHERE fits OR NOT can_fit
)
