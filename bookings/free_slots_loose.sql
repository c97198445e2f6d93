-- Where starts are not packed, every part is a run, or what crowded rooms leave of it.
offered AS (
    SELECT p.practitioner_id, p.service_id, p.location_id, p.first, p.until
    FROM part p
    WHERE p.no_room IS NULL
    UNION ALL
    SELECT p.practitioner_id, p.service_id, p.location_id, r.first, cut.until
    FROM part p
    CROSS JOIN LATERAL (
        SELECT lower(open) AS since, upper(open) AS until
        FROM unnest(tstzmultirange(tstzrange(p.since, p.until, '[]')) - p.no_room) AS open
    ) AS cut
    CROSS JOIN LATERAL (SELECT date_bin(p.grid, cut.since + p.grid - interval '1 microsecond', p.grid_from)) AS r (first)
    WHERE p.no_room IS NOT NULL AND r.first <= cut.until
)
