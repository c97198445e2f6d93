"""How a hand-over ended, written down: the third of the three transactions."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.conf import settings

from bookings.consents import opt_out
from bookings.messages import claim, trouble
from bookings.messages.backoff import wait_after
from bookings.messages.handover import Outcome
from bookings.models import ChannelConsent, Client, Message, MessageAttempt

State = Message.State
Channel = Client.Channel
MOST_RENDERINGS = 3  # clean errors; then the row is parked


def finish(message: Message, outcome: Outcome, *, address: str, now: datetime) -> str:
    """T3: write down how the hand-over ended; returns what became of the message."""
    state, wait = _next_state(message, outcome)
    counted = claim.record(
        message,
        state=state,
        code=outcome.code,
        now=now,
        wait=wait,
        is_ambiguous=outcome.kind == "ambiguous",
        reference=outcome.reference,
    )
    remember(message, outcome, address, now=now)
    if not counted:
        return "lost"
    if state in (State.FAILED, State.UNKNOWN):
        trouble.tell_staff(message, now=now, is_about_address=outcome.kind == "hard")
    if state == State.FAILED:
        return "failed"
    return {"sent": "sent", "ambiguous": "ambiguous"}.get(outcome.kind, "waiting")


def remember(message: Message, outcome: Outcome, address: str, *, now: datetime) -> None:
    """Leave an address alone that was refused for good, and a number that has said stop."""
    if not (outcome.blames_address or outcome.withdraws_consent):
        return
    client = message.client
    if client is None:
        return
    if outcome.blames_address:
        flag = "bounced_phone" if message.via == Channel.SMS else "bounced_email"
        Client.objects.filter(pk=client.pk).update(**{flag: address})
    if outcome.withdraws_consent:
        opt_out(client, now=now, by=ChannelConsent.By.REPLY, channels=(Channel.SMS,))


def _next_state(message: Message, outcome: Outcome) -> tuple[Message.State, timedelta | None]:
    if outcome.kind == "sent":
        return State.SENT, None
    wait = wait_after(
        message.attempts,
        settings.MESSAGE_BACKOFF_MINUTES,
        chance=random.random(),  # noqa: S311  spreads tries, guards nothing
    )
    if outcome.kind == "hard":
        return State.FAILED, None
    if outcome.kind == "soft":
        return (State.FAILED, None) if wait is None else (State.PENDING, wait)
    # A second time nobody knows; text messages cannot be recognised as duplicates.
    is_enough = message.is_ambiguous or message.via == Channel.SMS or wait is None
    return (State.UNKNOWN, None) if is_enough else (State.PENDING, wait)


def not_prepared(message: Message, *, now: datetime) -> str:
    """Write down that a row could not be decided or rendered; the third time it is parked."""
    earlier = MessageAttempt.objects.filter(message=message, result="not_prepared").count()
    wait = wait_after(earlier + 1, settings.MESSAGE_BACKOFF_MINUTES, chance=0.5)
    is_over = earlier + 1 >= MOST_RENDERINGS or wait is None
    counted = claim.record(
        message,
        state=State.FAILED if is_over else State.PENDING,
        code="not_prepared",
        now=now,
        wait=None if is_over else wait,
    )
    if is_over and counted:
        trouble.tell_staff(message, now=now)
    return "failed" if is_over else "waiting"
