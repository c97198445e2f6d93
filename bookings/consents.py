"""On which channels a client wants to hear from us, and which one they like best.

    e-mail           wanted from the moment the address is given, until somebody says stop
    text message     wanted once somebody says so; then it may carry mails about visits, too

A no concerns follow-ups; a mail about a booked visit goes out all the same. A text message
of any kind needs a yes, because that is how a reply of STOP is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef

from bookings.errors import BookingError
from bookings.messages.kinds import KINDS
from bookings.messages.recipients import text_reach
from bookings.models import ChannelConsent, Client, Message
from practitioners.prepared import PreparedQuery

FOLLOW_UPS = [kind.name for kind in KINDS.values() if kind.is_follow_up]
SAID = PreparedQuery(
    "said_by_client",
    {"client": "bigint"},
    lambda client: ChannelConsent.objects.filter(client=client),
)
Channel = Client.Channel
By = ChannelConsent.By
WHY_NOT = {
    "no_phone": "We have no phone number. Enter a mobile number first.",
    "landline": "{phone} cannot get text messages. Enter a mobile number first.",
    "phone_refused": "Text messages to {phone} were refused. Enter another mobile number first.",
}


class CannotText(BookingError):
    """The number is none that text messages could go to."""

    code = "cannot_text"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a client wants follow-ups by, the channel they prefer first."""

    wanted: tuple[str, ...]

    @property
    def is_opted_out(self) -> bool:
        """E-mail is wanted by default, so nothing wanted means that somebody has said no."""
        return not self.wanted


def offers_texts() -> bool:
    """Tell whether this clinic sends text messages at all."""
    return bool(settings.SMS_BACKEND)


def read(client: Client) -> None:
    """Read what a client has said once for all who ask while their row is locked. One query."""
    client.said = {row.channel: row.is_given for row in SAID.rows(client=client.pk)}


def said_by(client: str) -> dict[str, Any]:
    """What the client that a query knows by this path has said, as two of its columns.

    Locks are waited for with an eye on old rows: a query with these does not lock, it
    comes `after` one that does.
    """
    rows = ChannelConsent.objects.filter(client=OuterRef(client)).values("channel")
    return {
        "said_yes": ArraySubquery(rows.filter(is_given=True)),
        "said_no": ArraySubquery(rows.filter(is_given=False)),
    }


def keep_said(client: Client, row: Any) -> None:
    """Let all who ask know what a query has read by `said_by`."""
    client.said = {**dict.fromkeys(row.said_yes, True), **dict.fromkeys(row.said_no, False)}


def wishes_of(client: Client) -> Wishes:
    """What a client wants. One query, none where it was read or `consents` are prefetched."""
    said = client.said
    if said is None:
        said = {row.channel: row.is_given for row in client.consents.all()}
    return _wishes(said, client.preferred_channel)


def wishes_at(client: Client, at: datetime) -> Wishes:
    """What a client had said by a moment that is over. Two queries."""
    past = ChannelConsent.history_of(client).filter(changed_at__lte=at)
    said = {row.channel: row.is_given for row in past.order_by("changed_at", "pgh_id")}
    still = client.consents.filter(changed_at__lte=at)  # also what is older than the history
    said |= {row.channel: row.is_given for row in still}
    return _wishes(said, client.preferred_channel)


def _wishes(said: Mapping[str, bool], preferred: str) -> Wishes:
    wants = {
        Channel.EMAIL: said.get(Channel.EMAIL, True),
        Channel.SMS: offers_texts() and said.get(Channel.SMS, False),
    }
    liked = sorted(wants, key=lambda channel: channel != preferred)
    return Wishes(tuple(channel for channel in liked if wants[channel]))


def wants_follow_ups(client: Client) -> bool:
    """Tell whether a client may be written to at all, other than about a booked visit."""
    return not wishes_of(client).is_opted_out


@transaction.atomic
def opt_out(
    client: Client,
    *,
    now: datetime,
    by: str = By.LINK,
    user: Any = None,
    channels: tuple[str, ...] = tuple(Channel.values),
) -> None:
    """Stop follow-ups on some channels, or on all; take back what waits. Twice is fine.

    The client's row is locked, so that a message is either on its way or not sent at all.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    for channel in channels:
        _say(client, channel, is_given=False, now=now, by=by, user=user)
    if wants_follow_ups(client):
        return  # what waits goes the other way
    Message.objects.filter(
        client=client,
        kind__in=FOLLOW_UPS,
        state__in=(Message.State.PENDING, Message.State.CLAIMED),
    ).update(state=Message.State.CANCELLED, last_code="client_opted_out")


@transaction.atomic
def opt_in(client: Client, channel: str, *, now: datetime, by: str, user: Any = None) -> None:
    """Note that a client wants follow-ups on a channel. Raises CannotText."""
    if channel == Channel.SMS:
        check_texts(client)
    _say(client, channel, is_given=True, now=now, by=by, user=user)


@transaction.atomic
def settle(
    client: Client,
    *,
    wants: Mapping[str, bool],
    preferred: str,
    now: datetime,
    by: str,
    user: Any = None,
) -> None:
    """Note everything a client wants at once. Raises CannotText; then nothing is changed."""
    for channel in (one for one in wants if wants[one]):
        opt_in(client, channel, now=now, by=by, user=user)
    unwanted = tuple(one for one in wants if not wants[one])
    client.preferred_channel = preferred
    client.save(update_fields=["preferred_channel"])
    opt_out(client, now=now, by=by, user=user, channels=unwanted)


def check_texts(client: Client) -> None:
    """Refuse a number that no text message could reach. Raises CannotText."""
    if code := text_reach(client).code:
        phone = client.phone.as_national if client.phone else ""
        raise CannotText(WHY_NOT[code].format(phone=phone), reason=code)


def _say(
    client: Client, channel: str, *, is_given: bool, now: datetime, by: str, user: Any
) -> None:
    """Write down who said what when; the same again leaves the first time standing."""
    client.said = None
    said = {"is_given": is_given, "changed_at": now, "changed_by": by, "user": user}
    row, is_new = ChannelConsent.objects.select_for_update().get_or_create(
        client=client, channel=channel, defaults=said
    )
    if not is_new and row.is_given != is_given:
        ChannelConsent.objects.filter(pk=row.pk).update(**said)
