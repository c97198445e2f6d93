"""Putting a message to a client into words, for whichever channel it takes."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Hashable, Mapping

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from bookings.extensions import message_source
from bookings.links import unsubscribe_link
from bookings.messages import texts
from bookings.messages.forms import fill_form
from bookings.messages.kinds import KINDS
from bookings.messages.routes import route_of
from bookings.messages.sources import Mail
from bookings.models import Client, Message
from practitioners.models import ClinicSettings

Channel = Client.Channel
BUTTONS = {
    "health_form": "Answer the questions",
    "check_in": "Answer the question",
    "measures": "Answer the questions",
    "plan_to_agree": "Read your plan",
    "aftercare": "Read it",
    "letter": "Read it",
}
Values = Mapping[str, str]


def write_letter(
    message: Message,
    client: Client,
    *,
    clinic: ClinicSettings,
    link: str,
    text: str = "",
    values: Values | None = None,
    short_values: Values | None = None,
    attachments: tuple[tuple[str, bytes, str], ...] = (),
    **known: Hashable,
) -> Mail:
    """Write a mail or a text message, as the client wishes; `link` is a path of ours.

    `values` go into the braces and are shown by the mail's templates, `short_values` go into
    braces where space is short; `known` is shown, too, and the same for many. `text` names the
    words where they are not those of the kind. At most four queries.
    """
    way = route_of(message, client)
    text = text or message.kind
    full = {
        "name": client.first_name,
        "clinic": clinic.name,
        "phone": clinic.phone,
        **(values or {}),
    }
    short = {**full, **(short_values or {})}
    words = texts.words_of(text, way.channel, is_own=way.is_own)
    if way.channel == Channel.SMS:
        said = texts.fill(words.text, {**short, "link": settings.SITE_URL + short_link(message)})
        return Mail(way.address, "", texts.text_message(message.kind, said), Channel.SMS)
    full["link"] = short["link"] = settings.SITE_URL + link
    way_out = _way_out(client) if KINDS[message.kind].is_follow_up else ""
    return fill_form(
        texts.TEXTS[text].template,
        to=way.address,
        subject=texts.in_one_line(texts.fill(words.subject, short)),
        opening=words.text,
        clinic=clinic,
        values={**full, "unsubscribe": way_out},
        attachments=attachments,
        headers=_stops_by(way_out) if way_out else {},
        kind=message.kind,
        text=text,
        **{"button": BUTTONS.get(message.kind, "Open"), **known},
    )


def _way_out(client: Client) -> str:
    """Where a client stops follow-ups."""
    return settings.SITE_URL + unsubscribe_link(client)


def _stops_by(way_out: str) -> dict[str, str]:
    """The same in the head of a mail, for whoever shows a button for it."""
    return {
        "List-Unsubscribe": f"<{way_out}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def short_link(message: Message) -> str:
    """The path in a text message: nothing but the random name of the message itself."""
    name = base64.urlsafe_b64encode(message.public_id.bytes).decode().rstrip("=")
    return reverse("message_link", args=[name])


def target_of(name: str) -> str:
    """Where the short link of a message leads now; empty for none of ours.

    Only what went as a text message has one: the name of a mail stands in its head, where
    every relay reads it. Reads the source under its lock, for a moment.
    """
    key = _uuid_of(name)
    found = key and Message.objects.filter(public_id=key, via=Channel.SMS).first()
    if not found:
        return ""
    source = message_source(found.source_type)
    with transaction.atomic():
        row = source.lock(found)
        return str(source.link(found, row)) if row else ""


def _uuid_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(bytes=base64.urlsafe_b64decode(f"{name[:30]}=="))
    except ValueError:
        return None
