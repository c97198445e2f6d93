-- Every start that can be booked, for some services and practitioners over some local days.
--
--   hours (windows of work) ──► free (what nothing blocks) ──► part (a gap with one clock)
--        ──► run (starts on the grid of the window's own wall clock)
--
-- A start is kept when [start, end + turnover after) lies in one window and
-- [start - turnover before, end + turnover after) meets no standing visit, time off or
-- closure, a room is free, and the practitioner may give the service on that date.
-- So whatever blocks, blocks for the turnover before a session longer, and what is left of
-- a window holds the sessions with their turnover after. Starts are never listed here: a run
-- is its first start, and until when there are more.
--
-- It goes on where `starts.py` says:
--   whose hours      free_slots_hours.sql    finds them
--                    free_slots_kept.sql     has them with the question, from a process that keeps them
--   what is left     free_slots_gaps.sql
--   what is offered  free_slots_loose.sql    all of it
--                    free_slots_packed.sql   where starts may have to be packed
--   what is answered free_slots_runs.sql     all that is offered
--                    free_slots_first.sql    the first of each practitioner
--
-- What the clocks show comes with the question (`wall_clock.stretches`), so that pages and
-- slots never read two editions of the time zones.
WITH RECURSIVE clock AS (  -- what a place's clock is ahead of UTC from when until when, what it showed at most before
    SELECT location_id, today, since, until, ahead, ahead_before, since AT TIME ZONE ahead_before AS shown,
           (since AT TIME ZONE ahead)::date <> (since AT TIME ZONE ahead_before)::date AS skips_midnight
    FROM (SELECT location_id, today, coalesce(since, '-infinity') AS since, coalesce(until, 'infinity') AS until,
                 ahead * interval '1 second' AS ahead, ahead_before * interval '1 second' AS ahead_before
          FROM unnest(%(clock_places)s, %(todays)s, %(since)s, %(until)s, %(ahead)s, %(ahead_before)s)
              AS c (location_id, today, since, until, ahead, ahead_before)) AS one
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
           CASE WHEN NOT %(for_staff)s THEN coalesce(s.horizon_days, c.horizon) END AS horizon
    FROM practitioners_service s CROSS JOIN clinic c
    WHERE s.id = ANY(%(services)s)
),
noted AS (  -- the sum of all changes of the practitioners' tables (`together.py`)
    SELECT sum(mark)::text AS changes FROM practitioners_change
),
