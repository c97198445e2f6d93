"""The fastest that the same server does for the same rows: raw statements, prepared.

They prove the speed, not the feature: they know no rooms, holds, notice, closures or
certificates, and count starts from midnight UTC.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from bench.seeding import insert_of
from bookings.models import Appointment, Message

# ids, first day, days, minutes of the session, minutes between starts, minutes around a visit
FREE = """
WITH work AS (
    SELECT v.practitioner_id AS id, range_agg(tstzrange(
        (d + v.starts_at) AT TIME ZONE l.time_zone, (d + v.ends_at) AT TIME ZONE l.time_zone)) AS spans
    FROM practitioners_availability v
    JOIN practitioners_location l ON l.id = v.location_id
    JOIN generate_series($2::timestamp, $2::timestamp + make_interval(days => $3 - 1), interval '1 day') AS d
        ON extract(isodow FROM d) = v.weekday
    WHERE v.practitioner_id = ANY ($1)
    GROUP BY 1
), away AS (
    SELECT practitioner_id AS id, range_agg(tstzrange(starts_at, ends_at)) AS spans
    FROM practitioners_timeoff
    WHERE practitioner_id = ANY ($1) AND ends_at > $2::timestamptz - interval '1 day'
      AND starts_at < $2::timestamptz + make_interval(days => $3 + 1)
    GROUP BY 1
), busy AS (
    SELECT practitioner_id AS id, range_agg(tstzrange(
        starts_at - make_interval(mins => $6), ends_at + make_interval(mins => $6))) AS spans
    FROM bookings_appointment
    WHERE practitioner_id = ANY ($1) AND status <> 'cancelled'
      AND starts_at >= $2::timestamptz - interval '2 days'
      AND starts_at < $2::timestamptz + make_interval(days => $3 + 1)
    GROUP BY 1
), free AS (
    SELECT work.id, work.spans - coalesce(away.spans, '{}') - coalesce(busy.spans, '{}') AS spans
    FROM work LEFT JOIN away USING (id) LEFT JOIN busy USING (id)
)
"""
FIRST = (
    "date_bin(make_interval(mins => $5), lower(r) + make_interval(mins => $5)"
    " - interval '1 microsecond', timestamptz '2000-01-01 00:00+00')"
)
FREE_SLOTS = f"""{FREE}
SELECT f.id, s FROM free f, unnest(f.spans) AS r,
    generate_series({FIRST}, upper(r) - make_interval(mins => $4), make_interval(mins => $5)) AS s
"""
FREE_SLOTS_PACKED = f"""{FREE}
SELECT f.id, array_agg(extract(epoch FROM s)::int) FROM free f, unnest(f.spans) AS r,
    generate_series({FIRST}, upper(r) - make_interval(mins => $4), make_interval(mins => $5)) AS s
GROUP BY f.id
"""
NEXT_FREE = f"""{FREE}
SELECT f.id, min(n.s) FROM free f, unnest(f.spans) AS r, LATERAL (SELECT {FIRST} AS s) AS n
WHERE n.s + make_interval(mins => $4) <= upper(r) GROUP BY f.id
"""
ASKED = "(bigint[], date, int, int, int, int)"
BOOK = insert_of(
    Appointment, "ON CONFLICT DO NOTHING RETURNING id",
    practitioner_id="$1", room_id="$2", client_id="$3", location_id="$4", service_id="$5", price="58",
    starts_at="$6", ends_at="$6 + interval '1 hour'", busy="tstzrange($6, $6 + interval '70 minutes')",
    status="'booked'",
)  # fmt: skip
BOOKED = "(bigint, bigint, bigint, bigint, bigint, timestamptz)"
TELL = insert_of(
    Message, "ON CONFLICT DO NOTHING",
    source_type="'appointment'", source_id="$1::text", kind="'confirmation'", occurrence="'1'",
    recipient="'client:' || $2", client_id="$2", lane="1", send_after="now()",
)  # fmt: skip
TOLD = "(bigint, bigint)"
TELL_OF_PLAN = insert_of(
    Message, "FROM moved ON CONFLICT DO NOTHING",
    source_type="'treatment_plan'", source_id="id::text", kind="'due_soon'", occurrence="'start'",
    recipient="'client:' || client_id", client_id="client_id", lane="2", send_after="at",
    expires_at="$1 + interval '14 days'",
)  # fmt: skip
# now, batch
CLAIM = f"""
WITH due AS (
    SELECT id, client_id, next_message_at AS at FROM treatment_plans_treatmentplan
    WHERE status = 'active' AND next_message_at <= $1
    ORDER BY next_message_at LIMIT $2 FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE treatment_plans_treatmentplan AS plan
    SET next_message_at = due.at + interval '5 days', next_message_kind = 'overdue'
    FROM due WHERE plan.id = due.id RETURNING plan.id, due.client_id, due.at
), told AS (
    {TELL_OF_PLAN}
)
SELECT count(*)::int FROM moved
"""
MARK_SENDING = """
UPDATE bookings_message SET state = 'sending', attempts = attempts + 1, sending_at = now(), sent_to = 'someone'
WHERE id = (SELECT id FROM bookings_message WHERE state = 'pending' AND lane = 1 AND send_after <= now()
            ORDER BY send_after LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
MARK_SENT = "UPDATE bookings_message SET state = 'sent', sent_at = now() WHERE id = $1"
# practitioner, id, start
MOVE = """
UPDATE bookings_appointment SET practitioner_id = $1, room_id = $1, starts_at = $3, ends_at = $3 + interval '1 hour',
    busy = tstzrange($3, $3 + interval '70 minutes'), version = version + 1
WHERE id = $2
"""
STATEMENTS = {
    "mark_sending": ("", MARK_SENDING),
    "mark_sent": ("(bigint)", MARK_SENT),
    "lock": ("(int, int[])", "SELECT pg_advisory_xact_lock($1, key) FROM unnest($2) AS key"),
    "move": ("(bigint, bigint, timestamptz)", MOVE),
    "claim": ("(timestamptz, int)", CLAIM),
    "free_slots": (ASKED, FREE_SLOTS),
    "free_slots_packed": (ASKED, FREE_SLOTS_PACKED),
    "next_free": (ASKED, NEXT_FREE),
    "book": (BOOKED, BOOK),
    "tell": (TOLD, TELL),
}
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def execute(cursor: Any, name: str, *values: Any) -> Any:
    """Execute a statement that its session prepares once; gives the cursor."""
    known = _prepared.setdefault(cursor.connection, set())
    if name not in known:
        types, statement = STATEMENTS[name]
        cursor.execute(f"PREPARE limit_{name} {types} AS {statement}")
        known.add(name)
    places = f"({', '.join(['%s'] * len(values))})" if values else ""
    # PostgreSQL chooses by itself how to plan these, whatever the site's role says.
    cursor.execute(f"SET LOCAL plan_cache_mode = auto; EXECUTE limit_{name} {places}", values)
    return cursor
