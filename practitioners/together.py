"""Several short lists by one query, for pages that need a little of many things."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.db.models.sql import Query

from practitioners.prepared import Prepared

Rows = Callable[[], QuerySet[Any, Any]]


class Together:
    """Lists under names, each a query that is the same every time.

    A query for rows gives rows; one for `values` gives dicts.
    """

    def __init__(self, name: str, **lists: Rows) -> None:
        self._name, self._lists = name, lists

    def read(self) -> dict[str, list[Any]]:
        """All of them, each in its order. One query."""
        (found,) = self._prepared.rows({})
        return {
            name: [make(row) for row in json.loads(text, parse_float=Decimal)]
            for (name, make), text in zip(self._makers.items(), found, strict=True)
        }

    @cached_property
    def _prepared(self) -> Prepared:
        lists = (_as_json(rows().query) for rows in self._lists.values())
        return Prepared(self._name, f"SELECT {', '.join(lists)}", {})

    @cached_property
    def _makers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        return {
            name: _maker(rows().model)
            if issubclass(rows()._iterable_class, ModelIterable)
            else dict
            for name, rows in self._lists.items()
        }


def _as_json(query: Query) -> str:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        rows = cursor.mogrify(*query.sql_with_params()).decode().replace("%", "%%")
    return f"(SELECT coalesce(json_agg(r), '[]')::text FROM ({rows}) r)"  # noqa: S608  the models' own


def _maker(model: type[Model]) -> Callable[[dict[str, Any]], Model]:
    """What makes a row of a model from its columns as JSON has them."""
    fields = [(str(one.column), one.to_python) for one in model._meta.concrete_fields]
    names = [one.attname for one in model._meta.concrete_fields]

    def make(columns: dict[str, Any]) -> Model:
        return model.from_db(
            connection.alias, names, [read(columns[name]) for name, read in fields]
        )

    return make
