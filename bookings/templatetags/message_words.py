"""Kinds and codes of messages in words that staff read."""

from __future__ import annotations

from typing import Any

from django import template

from bookings.messages import by_hand, codes
from bookings.messages.kinds import KINDS
from bookings.messages.reminding import say_missing, say_reminders
from bookings.models import Client, Message

register = template.Library()


@register.filter
def kind_words(kind: str) -> str:
    """Reminder of a session; a kind that this version does not know stays as it is."""
    return KINDS[kind].label if kind in KINDS else kind


@register.filter
def code_words(code: str) -> str:
    """The client wants no reminders."""
    return codes.say(code)


@register.filter
def reminder_words(client: Client) -> str:
    """by text message, else by e-mail; none: no email address."""
    return say_reminders(client)


@register.filter
def missing_words(client: Client) -> str:
    """Text messages are chosen, but not agreed to; empty where nothing is missing."""
    return say_missing(client)


@register.filter
def of(by_key: dict[Any, Any], key: Any) -> Any:
    """What belongs to one row, where there is anything."""
    return by_key.get(key)


@register.filter
def choices(message: Message) -> list[tuple[str, str]]:
    """What can be decided about a message by hand."""
    return by_hand.choices(message)
