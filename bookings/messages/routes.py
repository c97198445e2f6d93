"""Which way a message to a client goes: always exactly one.

follow-ups          the channel they prefer of those they want and can be reached by
reminder of visit   the same, but an opt-out of mail does not stop it
all else            e-mail; a text message only where no e-mail can reach them
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bookings.consents import Channel, Wishes, wishes_of
from bookings.messages.kinds import KINDS
from bookings.messages.recipients import Reach, reach, text_reach
from bookings.models import Client, Message

AS_PREFERRED = ("visit_reminder",)  # of those that are no follow-ups
NO_WAY = Reach("", code="no_consented_channel")
REACH: dict[str, Callable[[Client], Reach]] = {Channel.EMAIL: reach, Channel.SMS: text_reach}


def route(client: Client, kind: str, *, only: str = "", wishes: Wishes | None = None) -> Reach:
    """Choose channel and address; `only` keeps to a channel. Without an address there is a code.

    At most two queries, one of them for what the client has said unless that is known.
    """
    wishes = wishes or wishes_of(client)
    if not KINDS[kind].is_follow_up:
        return _first(client, _about_visits(client, kind, wishes), only)
    if wishes.is_opted_out:
        return Reach("", code="client_opted_out")
    found = _first(client, list(wishes.wanted), only)
    return found if found.address else replace(found, code="no_consented_channel")


def route_of(message: Message, client: Client) -> Reach:
    """Choose for a message; what may have arrived already keeps to its channel, to be recognised."""
    only = message.channel or (message.via if message.is_ambiguous else "")
    return route(client, message.kind, only=only)


def _about_visits(client: Client, kind: str, wishes: Wishes) -> list[str]:
    texts = [Channel.SMS] if Channel.SMS in wishes.wanted else []
    prefers_texts = kind in AS_PREFERRED and client.preferred_channel == Channel.SMS
    return [*texts, Channel.EMAIL] if prefers_texts else [Channel.EMAIL, *texts]


def _first(client: Client, channels: list[str], only: str) -> Reach:
    """The first channel that reaches them; else why the last one that matters does not."""
    tried = [REACH[one](client) for one in channels if only in ("", one)]
    by_mail = [one for one in tried if one.channel == Channel.EMAIL]
    return next((one for one in tried if one.address), (by_mail or tried or [NO_WAY])[0])
