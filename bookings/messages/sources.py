"""What a source of messages answers: may this one go, and what does it say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bookings.models import Client, Message


@dataclass(frozen=True, slots=True)
class Send:
    """It may go."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; ask again at `until`. The claim does not count."""

    until: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Stop:
    """It is not wanted, for a reason that a person can look up."""

    code: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A message in words, ready to be handed over; a text message has nothing but text."""

    to: str
    subject: str
    text: str
    channel: str = Client.Channel.EMAIL
    html: str = ""
    attachments: tuple[tuple[str, bytes, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Knows the rows that a kind of message is about."""

    @staticmethod
    def lock(message: Message) -> Any:
        """Read the source row and lock it against change; None when it is gone."""

    @staticmethod
    def link(message: Message, row: Any) -> str:
        """The path that the message leads to; asked for messages to clients only."""

    @staticmethod
    def decide(message: Message, row: Any, *, now: datetime) -> Send | Wait | Stop:
        """Say whether the message may go at this moment."""

    @staticmethod
    def render(message: Message, row: Any, *, now: datetime) -> Mail:
        """Put it into words."""
