"""What staff decide about a single message. Each verb tells whether it changed anything.

A sign-in code is never sent again: it is old, and asking for a new one takes a second.
Whether a message is still wanted is decided once more when it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Q

from bookings.messages import outbox
from bookings.messages.kinds import KINDS
from bookings.models import Message

State = Message.State
ENDED = (State.FAILED, State.EXPIRED)


def send_again(row: Message, *, now: datetime) -> bool:
    """Bring back what failed, expired or is unknown; what waits for its next try goes at once."""
    if row.lane == Message.Lane.SECURITY or row.kind not in KINDS:
        return False
    changed = (
        outbox.settle(row, has_arrived=False, now=now)
        or _reopen(row, now=now)
        or _without_waiting(row)
    )
    if changed:
        outbox.kick()
    return changed


def _reopen(row: Message, *, now: datetime) -> bool:
    ended = Message.objects.filter(pk=row.pk, state__in=ENDED)
    return bool(
        ended.update(
            state=State.PENDING,
            last_code="sent_again",
            send_after=now,
            expires_at=now + KINDS[row.kind].lifetime,
            next_attempt_at=None,
            attempts=0,
            claims=0,
        )
    )


def _without_waiting(row: Message) -> bool:
    waiting = Message.objects.filter(pk=row.pk, state=State.PENDING, next_attempt_at__isnull=False)
    return bool(waiting.update(next_attempt_at=None))


def do_not_send(row: Message, *, now: datetime) -> bool:
    """Take back what has not been handed over."""
    waiting = Q(state__in=(State.PENDING, State.CLAIMED))
    open_rows = Message.objects.filter(waiting, pk=row.pk)
    return bool(open_rows.update(state=State.CANCELLED, last_code="cancelled_by_staff"))


def has_arrived(row: Message, *, now: datetime) -> bool:
    """Say of a message of which nobody knew that it has reached its reader."""
    return outbox.settle(row, has_arrived=True, now=now)


VERBS: dict[str, tuple[str, Callable[..., bool]]] = {
    "again": ("Send again", send_again),
    "never": ("Do not send", do_not_send),
    "arrived": ("It has arrived", has_arrived),
}


def choices(row: Message) -> list[tuple[str, str]]:
    """What can be decided about a message as it stands: name and words."""
    names = {
        State.PENDING: ["never"],
        State.CLAIMED: ["never"],
        State.FAILED: ["again"],
        State.EXPIRED: ["again"],
        State.UNKNOWN: ["arrived", "again"],
    }.get(State(row.state), [])
    if row.lane == Message.Lane.SECURITY:
        names = [name for name in names if name != "again"]
    return [(name, VERBS[name][0]) for name in names]


def decide(row: Message, name: str, *, by: Any, now: datetime) -> bool:
    """Do what somebody has chosen, and write down who; False when the state has moved on."""
    words, verb = VERBS[name]
    if not verb(row, now=now):
        return False
    LogEntry.objects.log_actions(
        by.pk, [row], CHANGE, change_message=f"By hand: {words.lower()}.", single_object=True
    )
    return True
