"""A client's own contact details, changed with codes.

    the code sent to the old address   says that it is really them
    the code sent to a new address     says that the address is theirs and has no slip in it

The address is also the one they sign in with, so it changes in both places, or in none.
People who work here sign in with the address that their clinic knows: for them it stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from bookings.clients import enter
from bookings.errors import BookingError
from bookings.models import Client
from bookings.sign_in import ask_code, plain, prove


class AddressTaken(BookingError):
    """Said only to somebody who has proved that the address is theirs."""

    code = "address_taken"
    status = 409
    sentence = (
        "This address has a sign-in of its own already. Nothing was changed."
        " Use another address, or call us to join the two."
    )


@dataclass(frozen=True, slots=True)
class Details:
    """How somebody wants to be called and reached from now on."""

    name: str
    called: str
    phone: str
    email: str

    @classmethod
    def of(cls, client: Client) -> Details:
        return cls(client.name, client.called, str(client.phone), client.email)


def addresses_to_prove(user: Any, client: Client, wanted: Details) -> list[str]:
    """Where the codes go: to the address they sign in with, and to a new one."""
    is_new = plain(wanted.email) not in (plain(client.email), plain(user.email))
    return [plain(user.email), plain(wanted.email)] if is_new else [plain(user.email)]


def ask_codes(addresses: list[str], *, visitor: str, now: datetime) -> None:
    """Send a code to each address."""
    for address in addresses:
        ask_code(address, visitor=visitor, now=now)


def change_details(
    user: Any, client: Client, wanted: Details, codes: list[str], *, visitor: str, now: datetime
) -> Client:
    """Change what somebody told us, with a code for each address that has to be proved.

    Raises WrongCode, with the address whose code it is, or AddressTaken; then nothing is
    changed.
    """
    addresses = addresses_to_prove(user, client, wanted)
    prove(visitor, *zip(addresses, codes, strict=True), now=now)
    try:
        return _change(user, client, wanted, now=now)
    except IntegrityError as problem:  # made a sign-in of its own a moment ago
        raise AddressTaken from problem


@transaction.atomic
def _change(user: Any, client: Client, wanted: Details, *, now: datetime) -> Client:
    if not user.works_here and plain(user.email) != plain(wanted.email):
        others = get_user_model().objects.filter(email__iexact=plain(wanted.email))
        if others.exclude(pk=user.pk).exists():
            raise AddressTaken
        user.email = plain(wanted.email)
        user.save(update_fields=["email"])
    client.name, client.called = wanted.name, wanted.called
    client.phone, client.email = wanted.phone, wanted.email
    return enter(client, by=user, now=now)
