"""Making two entries of one person one, and taking that back.

Every row that names the entry given up is pointed to the one kept, whatever part of the
product it belongs to: the relations are read from the models. What cannot stand twice
(a consent per channel, a login's access) stays where it is, and so do rows that the
database keeps as they were written, like the log of who opened a record.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import IntegrityError, InternalError, transaction
from django.db.models import Model

from bookings.calendar.attempts import in_one_transaction
from bookings.calendar.locks import CLIENT, PRACTITIONER, ROOM, lock
from bookings.clients import settle_likeness
from bookings.errors import NotPossible
from bookings.models import Appointment, ChannelConsent, Client, ClientAccess, ClientMerge

MAY_STAY = (ChannelConsent, ClientAccess)
FILLED = ("called", "date_of_birth", "phone", "email")
Link = tuple[type[Model], str]  # a model and its field that names a client


@in_one_transaction
def merge(kept: Client, absorbed: Client, *, by: Any, now: datetime) -> ClientMerge:
    """Give one entry up for another. The same again changes nothing.

    Raises NotPossible for an entry that was given up before, and when both have what
    cannot belong to one person, like two sessions at one time.
    """
    kept, absorbed = _locked(kept, absorbed)
    earlier = ClientMerge.objects.of(absorbed).filter(kept=kept, absorbed=absorbed).first()
    if earlier:
        return earlier
    if kept.pk == absorbed.pk or kept.merged_into_id or absorbed.merged_into_id:
        raise NotPossible("One of these entries was joined with another before.")
    moved = {_name(link): keys for link in _links() if (keys := _move(link, absorbed, kept))}
    filled = {name: "" for name in FILLED if _fill(kept, absorbed, name)}
    kept.save(update_fields=list(filled) or None)
    absorbed.merged_into = kept
    absorbed.save(update_fields=["merged_into"])
    settle_likeness(kept, absorbed, by=by, now=now)
    return ClientMerge.objects.create(
        kept=kept, absorbed=absorbed, moved=moved, filled=filled, by=by, at=now
    )


@in_one_transaction
def undo(merged: ClientMerge, *, by: Any, now: datetime) -> ClientMerge:
    """Give the other entry back what was its own; what came later stays with the one kept.

    A second time changes nothing. Raises NotPossible when something has come to stand in
    the way.
    """
    kept, absorbed = _locked(merged.kept, merged.absorbed)
    merged = ClientMerge.objects.get(pk=merged.pk)
    if merged.undone_at:
        return merged
    for name, keys in merged.moved.items():
        label, field = name.rsplit(".", 1)
        _point(_model(label), field, keys, kept, absorbed)
    for name in merged.filled:
        if getattr(kept, name) == getattr(absorbed, name):
            setattr(kept, name, None if name == "date_of_birth" else "")
    kept.save(update_fields=list(merged.filled) or None)
    absorbed.merged_into = None
    absorbed.save(update_fields=["merged_into"])
    merged.undone_at, merged.undone_by = now, by
    merged.save(update_fields=["undone_at", "undone_by"])
    return merged


def _locked(one: Client, other: Client) -> tuple[Client, Client]:
    """Both, with everything their visits stand on: nobody books for either meanwhile."""
    keys = [one.pk, other.pk]
    visits = Appointment.objects.filter(client__in=keys).values_list("practitioner", "room")
    seen = list(visits)
    lock(
        *((PRACTITIONER, person) for person, _ in seen),
        *((ROOM, room) for _, room in seen),
        *((CLIENT, key) for key in keys),
    )
    found = Client.objects.select_for_update().order_by("pk").in_bulk(keys)
    return found[one.pk], found[other.pk]


def _links() -> Iterator[Link]:
    """Every field of every model that names a client, but the histories and our own."""
    for relation in Client._meta.get_fields(include_hidden=True):
        model = relation.related_model
        if not relation.auto_created or relation.concrete or not isinstance(model, type):
            continue
        if relation.many_to_many or issubclass(
            model, (Client, ClientMerge, pghistory.models.Event)
        ):
            continue
        yield model, relation.field.name  # type: ignore[union-attr]


def _name(link: Link) -> str:
    return f"{link[0]._meta.label}.{link[1]}"


def _model(label: str) -> type[Model]:
    return next(model for model in apps.get_models() if model._meta.label == label)


def _move(link: Link, absorbed: Client, kept: Client) -> list[Any]:
    """Move what can be moved; returns its keys."""
    model, field = link
    rows = model._base_manager.filter(**{field: absorbed}).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    return [key for key in keys if _moves(model, field, key, kept)]


def _moves(model: type[Model], field: str, key: Any, kept: Client) -> bool:
    try:
        with transaction.atomic():
            model._base_manager.filter(pk=key).update(**{field: kept})
    except InternalError:  # the database keeps this row as it was written
        return False
    except IntegrityError as problem:
        if issubclass(model, MAY_STAY):
            return False
        raise NotPossible(_clash(model)) from problem
    return True


def _point(model: type[Model], field: str, keys: list[Any], kept: Client, back: Client) -> None:
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=keys, **{field: kept}).update(**{field: back})
    except IntegrityError as problem:
        raise NotPossible(_clash(model)) from problem


def _clash(model: type[Model]) -> str:
    if issubclass(model, Appointment):
        return "Both have a session at the same time. Move or cancel one of them first."
    what = model._meta.verbose_name
    return f"Both have a {what} where one person can have only one. Settle that first."


def _fill(kept: Client, absorbed: Client, name: str) -> bool:
    """Take over a detail that the kept entry lacks."""
    if getattr(kept, name) or not getattr(absorbed, name):
        return False
    setattr(kept, name, getattr(absorbed, name))
    return True
