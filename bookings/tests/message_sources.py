"""A source for tests of the ledger: what happens to a message is written on the client."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from bookings.messages.sources import Mail, Send, Stop, Wait
from bookings.models import Client, Message


class DeskNoteSource:
    """Does what the desk's note about the client says; an empty note lets the mail go."""

    @staticmethod
    def lock(message: Message) -> Client | None:
        people = Client.objects.select_for_update(no_key=True)
        return people.filter(pk=int(message.source_id)).first()

    @staticmethod
    def decide(message: Message, row: Client, *, now: datetime) -> Send | Wait | Stop:
        if row.desk_note == "wait":
            return Wait(now + timedelta(hours=1), "quiet_hours")
        if row.desk_note == "stop":
            return Stop("plan_discharged")
        return Send()

    @staticmethod
    def render(message: Message, row: Client, *, now: datetime) -> Mail:
        if row.desk_note == "cannot be rendered":
            raise ValueError("A template is broken.")
        if row.desk_note == "kills its worker":
            os._exit(9)
        return Mail(to=row.email, subject="A message", text="Hello.", html="<p>Hello.</p>")
