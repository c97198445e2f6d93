"""By what a client really gets reminders, in words for the desk: wishes and addresses together."""

from __future__ import annotations

from bookings.consents import Channel, offers_texts, wishes_of
from bookings.messages.routes import REACH
from bookings.models import Client

WHY_NOT = {
    "no_address": "no email address",
    "address_bounced": "mails to their address come back",
    "no_phone": "no mobile number",
    "landline": "their number gets no text messages",
    "phone_refused": "text messages to their number were refused",
}


def say_reminders(client: Client) -> str:
    """by text message, else by e-mail; none: no email address. As many queries as `route`."""
    wanted = wishes_of(client).wanted
    if not wanted:
        return "stopped: they want none"
    tried = [REACH[one](client) for one in wanted]
    ways = [Channel(one.channel).label.lower() for one in tried if one.address]
    if ways:
        return f"by {', else by '.join(ways)}"
    return f"none: {', '.join(WHY_NOT[one.code] for one in tried)}"


def say_missing(client: Client) -> str:
    """What a client who rather has text messages lacks for them; empty where nothing is."""
    if client.preferred_channel != Channel.SMS:
        return ""
    if not offers_texts():
        return "Text messages are chosen, but this clinic sends none."
    if Channel.SMS not in wishes_of(client).wanted:
        return "Text messages are chosen, but not agreed to."
    code = REACH[Channel.SMS](client).code
    return f"Text messages are chosen, but there is {WHY_NOT[code]}." if code == "no_phone" else ""
