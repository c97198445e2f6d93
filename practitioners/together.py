"""Several short lists by one query, which sends them only when they may have changed.

Whatever the practitioners' tables say hardly ever changes, and every change of them is noted
(migration 0002). So a process keeps what it has read with the sum of the changes noted by then,
and says that sum when it asks again:

    the same sum  ──►  nothing has been changed since: what is kept is right
    another       ──►  the lists, read in the same moment as their sum (migration 0004)

Sum and lists come from one snapshot, a change is noted in the transaction that makes it, and
where nothing is noted at all nothing is kept. No clock, nobody to tell, no other process to ask.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import ModelIterable

from practitioners.prepared import Prepared, PreparedQuery, literal

Rows = Callable[[], QuerySet[Any, Any]]
Drawer = dict[str, Any]
KEPT = 64  # sets of values in each process; a crawler may ask for any
UNLESS_KNOWN = Prepared(
    "unless_known",
    "SELECT changes, sent FROM practitioners_unless_known(%(known)s, %(lists)s)",
    {"known": "numeric", "lists": "text"},
)
LIST = "'{}', (SELECT coalesce(json_agg(r), '[]') FROM ({}) r)"


class Lists(Mapping[str, list[Any]]):
    """Rows under the names of their lists: as if they were read again, once somebody asks for them.

    `changes` is the sum of those that were noted when this was right.
    """

    def __init__(self, kept: Mapping[str, list[Any]], changes: Decimal | None) -> None:
        self._kept, self.changes = kept, changes
        self._asked: dict[str, list[Any]] = {}

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self._asked:
            self._asked[name] = [_anew(row) for row in self._kept[name]]
        return self._asked[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


class Kept(NamedTuple):
    """Lists, how they are asked for, the sum of the changes noted before, what was worked out of them."""

    changes: Decimal | None
    lists: dict[str, list[Any]]
    asked: str
    drawer: Drawer


class Together:
    """Lists under names: each a query that is the same every time, or one with named places.

    A query for rows gives rows; one for `values` gives dicts. Only for what stands in the
    tables of practitioners: changes of others are not noted.
    """

    def __init__(self, **lists: Rows | PreparedQuery[Any]) -> None:
        self._lists = {
            key: one if isinstance(one, PreparedQuery) else PreparedQuery(key, {}, one)
            for key, one in lists.items()
        }
        self._kept: dict[tuple[Any, ...], Kept] = {}

    def read(self, **values: Any) -> Lists:
        """All of them, each in its order, for these values. One query."""
        return self.read_with_drawer(**values)[0]

    def read_with_drawer(self, **values: Any) -> tuple[Lists, Drawer]:
        """The same, with a drawer for what is worked out of them: empty again after a change."""
        key = tuple(values[name] for name in self._types)
        kept = self._kept.get(key)
        known, asked = (kept.changes, kept.asked) if kept else (None, self._lists_for(values))
        ((noted, sent),) = UNLESS_KNOWN.only_read({"known": known, "lists": asked})
        if kept is None or sent is not None:
            kept = Kept(noted, self._made(sent), asked, {})
            self._keep(key, kept)
        return Lists(kept.lists, kept.changes), kept.drawer

    def _keep(self, key: tuple[Any, ...], kept: Kept) -> None:
        if len(self._kept) >= KEPT:
            self._kept.clear()
        if kept.changes is not None:
            self._kept[key] = kept

    def _made(self, text: str) -> dict[str, list[Any]]:
        found = json.loads(text, parse_float=Decimal)
        return {name: [make(row) for row in found[name]] for name, make in self._makers.items()}

    def _lists_for(self, values: dict[str, Any]) -> str:
        """What to execute for these values, as it is sent along."""
        return self._statement % {name: literal(value) for name, value in values.items()}

    @cached_property
    def _types(self) -> dict[str, str]:
        return {name: kind for one in self._lists.values() for name, kind in one.types.items()}

    @cached_property
    def _statement(self) -> str:
        lists = (LIST.format(name, one.statement) for name, one in self._lists.items())
        return f"SELECT json_build_object({', '.join(lists)})::text"

    @cached_property
    def _makers(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        asked = {name: one.asked() for name, one in self._lists.items()}
        return {
            name: _maker(rows.model) if issubclass(rows._iterable_class, ModelIterable) else dict
            for name, rows in asked.items()
        }


def _maker(model: type[Model]) -> Callable[[dict[str, Any]], Model]:
    """What makes a row of a model, with its annotations, from its columns as JSON has them."""
    fields = [(str(one.column), one.to_python) for one in model._meta.concrete_fields]
    names = [one.attname for one in model._meta.concrete_fields]
    own = {column for column, _ in fields}

    def make(columns: dict[str, Any]) -> Model:
        row = model.from_db(connection.alias, names, [read(columns[name]) for name, read in fields])
        for name in columns.keys() - own:
            setattr(row, name, columns[name])
        return row

    return make


def _anew(row: Any) -> Any:
    """The row as if it was read again: whoever gets it may change it."""
    if isinstance(row, dict):
        return dict(row)
    again = object.__new__(type(row))
    again.__dict__.update(row.__dict__, _state=ModelState())
    again._state.adding, again._state.db = False, row._state.db
    return again
