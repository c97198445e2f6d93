"""Where a mail or a text message to somebody goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType

from bookings.models import Client, ClientAccess

Channel = Client.Channel
Relation = ClientAccess.Relation
GETS_TEXTS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
EXAMPLE_NUMBER = re.compile(r"\+447700900[0-9]{3}")  # reserved for drama by the regulator


@dataclass(frozen=True, slots=True)
class Reach:
    """A channel with an address, or why there is none; `is_own` when the client themself reads it."""

    address: str
    is_own: bool = False
    code: str = ""
    channel: str = Channel.EMAIL


def reach(client: Client) -> Reach:
    """The client's own address, else that of whoever acts for them; one query then.

    An address that was refused for good is not written to again, and nobody else
    gets the mail instead: the desk mends the address.
    """
    if client.email:
        if has_bounced(client, client.email):
            return Reach("", code="address_bounced")
        return Reach(client.email, is_own=True)
    nearest = ClientAccess.objects.of_people_for(client).first()
    if nearest is None:
        return Reach("", code="no_address")
    if has_bounced(client, nearest.user.email):
        return Reach("", code="address_bounced")
    return Reach(nearest.user.email, is_own=nearest.relation == Relation.SELF)


def has_bounced(client: Client, address: str) -> bool:
    """Tell whether mail about this client was refused for good at an address."""
    return address.lower() == client.bounced_email.lower()


def address_of(client: Client) -> str:
    """Where mails to a client go; empty when there is nowhere."""
    return reach(client).address


def text_reach(client: Client) -> Reach:
    """The client's own mobile number; nobody else's is taken instead."""
    number = str(client.phone or "")
    if not number:
        return Reach("", code="no_phone", channel=Channel.SMS)
    if not gets_texts(client.phone):
        return Reach("", code="landline", channel=Channel.SMS)
    if number == str(client.bounced_phone or ""):
        return Reach("", code="phone_refused", channel=Channel.SMS)
    return Reach(number, is_own=True, channel=Channel.SMS)


def gets_texts(phone: Any) -> bool:
    """Tell whether a number is one that can get text messages."""
    number = str(phone or "")
    if EXAMPLE_NUMBER.fullmatch(number):
        return True
    try:
        return phonenumbers.number_type(phonenumbers.parse(number)) in GETS_TEXTS
    except phonenumbers.NumberParseException:
        return False
