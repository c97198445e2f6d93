"""Whether a client wants follow-up reminders."""

from __future__ import annotations

from datetime import datetime

from bookings.messages.kinds import KINDS
from bookings.models import ChannelConsent, Client, Message

FOLLOW_UPS = [kind.name for kind in KINDS.values() if kind.is_follow_up]


def opt_out(client: Client, *, now: datetime, by: str = "link") -> None:
    """Stop follow-ups on every channel and take back those that wait. Twice is fine."""
    for channel in Client.Channel.values:
        ChannelConsent.objects.update_or_create(
            client=client,
            channel=channel,
            defaults={"is_given": False, "changed_at": now, "changed_by": by},
        )
    Message.objects.filter(
        client=client,
        kind__in=FOLLOW_UPS,
        state__in=(Message.State.PENDING, Message.State.CLAIMED),
    ).update(state=Message.State.CANCELLED, last_code="client_opted_out")


def wants_follow_ups(client: Client) -> bool:
    """E-mail that a client gave us counts as wanted until they say stop."""
    said = ChannelConsent.objects.filter(client=client, channel=Client.Channel.EMAIL).first()
    return said.is_given if said else True
