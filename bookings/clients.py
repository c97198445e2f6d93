"""Which person a booking is for: the login itself, or somebody it books for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import pghistory
from django.db import IntegrityError, transaction
from django.db.models import Q, Subquery

from bookings.dates import clinic_day
from bookings.models import Client, ClientAccess, Task
from bookings.models.clients import is_minor
from practitioners.models import ClinicSettings
from practitioners.prepared import PreparedQuery

Relation = ClientAccess.Relation
Scope = ClientAccess.Scope
LIKENESS = (  # the start of the task's key, its kind, whose it is, what it says
    ("likeness", "duplicate", "Front desk", "A new client may be one you know: compare the two"),
    ("likeness-join", "join", "Admin", "Two entries may be one client: compare and join them"),
)

ACTED_FOR = PreparedQuery(
    "acted_for",
    {"login": "bigint"},
    lambda login: ClientAccess.objects.of_login(login).annotate(
        longest_series=Subquery(ClinicSettings.objects.filter(pk=1).values("longest_series"))
    ),
)


def people_of(user: Any) -> list[Any]:
    """Everybody a login acts for, itself first, with their details. One query."""
    return ACTED_FOR.rows(login=user.pk) if user.is_authenticated else []


def most_at_once(access: list[Any]) -> int:
    """How many sessions may be booked at once, as it was read with whom a login acts for."""
    read = access[0].longest_series if access else None
    return read or ClinicSettings.current().longest_series


def self_of(user: Any) -> Client | None:
    """The person behind a login, if they have booked for themselves or signed a form."""
    access = (
        ClientAccess.objects.filter(user=user, relation=Relation.SELF)
        .select_related("client")
        .first()
    )
    return access.client if access else None


def own_client(user: Any, *, name: str, phone: str = "", now: datetime) -> Client:
    """The person behind a login, made at the first booking.

    A client whom the desk made with the same address stays apart: an equal address
    alone opens no record. The desk is told of the likeness.
    """
    client = self_of(user) or _new_self(user, name=name, phone=phone, now=now)
    if phone and not client.phone:
        client.phone = phone
        client.save(update_fields=["phone"])
    return client


def _new_self(user: Any, *, name: str, phone: str, now: datetime) -> Client:
    try:
        with transaction.atomic():
            client = Client.objects.create(name=name, email=user.email, phone=phone)
            ClientAccess.objects.create(
                user=user, client=client, relation=Relation.SELF, scope=Scope.RECORD
            )
    except IntegrityError:  # made a moment ago in another window
        return ClientAccess.objects.get(user=user, relation=Relation.SELF).client
    if not user.name:
        user.name = name
        user.save(update_fields=["name"])
    warn_of_likeness(client, now=now)
    return client


@transaction.atomic
def other_client(
    user: Any, *, name: str, date_of_birth: date | None, relation: str, now: datetime
) -> Client:
    """Somebody this login books for: a child's guardian also sees the record, nobody else does.

    The same name and birth date as before is the same person; never the login's own.
    """
    access = ClientAccess.objects.filter(user=user, client__name__iexact=name)
    if date_of_birth:
        access = access.filter(client__date_of_birth=date_of_birth)
    earlier = access.exclude(relation=Relation.SELF).select_related("client").first()
    if earlier:
        return earlier.client
    client = Client.objects.create(name=name, date_of_birth=date_of_birth)
    is_guardian = relation == Relation.GUARDIAN and is_minor(date_of_birth, on=clinic_day(now))
    said = relation if relation in (Relation.PARTNER, Relation.PARENT) else Relation.OTHER
    ClientAccess.objects.create(
        user=user,
        client=client,
        relation=Relation.GUARDIAN if is_guardian else said,
        scope=Scope.RECORD if is_guardian else Scope.BOOKING,
    )
    warn_of_likeness(client, now=now)
    return client


def stop_acting_for(access: ClientAccess) -> None:
    """Let a login no longer book for somebody; that person and their visits stay. Twice is fine."""
    ClientAccess.objects.filter(pk=access.pk).exclude(relation=Relation.SELF).delete()


@transaction.atomic
def enter(client: Client, *, by: Any, now: datetime) -> Client:
    """Save what the desk typed about a person, new or known, and name who did it."""
    with pghistory.context(user=by.pk):
        client.save()
    warn_of_likeness(client, now=now)
    return client


def prefer(client: Client, *, weekdays: Collection[int], parts: Collection[str], by: Any) -> Client:
    """Keep which days and parts of the day suit somebody, and name who said so."""
    client.preferred_weekdays, client.preferred_parts = sorted(weekdays), list(parts)
    with pghistory.context(user=by.pk):
        client.save(update_fields=["preferred_weekdays", "preferred_parts"])
    return client


@transaction.atomic
def take_over(client: Client, user: Any, *, now: datetime) -> ClientAccess | None:
    """Give a login the record of a client whom the desk has entered.

    Only for whoever opened a link that was mailed to the client's own address, and has
    signed in with that very address. None for anybody else, and for a login that
    already is somebody, or books for this client: then the desk is told of the likeness.
    """
    if not client.email or client.email.lower() != user.email.lower() or client.merged_into_id:
        return None
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if ClientAccess.objects.filter(client=client).exists() or self_of(user) is not None:
        warn_of_likeness(client, now=now)
        return None
    return ClientAccess.objects.create(
        user=user, client=client, relation=Relation.SELF, scope=Scope.RECORD
    )


def likely_same(client: Client) -> Any:
    """Other clients with the same name and birth date, phone or address."""
    same = Q(pk__in=[])
    if client.date_of_birth:
        same |= Q(name__iexact=client.name, date_of_birth=client.date_of_birth)
    if client.phone:
        same |= Q(phone=client.phone)
    if client.email:
        same |= Q(email__iexact=client.email)
    return Client.objects.current().filter(same).exclude(pk=client.pk)


def warn_of_likeness(client: Client, *, now: datetime) -> None:
    """Give the desk a task when the new client may be one it knows; and the admins, who may join them."""
    if not likely_same(client).exists():
        return
    for key, kind, role, title in LIKENESS:
        about = {"kind": kind, "role": role, "title": title, "client": client, "due_at": now}
        Task.objects.get_or_create(reason_key=f"{key}:{client.pk}", defaults=about)


def settle_likeness(*clients: Client, by: Any, now: datetime) -> None:
    """Nobody has to look any more whether these are one person."""
    keys = [f"{key}:{one.pk}" for key, *_ in LIKENESS for one in clients]
    Task.objects.filter(reason_key__in=keys).open().update(done_at=now, done_by=by)
