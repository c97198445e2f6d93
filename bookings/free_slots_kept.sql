-- The hours as `free_slots_hours.sql` has found them before: none of them where something has been
-- changed since, which the first row of the answer says.
hours AS (
    SELECT *
    FROM unnest(%(hours_of)s, %(hours_at)s, %(before)s, %(windows)s, %(away)s)
        AS h (practitioner_id, location_id, before, windows, away)
    WHERE (SELECT changes FROM noted) = %(known)s
),
pair AS (
    SELECT p.practitioner_id, a.*, p.dates
    FROM unnest(%(givers)s, %(given)s, %(dates)s) AS p (practitioner_id, service_id, dates)
    JOIN asked a ON a.id = p.service_id
),
told AS (
    SELECT NULL::text[] AS hours
),
