"""What people answer to a text message: STOP, START, or something for the desk.

The words are those that networks know. What else was said is not kept, as it may be about
somebody's health: the desk calls.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from bookings.consents import CannotText, opt_in, opt_out
from bookings.models import ChannelConsent, Client, Task

STOP = {
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "OPTOUT", "OPT OUT",
    "OPT-OUT", "REVOKE",
}  # fmt: skip
START = {"START", "UNSTOP", "YES"}
FRONT_DESK = "Front desk"
STOPPED = "A client wants no more text messages"
STOPPED_OR_CANCELS = "A client answered CANCEL: no more text messages. Ask if they meant a session"
STARTED = "A client wants text messages again"
SAID_SOMETHING = "A client answered a text message: call them"
By = ChannelConsent.By


@transaction.atomic
def take(words: str, *, sender: str, reference: str, now: datetime) -> None:
    """Do what a reply asks for, for everybody with that number, and tell the desk.

    The same reply again changes nothing, whatever was said since.
    """
    said = " ".join(words.upper().split()).strip(" .!\"'")
    for client in Client.objects.current().filter(phone=sender).select_for_update(no_key=True):
        if not _tell_desk(client, said, reference, now=now):
            continue
        if said in STOP:
            opt_out(client, now=now, by=By.REPLY, channels=(Client.Channel.SMS,))
        elif said in START:
            _start(client, now=now)


def _start(client: Client, *, now: datetime) -> None:
    try:
        opt_in(client, Client.Channel.SMS, now=now, by=By.REPLY)
    except CannotText:
        return  # a number that was refused before: the desk has been told


def _tell_desk(client: Client, said: str, reference: str, *, now: datetime) -> bool:
    """Write one task for one reply; returns False when it was written before."""
    title = STARTED if said in START else STOPPED if said in STOP else SAID_SOMETHING
    if said == "CANCEL":
        title = STOPPED_OR_CANCELS
    task = {
        "kind": "reply", "title": title, "role": FRONT_DESK, "client": client, "due_at": now,
    }  # fmt: skip
    key = f"reply:{reference[:60]}:{client.pk}"
    return Task.objects.get_or_create(reason_key=key, defaults=task)[1]
