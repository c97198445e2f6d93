"""The rows of the outbox and who has them in hand.

    pending ──take──► claimed ──commit_to_send──► sending ──record──► sent · pending · failed
       ▲                     │                           │
       └── lease over, released                          └── lease over: may have arrived

A claim is a lease by the database's clock, fenced by `claim_no`: whoever comes
back late finds the number changed and writes nothing. Business time (what is due,
what has expired) is the `now` that is passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from bookings.messages.kinds import KINDS
from bookings.models import Client, Message
from practitioners.objects_of_rows import ObjectsOf
from practitioners.prepared import Bound, Prepared

State = Message.State
MOST_CLAIMS = 5  # without a result; then the row itself is what kills its workers
SUSPECT_CLAIMS = 2  # from here on a row is claimed alone, so that it takes no others down
CHANNELS = ("", "email", "sms")  # those that this version knows

# What is written for others to read: whoever sends a message has no use for it.
FOR_OTHERS = (
    "next_attempt_at",
    "lease_until",
    "sending_at",
    "sent_at",
    "sent_to",
    "provider_ref",
    "created_at",
)
NAMES = [one.attname for one in Message._meta.concrete_fields if one.attname not in FOR_OTHERS]
OBJECTS = ObjectsOf(Message, NAMES)
COLUMNS = ", ".join(f"message.{name}" for name in NAMES)
TAKE = """
UPDATE bookings_message AS message
   SET state = 'claimed', claims = message.claims + 1, claim_no = message.claim_no + 1,
       claimed_by = %(worker)s, lease_until = statement_timestamp() + %(lease)s
  FROM (SELECT id FROM bookings_message
         WHERE state = 'pending' AND lane = %(lane)s AND send_after <= %(now)s
           AND (next_attempt_at IS NULL OR next_attempt_at <= statement_timestamp())
           AND (expires_at IS NULL OR expires_at > %(now)s)
           AND claims {claims}
           AND kind = ANY(%(kinds)s) AND source_type = ANY(%(types)s)
           AND channel = ANY(%(channels)s)
           {among}
         ORDER BY send_after LIMIT %(size)s FOR UPDATE SKIP LOCKED) AS due
 WHERE message.id = due.id
RETURNING {columns}
"""
TERMS = {
    "worker": "text", "lease": "interval", "lane": "smallint", "now": "timestamptz",
    "kinds": "text[]", "types": "text[]", "channels": "text[]", "size": "integer",
}  # fmt: skip


def _take(name: str, claims: str) -> tuple[Prepared, Prepared]:
    """The same statement for whatever is due, and among some: each needs an index of its own."""
    among = TAKE.format(claims=claims, columns=COLUMNS, among="AND id = ANY(%(only)s)")
    return (
        Prepared(name, TAKE.format(claims=claims, columns=COLUMNS, among=""), TERMS),
        Prepared(f"{name}_among", among, {**TERMS, "only": "bigint[]"}),
    )


FRESH = _take("take_fresh", f"< {SUSPECT_CLAIMS}")
SUSPECT = _take("take_suspect", f">= {SUSPECT_CLAIMS}")

MANY_HAD = (  # other messages of the message's lane, by its client
    "count(*) FROM bookings_message had WHERE had.client_id = message.client_id AND had.lane = message.lane"
    " AND had.sending_at > %(since)s AND had.sending_at <= %(now)s AND had.id <> message.id"
)
HAD_TERMS = {"id": "bigint", "since": "timestamptz", "now": "timestamptz"}

MARK = """
UPDATE bookings_message AS message
   SET state = 'sending', attempts = attempts + 1, sending_at = %(now)s, sent_to = %(address)s,
       via = %(channel)s, lease_until = clock_timestamp() + %(lease)s
 WHERE id = %(id)s AND state = 'claimed' AND claimed_by = %(claimed_by)s AND claim_no = %(claim_no)s
   AND lease_until > clock_timestamp()  -- what is sent in front may have waited for a lock
   AND (%(most)s IS NULL OR (SELECT {had}) < %(most)s)
   {also}
"""
MARK_TERMS = {
    **HAD_TERMS, "address": "text", "channel": "text", "lease": "interval",
    "claimed_by": "text", "claim_no": "integer", "most": "integer",
}  # fmt: skip


def marking(name: str, also: str = "", **more: str) -> Prepared:
    """The statement that turns claimed into sending, `also` under a condition with `more` places."""
    return Prepared(name, MARK.format(had=MANY_HAD, also=also), {**MARK_TERMS, **more})


SENDING = marking("mark_sending")
# The try and its result are one statement, so either both are written or neither.
TRY = """
WITH tried AS (
    INSERT INTO bookings_messageattempt (message_id, claim_no, at, result, detail)
    VALUES (%(id)s, %(claim_no)s, %(now)s, %(code)s, %(detail)s)
)
UPDATE bookings_message
   SET state = %(state)s, last_code = %(code)s, claims = 0, claimed_by = '', lease_until = NULL,
       next_attempt_at = statement_timestamp() + %(wait)s,
       sent_at = CASE %(state)s WHEN 'sent' THEN %(now)s ELSE sent_at END,
       provider_ref = CASE %(state)s WHEN 'sent' THEN %(reference)s ELSE provider_ref END,
       is_ambiguous = is_ambiguous OR %(is_ambiguous)s
 WHERE id = %(id)s AND claim_no = %(claim_no)s
   AND (state IN ('claimed', 'sending')  -- a late yes stands as long as nobody has claimed it again
        OR %(state)s = 'sent' AND state IN ('pending', 'unknown', 'expired'))
"""
TRY_TERMS = {
    "id": "bigint", "claim_no": "integer", "now": "timestamptz", "code": "text", "detail": "text",
    "state": "text", "wait": "interval", "reference": "text", "is_ambiguous": "boolean",
}  # fmt: skip


def _result(name: str, **usual: str) -> Prepared:
    """The statement that writes down a try; what is `usual` stands in it and need not be sent."""
    places = {one: usual.get(one, f"%({one})s") for one in TRY_TERMS}
    sent = {one: kind for one, kind in TRY_TERMS.items() if one not in usual}
    return Prepared(name, TRY % places, sent)


RESULT = _result("mark_result")
SENT = _result(
    "mark_sent",
    state="'sent'",
    code="'sent'",
    detail="''",
    wait="NULL::interval",
    reference="''",
    is_ambiguous="false",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many messages of a lane to one client in a stretch of time; after them a pause."""

    most: int
    span: timedelta
    pause: timedelta


@dataclass(frozen=True, slots=True)
class Proviso:
    """What else has to hold for a message to be marked, asked behind locks that are sent along."""

    mark: Prepared
    values: Mapping[str, Any]
    locks: Prepared | None = None


NONE = Proviso(SENDING, {})


@dataclass(frozen=True, slots=True)
class Mark:
    """What will turn a message from claimed into sending."""

    statement: Bound
    channel: str


class ClaimLost(Exception):
    """The row was cancelled, or its lease ran out, while it was being prepared."""


def take(
    worker: str,
    *,
    now: datetime,
    lanes: Sequence[int],
    size: int,
    only: Collection[int] | None = None,
    with_suspects: bool = True,
) -> list[Message]:
    """Claim the most urgent due messages, at most `size`; one lane at a time.

    Rows that were claimed twice without a result come last and alone, if at all. Kinds and
    source types that this process does not know stay where they are.
    """
    steps = ((FRESH, size), (SUSPECT, 1)) if with_suspects else ((FRESH, size),)
    for (whatever, among), most in steps:
        statement = whatever if only is None else among
        for lane in lanes:
            taken = messages_of(statement, _terms(worker, now, lane, most, only))
            if found := sorted(taken, key=lambda row: (row.send_after, row.pk)):
                return found
    return []


def messages_of(statement: Prepared, values: Mapping[str, Any]) -> list[Message]:
    """The messages that a statement of ours returns, by its COLUMNS."""
    return [OBJECTS.made(row) for row in statement.rows(values)]


def _terms(
    worker: str, now: datetime, lane: int, size: int, only: Collection[int] | None
) -> dict[str, object]:
    return {
        "worker": worker,
        "lease": lease(),
        "lane": lane,
        "now": now,
        "kinds": list(KINDS),
        "types": list(settings.MESSAGE_SOURCES),
        "channels": list(CHANNELS),
        "size": size,
        "only": list(only or ()),
    }


def lease() -> timedelta:
    return timedelta(seconds=settings.MESSAGE_LEASE_SECONDS)


def mark_of(
    message: Message,
    *,
    address: str,
    now: datetime,
    channel: str = Client.Channel.EMAIL,
    limit: Limit | None = None,
    proviso: Proviso = NONE,
) -> Mark:
    """How a claimed message is marked as being sent, its lease renewed; nothing is written yet."""
    statement = proviso.mark.bound(
        {
            **proviso.values,
            "id": message.pk, "claimed_by": message.claimed_by, "claim_no": message.claim_no,
            "now": now, "address": address, "channel": channel, "lease": lease(),
            "most": limit and limit.most, "since": limit and now - limit.span,
        },
        after=proviso.locks,
    )  # fmt: skip
    return Mark(statement, channel)


def commit_to_send(message: Message, mark: Mark) -> None:
    """Turn claimed into sending.

    Raises ClaimLost, also when the limit is reached or the proviso does not hold.
    """
    if not mark.statement.written():
        raise ClaimLost
    message.attempts += 1
    message.via = mark.channel


def put_back(message: Message, *, send_after: datetime, code: str) -> None:
    """Let a claimed message wait for a moment; the claim does not count. Raises ClaimLost."""
    _settle(message, state=State.PENDING, send_after=send_after, last_code=code)


def drop(message: Message, *, code: str) -> None:
    """Cancel a claimed message that is no longer needed. Raises ClaimLost."""
    _settle(message, state=State.CANCELLED, last_code=code)


def _settle(message: Message, *, state: Message.State, **values: object) -> None:
    settled = Message.objects.filter(
        pk=message.pk, state=State.CLAIMED, claim_no=message.claim_no
    ).update(state=state, claims=0, claimed_by="", lease_until=None, **values)
    if not settled:
        raise ClaimLost
    message.state = state


def release(messages: Collection[Message], *, wait: timedelta | None = None) -> int:
    """Give claims back unused, as if they had never been made."""
    return sum(
        Message.objects.filter(
            pk=message.pk, state=State.CLAIMED, claim_no=message.claim_no
        ).update(
            state=State.PENDING,
            claims=F("claims") - 1,
            claimed_by="",
            lease_until=None,
            next_attempt_at=Now() + wait if wait else None,
        )
        for message in messages
    )


def record(
    message: Message,
    *,
    state: Message.State,
    code: str,
    now: datetime,
    detail: str = "",
    wait: timedelta | None = None,
    is_ambiguous: bool = False,
    reference: str = "",
) -> bool:
    """Write down how a try ended; tell whether it still counted.

    Somebody who comes back after the lease is over writes nothing but the try
    itself, except that a late yes stands as long as nobody has claimed the row again.
    """
    message.state = state
    about: dict[str, Any] = {"id": message.pk, "claim_no": message.claim_no, "now": now}
    if (state, code) == (State.SENT, "sent") and not (detail or wait or reference or is_ambiguous):
        return bool(SENT.written(about))
    about |= {
        "state": str(state), "code": code, "detail": detail[:200], "wait": wait,
        "is_ambiguous": is_ambiguous, "reference": reference,
    }  # fmt: skip
    return bool(RESULT.written(about))
