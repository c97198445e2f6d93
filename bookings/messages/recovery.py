"""What others have left behind: leases that ran out, messages that are of no more use."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bookings.messages import trouble
from bookings.messages.claim import COLUMNS, MOST_CLAIMS, messages_of
from bookings.models import Message, MessageAttempt
from practitioners.prepared import Prepared

State = Message.State

# Whoever held these has died or hangs. A claimed row was certainly not sent; one in
# sending may have arrived: mail is sent once more under the same Message-ID, flagged.
TAKE_BACK = Prepared(
    "take_back",
    f"""
UPDATE bookings_message AS message
   SET state = CASE
           WHEN message.state = 'claimed' AND claims >= {MOST_CLAIMS} THEN 'failed'
           WHEN message.state = 'claimed' THEN 'pending'
           WHEN is_ambiguous OR via = 'sms' THEN 'unknown'
           ELSE 'pending' END,
       last_code = CASE
           WHEN message.state = 'claimed' AND claims >= {MOST_CLAIMS} THEN 'poison'
           WHEN message.state = 'claimed' THEN last_code
           ELSE 'sender_died' END,
       is_ambiguous = is_ambiguous OR message.state = 'sending',
       claims = CASE WHEN message.state = 'sending' THEN 0 ELSE claims END,
       next_attempt_at = NULL, lease_until = NULL, claimed_by = ''
  FROM (SELECT id FROM bookings_message
         WHERE state IN ('claimed', 'sending') AND lease_until < statement_timestamp()
         ORDER BY id FOR UPDATE SKIP LOCKED) AS left_behind
 WHERE message.id = left_behind.id
RETURNING {COLUMNS}
""",  # noqa: S608  numbers and names of our own
    {},
)
EXPIRE = Prepared(
    "expire_messages",
    f"""
UPDATE bookings_message AS message
   SET state = 'expired', last_code = 'expired'
  FROM (SELECT id FROM bookings_message
         WHERE state = 'pending' AND expires_at <= %(now)s
         ORDER BY id FOR UPDATE SKIP LOCKED) AS late
 WHERE message.id = late.id
RETURNING {COLUMNS}
""",  # noqa: S608  the same
    {"now": "timestamptz"},
)


@transaction.atomic
def take_back(*, now: datetime) -> list[Message]:
    """End every lease that is over; returns the rows that may have arrived or are parked."""
    found = messages_of(TAKE_BACK, {})
    died = [message for message in found if message.last_code == "sender_died"]
    MessageAttempt.objects.bulk_create(
        MessageAttempt(message=message, claim_no=message.claim_no, at=now, result="sender_died")
        for message in died
        if message.state != State.FAILED
    )
    for message in found:
        if message.state in (State.FAILED, State.UNKNOWN):
            trouble.tell_staff(message, now=now)
    return [message for message in found if message in died or message.state == State.FAILED]


@transaction.atomic
def expire(*, now: datetime) -> list[Message]:
    """End what would come too late, and let staff know what a client has not been told."""
    late = messages_of(EXPIRE, {"now": now})
    for message in late:
        trouble.tell_staff(message, now=now)
    return late
