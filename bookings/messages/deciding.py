"""Whether a message goes, the letter that its carrier takes, and the mark that comes before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bookings.extensions import message_source
from bookings.messages import claim, fuse, rules
from bookings.messages.claim import NONE, Proviso
from bookings.messages.relay import email_of
from bookings.messages.sms import Text
from bookings.messages.sources import Mail, Send, Stop, Wait
from bookings.models import Client, Message


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words, ready for its carrier."""

    channel: str
    to: str
    content: Any  # what the carrier of the channel takes


def decide(message: Message, row: object, *, now: datetime) -> Send | Wait | Stop:
    """Ask the source, then what holds for every message to a client."""
    if row is None:
        return Stop("source_gone")
    answer: Send | Wait | Stop = message_source(message.source_type).decide(message, row, now=now)
    if isinstance(answer, Send):
        return rules.check(message, row, now=now)
    return answer


def write(message: Message, row: object, *, now: datetime) -> Letter | None:
    """The message in words; None when there is nobody to send it to."""
    mail: Mail = message_source(message.source_type).render(message, row, now=now)
    if not mail.to:
        return None
    if mail.channel == Client.Channel.SMS:
        return Letter(mail.channel, mail.to, Text(mail.to, mail.text))
    return Letter(mail.channel, mail.to, email_of(message, mail))


def mark_of(
    message: Message, letter: Letter, *, now: datetime, proviso: Proviso = NONE
) -> claim.Mark:
    """How the message is marked as being sent with this letter; nothing is written yet."""
    return claim.mark_of(
        message,
        address=letter.to,
        channel=letter.channel,
        limit=fuse.limit_of(message),
        now=now,
        proviso=proviso,
    )
