-- The first start of each practitioner; of services that could start then the first in their order.
-- Before them one row says which changes are noted and, to who keeps hours, the hours.
SELECT NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, changes, hours FROM noted, told
UNION ALL (
    SELECT DISTINCT ON (o.practitioner_id) o.practitioner_id, o.service_id, o.location_id,
           date_part('epoch', o.first)::bigint, date_part('epoch', o.first + a.length)::bigint, NULL, NULL
    FROM offered o
    JOIN asked a ON a.id = o.service_id
    ORDER BY o.practitioner_id, o.first, a.position, o.service_id, o.location_id
)
