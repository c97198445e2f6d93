"""Statements that a session plans once: for those that take longer to plan than to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from django.db import connection


class Prepared:
    """A statement with named places, each of a type, under a name of its own."""

    def __init__(self, name: str, statement: str, types: Mapping[str, str]) -> None:
        numbers = {place: f"${number}" for number, place in enumerate(types, 1)}
        self._prepare = f"PREPARE {name} ({', '.join(types.values())}) AS {statement % numbers}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({place})s' for place in types)})"
        self._sessions: WeakSet[Any] = WeakSet()

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Execute it and read what it answers. One query; the first of a session makes it ready, too."""
        self._make_ready()
        with connection.cursor() as cursor:
            cursor.execute(self._execute, values)
            return cursor.fetchall()

    def written(self, values: Mapping[str, Any]) -> int:
        """Execute it; how many rows it has written. Queries as for `rows`."""
        self._make_ready()
        with connection.cursor() as cursor:
            cursor.execute(self._execute, values)
            return cursor.rowcount

    def _make_ready(self) -> None:
        connection.ensure_connection()
        session = connection.connection
        if session not in self._sessions:
            with connection.wrap_database_errors, session.cursor() as cursor:
                cursor.execute(self._prepare)
            self._sessions.add(session)
