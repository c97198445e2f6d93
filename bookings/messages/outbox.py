"""Writing messages, taking them back, settling them: what the rest of the product calls."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from bookings.messages.kick import kick, kick_or_deliver, wake_worker
from bookings.messages.kinds import KINDS
from bookings.messages.rows import NewMessage, message, write, write_all
from bookings.models import Message
from practitioners.prepared import Prepared

__all__ = [
    "NewMessage",
    "cancel_open",
    "kick",
    "kick_or_deliver",
    "message",
    "reopen",
    "settle",
    "wake_worker",
    "write",
    "write_all",
]

State = Message.State
TAKE_BACK = Prepared(
    "take_back_messages",
    """
UPDATE bookings_message SET state = 'cancelled', last_code = %(code)s
WHERE source_type = %(source_type)s AND source_id = %(source_id)s
  AND state IN ('pending', 'claimed') AND (kind = ANY (%(kinds)s) OR %(kinds)s = '{}')
RETURNING kind
""",
    {"source_type": "text", "source_id": "text", "code": "text", "kinds": "text[]"},
)


def cancel_open(
    source_type: str, source_id: Any, *, code: str, kinds: Collection[str] = ()
) -> list[str]:
    """Take back what has not been handed over yet, of some kinds or all; returns the kinds."""
    about = {"source_type": source_type, "source_id": str(source_id), "code": code}
    return [kind for (kind,) in TAKE_BACK.rows({**about, "kinds": list(kinds)})]


def reopen(
    source_type: str, source_ids: Collection[Any], *, codes: Collection[str], now: datetime
) -> int:
    """Bring back what was taken back for these reasons before it was handed over; returns how many."""
    stopped = Message.objects.filter(
        source_type=source_type,
        source_id__in=[str(one) for one in source_ids],
        state=State.CANCELLED,
        last_code__in=codes,
        sending_at=None,
        expires_at__gt=now,
    )
    return stopped.update(
        state=State.PENDING, last_code="reopened", send_after=now, next_attempt_at=None
    )


def settle(row: Message, *, has_arrived: bool, now: datetime) -> bool:
    """Decide for a message of which nobody knows: it arrived, or it is sent once more.

    Returns False when somebody else has settled it already.
    """
    unknown = Message.objects.filter(pk=row.pk, state=State.UNKNOWN)
    if has_arrived:
        return bool(unknown.update(state=State.SENT, sent_at=now, last_code="said_to_have_arrived"))
    return bool(
        unknown.update(
            state=State.PENDING,
            last_code="sent_again",
            send_after=now,
            expires_at=now + KINDS[row.kind].lifetime,
            next_attempt_at=None,
        )
    )
