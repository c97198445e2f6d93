"""Who books for whom, as the desk sees it.

a child's page      says whom to call about them
a parent's page     leads to the people whose sessions they call about
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db.models import QuerySet

from bookings.models import Client, ClientAccess

Relation = ClientAccess.Relation
WORDS: dict[str, str] = {
    Relation.GUARDIAN: "parent or guardian",
    Relation.PARTNER: "partner",
    Relation.PARENT: "son or daughter",
}
OTHERS = "books for them"


class Acting(NamedTuple):
    """Somebody else whose login may book for a client; `person` where that login is a client, too."""

    name: str
    relation: str
    email: str
    person: Client | None


def who_acts_for(client: Client) -> list[Acting]:
    """Everybody else who may book for somebody, the nearest first. Two queries, or one for none."""
    found = list(ClientAccess.objects.of_people_for(client).exclude(relation=Relation.SELF))
    if not found:
        return []
    logins = [access.user_id for access in found]
    selves = ClientAccess.objects.filter(user__in=logins, relation=Relation.SELF)
    people = {one.user_id: one.client for one in selves.select_related("client")}
    return [_acting(access, people.get(access.user_id)) for access in found]


def _acting(access: ClientAccess, person: Client | None) -> Acting:
    name = person.name if person else access.user.name or access.user.email
    return Acting(name, WORDS.get(access.relation, OTHERS), access.user.email, person)


def acted_for_by(client: Client, *, seen_by: Any) -> QuerySet[Client]:
    """The people whom somebody's login books for, as far as this member of staff may see them."""
    logins = ClientAccess.objects.filter(client=client, relation=Relation.SELF)
    theirs = ClientAccess.objects.filter(user__in=logins.values("user"))
    people = Client.objects.visible_to(seen_by).current().exclude(pk=client.pk)
    return people.filter(pk__in=theirs.values("client"))
