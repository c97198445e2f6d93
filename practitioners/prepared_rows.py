"""Statements that a session plans once and that write rows of a model.

PreparedInsert   rows of a model, as many as there are
PreparedUpdate   some fields of one row
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import Model

from practitioners.prepared import Prepared, literal

numbers = count(1)  # two statements of one name would not get along in a session
INSERT = (
    "INSERT INTO {table} ({columns}) SELECT * FROM {rows} ON CONFLICT DO NOTHING RETURNING {key}"
)


def columns_of(model: type[Model]) -> list[str]:
    """What an insert writes of a model, in this order: every column but the key."""
    return [str(field.column) for field in model._meta.concrete_fields if not field.primary_key]


class PreparedInsert:
    """Writes rows of a model by one statement; what a constraint refuses is left out.

    ON CONFLICT DO NOTHING: with exclusion constraints, rivals who insert and catch the
    error wait for each other until PostgreSQL ends one of them. Fields that are named to be
    `usual` are those that a new row has as the model says; they cost nothing then. A row may
    be anything that has the others.
    """

    def __init__(
        self,
        model: type[Model],
        statement: str = INSERT,
        *,
        usual: Collection[str] = (),
        **more: str,
    ) -> None:
        """`statement` may say it in words of its own, with its `{rows}` and `more` places."""
        fields = [one for one in model._meta.concrete_fields if not one.primary_key]
        self._usual = {str(one.column): one for one in fields if one.name in usual}
        self._fields = {str(one.column): one for one in fields if one.name not in usual}
        self._model, self._statement, self._more = model, statement, more

    def write(self, rows: Collection[Any], **more: Any) -> list[int]:
        """Insert them and give the keys of those that are written. Raises ValueError for an unusual one."""
        return [key for (key,) in self._prepared.rows(self._values(rows, more))]

    def said(self, rows: Collection[Any], **more: Any) -> str:
        """The statement with these rows, to be executed with another one. Raises as `write`."""
        return self._prepared.said(self._values(rows, more))

    def _values(self, rows: Collection[Any], more: Mapping[str, Any]) -> dict[str, Any]:
        usual_ones = [(one.attname, usual) for one, usual in self._defaults]
        if any(getattr(row, name, usual) != usual for row in rows for name, usual in usual_ones):
            raise ValueError("A field has another value than the statement writes.")
        line = connections[DEFAULT_DB_ALIAS]  # found once and not for every value
        values: dict[str, Any] = {
            name: [_stored(field, field.pre_save(row, True), line) for row in rows]
            for name, field in self._fields.items()
        }
        return {**values, **more}

    @cached_property
    def _defaults(self) -> list[tuple[Any, Any]]:
        return [(field, field.get_default()) for field in self._usual.values()]

    @cached_property
    def _prepared(self) -> Prepared:
        about: Any = self._model._meta
        names = {
            "table": f'"{about.db_table}"',
            "columns": ", ".join(f'"{name}"' for name in columns_of(self._model)),
            "rows": self._rows(),
            "key": f'"{about.pk.column}"',
        }
        types = {name: f"{_type_of(field)}[]" for name, field in self._fields.items()}
        return Prepared(
            f"insert_{about.db_table}_{next(numbers)}",
            self._statement.format(**names),
            {**types, **self._more},
        )

    def _rows(self) -> str:
        """All columns of each row: what arrays bring and, after casts to their types, what is usual."""
        usual = {
            str(field.column): f"{_written(value)}::{_type_of(field)}"
            for field, value in self._defaults
        }
        columns = ", ".join(usual.get(name, f'"{name}"') for name in columns_of(self._model))
        brought = ", ".join(f'"{name}"' for name in self._fields)
        arrays = ", ".join(f"%({name})s" for name in self._fields)
        return f"(SELECT {columns} FROM unnest({arrays}) AS brought ({brought})) AS rows"  # noqa: S608  the models' own


class PreparedUpdate:
    """Writes some fields of one row of a model."""

    def __init__(self, model: type[Model], *names: str) -> None:
        about: Any = model._meta
        fields = [about.pk, *map(about.get_field, names)]
        self._fields = {str(field.column): field for field in fields}
        key, *columns = self._fields
        changed = ", ".join(f'"{name}" = %({name})s' for name in columns)
        self._prepared = Prepared(
            f"update_{about.db_table}_{next(numbers)}",
            f'UPDATE "{about.db_table}" SET {changed} WHERE "{key}" = %({key})s',  # noqa: S608  the same
            {name: _type_of(field) for name, field in self._fields.items()},
        )

    def write(self, row: Model) -> bool:
        """Whether the row was there to be written."""
        return self._prepared.written(self._values(row)) == 1

    def said(self, row: Model) -> str:
        """The statement with its values, to be executed with another one."""
        return self._prepared.said(self._values(row))

    def _values(self, row: Model) -> dict[str, Any]:
        line = connections[DEFAULT_DB_ALIAS]
        return {
            name: _stored(field, getattr(row, field.attname), line)
            for name, field in self._fields.items()
        }


# Of these fields values of these types are stored as they are; Django takes longer to find that out.
PLAIN: dict[type, type] = {
    models.BooleanField: bool,
    models.CharField: str,
    models.DateTimeField: datetime,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.TextField: str,
    models.UUIDField: UUID,
    models.ForeignKey: int,
}


def _stored(field: Any, value: Any, line: Any) -> Any:
    """A value as its column takes it."""
    if value is None or PLAIN.get(type(field)) is type(value):
        return value
    return field.get_db_prep_save(value, line)


def _type_of(field: Any) -> str:
    """Its type without a length: a cast to varchar(10) would cut off what the column refuses."""
    return str(field.db_type(connection)).partition("(")[0]


def _written(value: Any) -> str:
    """A value as it stands in a statement with places."""
    return literal(value).replace("%", "%%")
