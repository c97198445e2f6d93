"""What staff have to know about messages that did not get through."""

from __future__ import annotations

from datetime import datetime

from bookings.messages.digests import ADMIN, FRONT_DESK, TROUBLE, announce_trouble
from bookings.models import Message, Task

State = Message.State
ABOUT_A_CHANGE = ("moved", "cancelled")
WORDS = {
    State.FAILED: "A message to a client could not be sent: call them, and check the address",
    State.UNKNOWN: "A message may or may not have reached a client: ask, or send it again",
    State.EXPIRED: "A message to a client was not sent in time: call them if it matters",
    State.CANCELLED: "A session was changed, and no message can reach the client: call them",
}

NO_WAY = "A client cannot be reminded: ask for an address, or whether text messages are welcome"


def tell_staff(message: Message, *, now: datetime, is_about_address: bool = False) -> None:
    """Put a task on the desk's list, for what concerns a client.

    One task per message; follow-ups share one per kind, end and day, so that an
    outage does not bury the list, unless an address has to be mended. Nobody is told of an old sign-in code, nor, by
    the desk's list, of a notice to a member of staff.
    """
    if message.client_id is None:
        return
    state = State(message.state)
    is_shared = state != State.UNKNOWN and not is_about_address
    if message.lane == Message.Lane.FOLLOW_UP and is_shared:
        key, client = f"messages:{message.kind}:{state}:{now:%Y-%m-%d}", None
        title = f"Follow-up reminders of a day were not sent ({state.label.lower()})"
    else:
        key, client = f"message:{message.pk}:{state}", message.client_id
        title = WORDS[state]
    _task(key, title, role=FRONT_DESK, client_id=client, now=now)


def tell_desk_to_call(message: Message, *, now: datetime) -> None:
    """A change that no mail can tell is told by phone; anything else can wait for the visit."""
    if message.kind in ABOUT_A_CHANGE:
        tell_staff(message, now=now)


def tell_desk_of_no_way(message: Message, *, now: datetime) -> None:
    """A client who wants reminders but cannot be reached: one task a month."""
    if message.client_id is None:
        return
    key = f"no_channel:{message.client_id}:{now:%Y-%m}"
    _task(key, NO_WAY, role=FRONT_DESK, client_id=message.client_id, now=now)


def sound_alarm(reason: str, title: str, *, now: datetime) -> None:
    """Tell the clinic's admin, once a day for one reason, that sending is being held back."""
    _task(f"alarm:{reason}:{now:%Y-%m-%d}", title, role=ADMIN, client_id=None, now=now)


def _task(key: str, title: str, *, role: str, client_id: int | None, now: datetime) -> None:
    """Write a task unless its reason has one, and let the mail of the evening speak of it."""
    if Task.objects.filter(reason_key=key).exists():
        return
    task = Task(
        kind=TROUBLE, title=title, role=role, client_id=client_id, reason_key=key, due_at=now
    )
    Task.objects.bulk_create([task], ignore_conflicts=True)
    announce_trouble(now=now)
