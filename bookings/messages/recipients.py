"""Where a message to somebody goes."""

from __future__ import annotations

from dataclasses import dataclass

from bookings.models import Client, ClientAccess

Relation = ClientAccess.Relation
# Whoever is nearest is written to for a client without an address of their own.
NEARNESS: list[str] = [Relation.SELF, Relation.GUARDIAN, Relation.PARTNER, Relation.OTHER]


@dataclass(frozen=True, slots=True)
class Reach:
    """An address, or why there is none; `is_own` when the client themself reads it."""

    address: str
    is_own: bool = False
    code: str = ""


def reach(client: Client) -> Reach:
    """The client's own address, else that of whoever acts for them; one query then.

    An address that was refused for good is not written to again, and nobody else
    gets the mail instead: the desk mends the address.
    """
    if client.email:
        if client.email.lower() == client.bounced_email.lower():
            return Reach("", code="address_bounced")
        return Reach(client.email, is_own=True)
    people = ClientAccess.objects.filter(client=client, user__is_active=True)
    found = sorted(
        people.select_related("user"), key=lambda one: (NEARNESS.index(one.relation), one.pk)
    )
    if not found:
        return Reach("", code="no_address")
    return Reach(found[0].user.email, is_own=found[0].relation == Relation.SELF)


def address_of(client: Client) -> str:
    """Where mails to a client go; empty when there is nowhere."""
    return reach(client).address
