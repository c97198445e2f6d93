-- All that is offered. Before it one row says which changes are noted and, to who keeps hours, the hours.
SELECT NULL::bigint, NULL::bigint, NULL::bigint, NULL::int, NULL::int, NULL::bigint[], NULL::bigint[], changes, hours
FROM noted, told
UNION ALL (
    SELECT o.practitioner_id, o.service_id, o.location_id,
           extract(epoch FROM a.length)::int, extract(epoch FROM a.grid)::int, o.firsts, o.until, NULL, NULL
    FROM (
        SELECT practitioner_id, service_id, location_id,
               array_agg(date_part('epoch', first)::bigint) AS firsts,
               array_agg(floor(date_part('epoch', until))::bigint) AS until
        FROM offered
        GROUP BY practitioner_id, service_id, location_id
    ) AS o
    JOIN asked a ON a.id = o.service_id
    ORDER BY o.practitioner_id, a.position, o.service_id, o.location_id
)
