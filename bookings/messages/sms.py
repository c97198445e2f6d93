"""Text messages: handing one to whatever `SMS_BACKEND` names, and how long one is.

A text message cannot be recognised as a duplicate, and making one is not idempotent: what
may have been accepted is never tried again by itself, a person decides.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import ClassVar, Protocol

from django.conf import settings

from bookings.extensions import load
from bookings.messages.handover import Outcome

# What fits into one part in the alphabet of GSM 03.38, and in UCS-2 for everything else.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = "^{}\\[~]|€\f"  # each of these takes two places
GSM_SIZES, UCS_SIZES = (160, 153), (70, 67)


@dataclass(frozen=True, slots=True)
class Text:
    """A text message, ready to be handed over: an E.164 number and words."""

    to: str
    words: str


class Gateway(Protocol):
    """Hands text messages over."""

    def hand_over(self, text: Text) -> Outcome:
        """Give one text to the provider. Never raises for what the provider does."""


def open_gateway() -> Gateway | None:
    """The gateway that the settings name; None where no text messages are sent."""
    return load(settings.SMS_BACKEND)() if settings.SMS_BACKEND else None


def length_of(words: str) -> tuple[int, int]:
    """How many places a text takes, and how many parts it is sent and paid in."""
    is_plain = all(char in GSM or char in GSM_TWICE for char in words)
    if is_plain:
        places = len(words) + sum(char in GSM_TWICE for char in words)
    else:
        places = len(words.encode("utf-16-be")) // 2
    alone, joined = GSM_SIZES if is_plain else UCS_SIZES
    return places, 1 if places <= alone else -(-places // joined)


class ConsoleGateway:
    """Prints text messages, for looking at them while developing."""

    def hand_over(self, text: Text) -> Outcome:
        sys.stdout.write(f"Text message to {text.to}:\n{text.words}\n\n")
        return Outcome("sent", "sent")


class MemoryGateway:
    """Keeps text messages in a list, for tests."""

    sent: ClassVar[list[Text]] = []

    def hand_over(self, text: Text) -> Outcome:
        self.sent.append(text)
        return Outcome("sent", "sent")
