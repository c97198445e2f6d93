-- Coming visits of some people that their hours may no longer hold, soonest first.
--
-- It goes by what the clock of the place shows, so that it need not look at each visit with
-- each day's hours in Python; `outside_hours.Hours` then judges those that it finds. Where a
-- clock changes on the day, the wall says too little, and every visit is among them.
SELECT visit.id
FROM bookings_appointment AS visit
JOIN practitioners_location AS place ON place.id = visit.location_id
CROSS JOIN LATERAL (
    SELECT visit.starts_at AT TIME ZONE place.time_zone AS begins,
           visit.ends_at AT TIME ZONE place.time_zone AS ends
) AS wall
CROSS JOIN LATERAL (
    SELECT (wall.begins::date + 1)::timestamp AT TIME ZONE place.time_zone
         - wall.begins::date::timestamp AT TIME ZONE place.time_zone AS lasts
) AS day
WHERE visit.practitioner_id = ANY(%(people)s) AND visit.status IN ('booked', 'arrived')
  AND visit.starts_at > %(now)s
  AND NOT (
      place.is_active
      AND day.lasts = interval '24 hours'
      AND NOT EXISTS (
          SELECT FROM practitioners_closure AS closure
          WHERE (closure.location_id IS NULL OR closure.location_id = visit.location_id)
            AND wall.begins::date BETWEEN closure.starts_on AND closure.ends_on)
      AND NOT EXISTS (
          SELECT FROM practitioners_timeoff AS away
          WHERE away.practitioner_id = visit.practitioner_id
            AND away.starts_at < visit.ends_at AND away.ends_at > visit.starts_at)
      AND coalesce((
          SELECT range_agg(tsrange(wall.begins::date + shift.opens, wall.begins::date + shift.closes))
          FROM (
              SELECT weekly.starts_at AS opens, weekly.ends_at AS closes
              FROM practitioners_availability AS weekly
              WHERE weekly.practitioner_id = visit.practitioner_id AND weekly.location_id = visit.location_id
                AND weekly.weekday = extract(isodow FROM wall.begins)
                AND (weekly.valid_from IS NULL OR weekly.valid_from <= wall.begins::date)
                AND (weekly.valid_until IS NULL OR weekly.valid_until >= wall.begins::date)
              UNION ALL
              SELECT extra.starts_at, extra.ends_at
              FROM practitioners_extrahours AS extra
              WHERE extra.practitioner_id = visit.practitioner_id AND extra.location_id = visit.location_id
                AND extra."on" = wall.begins::date
          ) AS shift
      ) @> CASE WHEN wall.begins < wall.ends THEN tsrange(wall.begins, wall.ends) END, FALSE)
  )
ORDER BY visit.starts_at, visit.id
LIMIT %(count)s OFFSET %(first)s
