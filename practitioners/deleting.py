"""What keeps a row from being deleted: everything that would lose its meaning without it."""

from __future__ import annotations

from typing import TypeGuard

from django.db import models
from django.db.models import ForeignObjectRel, ManyToManyRel, ManyToOneRel

from practitioners.models.catalogue import CatalogueRow

SHIPPED = "it comes with the product"


def reasons_to_keep(row: models.Model) -> list[str]:
    """Name what refers to a row, with how many: "12 appointments". One query per relation.

    Rows of other apps are found by their relations, so this app need not know them.
    Only their number is told, never what they say.
    """
    reasons = [SHIPPED] if isinstance(row, CatalogueRow) and row.loaded_digest else []
    for relation in row._meta.get_fields(include_hidden=True):
        if _holds_on(relation):
            others = relation.field.model
            count = others._base_manager.filter(**{relation.field.name: row.pk}).count()
            if count:
                reasons.append(f"{count} {_noun(others, count)}")
    return reasons


def _holds_on(relation: object) -> TypeGuard[ForeignObjectRel]:
    """Tell whether rows of a relation would be in the way, or quietly lose what they refer to."""
    if isinstance(relation, ManyToManyRel):
        return True
    return isinstance(relation, ManyToOneRel) and relation.on_delete is models.PROTECT


def _noun(model: type[models.Model], count: int) -> str:
    return str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural)
