"""Filling tables by one statement each, as fast as PostgreSQL writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Field, Model, UUIDField
from psycopg2.extensions import adapt

NEXT_ID = "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM \"{}\"))"


def insert_of(model: type[Model], source: str, **columns: str) -> str:
    """The INSERT that makes a row for every row of a source.

    `columns` are SQL expressions over the source. Every other column gets the model's
    own default, so that a column which is new tomorrow needs no change here.
    """
    for field in model._meta.concrete_fields:
        if field.column not in columns and not field.primary_key:
            columns[str(field.column)] = _default_of(field)
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(columns.values())} {source}'


def _default_of(field: Field[Any, Any]) -> str:
    """The default of a column as SQL; what differs from row to row is left to PostgreSQL."""
    if isinstance(field, UUIDField) and field.has_default():
        return "gen_random_uuid()"
    if isinstance(field, DateTimeField) and (field.auto_now_add or field.has_default()):
        return "now()"
    value = field.get_db_prep_save(field.get_default(), connection)
    return str(adapt(value).getquoted().decode())


def fill(model: type[Model], source: str, **columns: str) -> int:
    """Insert a row for every row of a source; returns how many."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(insert_of(model, f"FROM {source}", **columns))
        written = int(cursor.rowcount)
        if "id" in columns:
            cursor.execute(NEXT_ID.format(table), [table])
    return written


@contextmanager
def quick_writes(*models: type[Model]) -> Iterator[None]:
    """Write without triggers and foreign keys, and build the indexes of these tables afterwards.

    The seed keeps every rule by itself: to look at each of a million visits three times
    for what excludes it would take minutes. Only for a superuser, outside a transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET allow_system_table_mods = on")
        tables = [model._meta.db_table for model in models]
        cursor.execute(READY, {"ready": False, "tables": tables})
        yield
        cursor.execute(READY, {"ready": True, "tables": tables})
        for table in tables:
            cursor.execute(f'VACUUM FULL "{table}"')
        cursor.execute("RESET allow_system_table_mods")
        cursor.execute("RESET session_replication_role")


# An index that is not ready is left alone by INSERT; VACUUM FULL builds it anew.
READY = """
UPDATE pg_index SET indisready = %(ready)s
WHERE indrelid = ANY(%(tables)s::regclass[]) AND NOT indisprimary
"""


def settle() -> None:
    """Give the planner its figures and the tables their visibility maps, as time would."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
