-- All that is offered.
SELECT o.practitioner_id, o.service_id, o.location_id,
       extract(epoch FROM a.length)::int, extract(epoch FROM a.grid)::int, o.firsts, o.until
FROM (
    SELECT practitioner_id, service_id, location_id,
           array_agg(date_part('epoch', first)::bigint) AS firsts,
           array_agg(floor(date_part('epoch', until))::bigint) AS until
    FROM offered
    GROUP BY practitioner_id, service_id, location_id
) AS o
JOIN asked a ON a.id = o.service_id
ORDER BY o.practitioner_id, a.position, o.service_id, o.location_id
