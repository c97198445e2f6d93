"""Messages that lead a client to a page of theirs and say nothing else.

For forms to fill in, check-ins and letters: whatever causes one writes a row of
the source type `client`, and names itself in its occurrence.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.urls import reverse

from bookings.messages import outbox
from bookings.messages.kinds import KINDS
from bookings.messages.letters import write_letter
from bookings.messages.sources import Mail, Send
from bookings.models import Client, Message
from practitioners.models import ClinicSettings

SOURCE = "client"


def plain_message(kind: str, client: Client, *, cause: str, now: datetime, **when: Any) -> Message:
    """Make the message that a cause ("aftercare:12") gives rise to; it is not written yet."""
    made = outbox.message(
        kind,
        source_type=SOURCE,
        source_id=client.pk,
        occurrence=cause,
        client=client,
        now=now,
        **when,
    )
    return Message(**asdict(made))


class ClientSource:
    """Messages about nothing but the client: what holds for all is all that is asked."""

    @staticmethod
    def lock(message: Message) -> Client | None:
        people = Client.objects.select_for_update(no_key=True)
        return people.filter(pk=int(message.source_id)).first()

    @staticmethod
    def decide(message: Message, row: Client, *, now: datetime) -> Send:
        return Send()

    @staticmethod
    def link(message: Message, row: Client) -> str:
        return reverse(KINDS[message.kind].page)

    @staticmethod
    def render(message: Message, row: Client, *, now: datetime) -> Mail:
        return write_letter(
            message, row, clinic=ClinicSettings.current(), link=ClientSource.link(message, row)
        )
