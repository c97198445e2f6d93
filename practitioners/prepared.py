"""Statements that a session plans once: for those that take longer to plan than to run.

Prepared         a statement written by hand
PreparedQuery    a query in the words of the models, which Django puts together once, too
PreparedAround   a statement by hand around such a query

Those that write rows of a model: `prepared_rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from practitioners.later import GoesAlong
from practitioners.objects_of_rows import ObjectsOf, beside

Row = TypeVar("Row", bound=Model)
# What each session knows, under the names.
SESSIONS: WeakKeyDictionary[Any, dict[str, Prepared]] = WeakKeyDictionary()


class Prepared:
    """A statement with named places, each of a type, under a name of its own."""

    def __init__(self, name: str, statement: str, types: Mapping[str, str]) -> None:
        self._name, self._statement, self._types = name, statement, types
        numbers = {place: f"${number}" for number, place in enumerate(types, 1)}
        kinds, places = ", ".join(types.values()), ", ".join(f"%({place})s" for place in types)
        self._prepare = f"PREPARE {name} {f'({kinds})' if kinds else ''} AS {statement % numbers}"
        self._execute = f"EXECUTE {name} {f'({places})' if places else ''}"

    def with_values(self, number: int, values: Mapping[str, Any]) -> Prepared:
        """The same with some of its values in it: PostgreSQL reads them once in each session.

        A session knows one of each number, and forgets it for the next one.
        """
        given = {
            place: f"{literal(values[place])}::{kind}".replace("%", "%%")
            if place in values
            else f"%({place})s"
            for place, kind in self._types.items()
        }
        statement = self._statement.replace("%%", "%%%%") % given
        types = {place: kind for place, kind in self._types.items() if place not in values}
        return Prepared(f"{self._name}_{number}", statement, types)

    def rows(self, values: Mapping[str, Any], *, after: str = "") -> list[tuple[Any, ...]]:
        """Execute it and read what it answers. One query; the first of a session makes it ready, too.

        `after` is what another has `said`: it is sent along and executed before.
        """
        cursor = self._executed(values, after)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def only_read(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The same of a statement that writes nothing, which may be the first of a request.

        It is its own health check: where the server has ended the line since the request before, it
        is asked once more on a new one. Never inside a transaction, of which the rest would be lost.
        """
        line: Any = connections[DEFAULT_DB_ALIAS]
        is_unsure = line.connection and line.health_check_enabled and not line.health_check_done
        if not is_unsure or line.in_atomic_block:
            return self.rows(values)
        line.health_check_done = True
        try:
            return self.rows(values)
        except (OperationalError, InterfaceError):
            if not line.connection.closed:  # something else is wrong, like a timeout
                raise
            line.close()
            return self.rows(values)

    def written(self, values: Mapping[str, Any], *, after: str = "") -> int:
        """Execute it; how many rows it has written. Queries and `after` as for `rows`."""
        return int(self._executed(values, after).rowcount)

    def said(self, values: Mapping[str, Any]) -> str:
        """The statement with its values, to be executed with another one."""
        line = whole_line()
        self.ready(line)
        return f"{_filled(line, self._execute, values).replace('%', '%%')}; "

    def bound(self, values: Mapping[str, Any], *, after: Prepared | None = None) -> Bound:
        """The statement with its values, to be executed later, maybe over another connection.

        It comes `after` one whose values are among its own: for its locks.
        """
        if after is None:
            return Bound((self,), _filled(_line(), self._execute, values))
        both = f"{after._execute}; {self._execute}"
        return Bound((after, self), _filled(_line(), both, values))

    def ready(self, line: Any) -> None:
        """Let a session know it, once."""
        known = SESSIONS.setdefault(line.connection, {})
        if known.get(self._name) is self:
            return
        with line.wrap_database_errors, line.connection.cursor() as cursor:
            if self._name in known:
                cursor.execute(f"DEALLOCATE {self._name}")
                del known[self._name]
            cursor.execute(self._prepare)
        known[self._name] = self

    def _executed(self, values: Mapping[str, Any], after: str) -> Any:
        """Execute it; gives the cursor."""
        line = whole_line()
        self.ready(line)
        return execute(line, after + self._execute, values)


@dataclass(frozen=True, slots=True)
class Bound:
    """Statements with their values in them."""

    statements: tuple[Prepared, ...]
    said: str

    def written(self) -> int:
        """Execute them; how many rows the last one has written. One query."""
        line = whole_line()
        for one in self.statements:
            one.ready(line)
        return int(execute(line, self.said).rowcount)


def execute(line: Any, statement: str, values: Any = None) -> Any:
    """Execute it; gives the cursor. Django's own, which takes as long again, where somebody watches."""
    wrappers = line.execute_wrappers
    if line.queries_logged or not all(isinstance(one, GoesAlong) for one in wrappers):
        cursor = line.cursor()
        cursor.execute(statement, values)
        return cursor
    line.validate_no_broken_transaction()
    for one in wrappers:
        statement = one.before(values) + statement
    with line.wrap_database_errors:
        cursor = line.create_cursor()
        cursor.execute(statement, values)
    return cursor


def whole_line() -> Any:
    """The connection; a new one where the server has ended the last one since the request before."""
    line: Any = connections[DEFAULT_DB_ALIAS]
    line.close_if_health_check_failed()
    if line.connection is None:
        line.ensure_connection()
    return line


def literal(value: Any) -> str:
    """A value as it stands in a statement; nothing is sent for it."""
    return _filled(_line(), "%s", [value])


def _line() -> Any:
    """The connection, whether or not it still stands."""
    line: Any = connections[DEFAULT_DB_ALIAS]
    if line.connection is None:
        line.ensure_connection()
    return line


def _filled(line: Any, statement: str, values: Any) -> str:
    """A statement with values at its places; nothing is sent."""
    with line.wrap_database_errors, line.connection.cursor() as cursor:
        return str(cursor.mogrify(statement, values).decode())


def _moment(number: int) -> datetime:
    return datetime(1970, 1, 2, tzinfo=UTC) + timedelta(hours=number)


# Values that no query has by itself: where one turns up, its place is.
STAND_INS: dict[str, Callable[[int], Any]] = {
    "bigint": lambda number: 2**62 + number,
    "int": lambda number: 2**30 + number,
    "smallint": lambda number: 32_000 + number,
    "text": lambda number: f"stand-in {number}",
    "uuid": lambda number: UUID(int=2**127 + number),
    "date": lambda number: date(1970, 1, 2) + timedelta(days=number),
    "timestamptz": _moment,
    "tstzrange": lambda number: DateTimeTZRange(_moment(number), _moment(number + 1)),
}


class PreparedQuery(Generic[Row]):
    """A query in the words of the models with named places, each of a type.

    To put a query together takes Django longer than PostgreSQL takes to answer it. `ask` is
    called once with stand-ins for the values; it may pass them on, but neither look at them nor
    compute from them. Raises ValueError at the first use when it has.
    """

    def __init__(
        self, name: str, types: Mapping[str, str], ask: Callable[..., QuerySet[Row]]
    ) -> None:
        self._name, self.types, self._ask = name, types, ask

    def rows(self, *, after: str = "", **values: Any) -> list[Row]:
        """The rows of the query for these values. Queries and `after` as for `Prepared.rows`."""
        return list(self._reader.read(self.prepared.rows(values, after=after)))

    def said(self, **values: Any) -> str:
        """The query with its values, to be executed before another one: for its locks."""
        return self.prepared.said(values)

    def keys(self, **values: Any) -> list[Any]:
        """Of a query for nothing else, `only("pk")`, the primary keys without an object around each."""
        return [row[self._reader.own.start] for row in self.prepared.rows(values)]

    def first(self, *, after: str = "", **values: Any) -> Row | None:
        """The first of the rows, if there is any; `after` as for `Prepared.rows`."""
        return next(self._reader.read(self.prepared.rows(values, after=after)), None)

    def only(self, **values: Any) -> Row:
        """The one row that there must be. Raises DoesNotExist."""
        found = self.first(**values)
        if found is None:
            raise self._reader.model.DoesNotExist
        return found

    @cached_property
    def _reader(self) -> _Reader:
        return _Reader(self._compiled(0)[0])

    @cached_property
    def prepared(self) -> Prepared:
        """The statement of the query. One with locks has to be put together in a transaction."""
        return Prepared(self._name, self.statement, self.types)

    @cached_property
    def statement(self) -> str:
        """The query as SQL with its named places. Raises ValueError as said above."""
        (_, statement), (_, again) = self._compiled(0), self._compiled(len(self.types))
        if statement != again:
            raise ValueError(f"The query {self._name} computes something from its values.")
        lost = [place for place in self.types if f"%({place})s" not in statement]
        if lost:
            raise ValueError(f"The query {self._name} does not ask for {lost[0]}.")
        return statement

    def asked(self) -> QuerySet[Row]:
        """The query with stand-ins for its values: to look at, not to run."""
        return self._ask(**self._stand_ins(0))

    def _stand_ins(self, first: int) -> dict[str, Any]:
        kinds = enumerate(self.types.items(), first)
        return {place: STAND_INS[kind](number) for number, (place, kind) in kinds}

    def _compiled(self, first: int) -> tuple[Any, str]:
        """Django's compiler after its work, and the statement with its named places."""
        places = self._stand_ins(first)
        compiler: Any = self._ask(**places).query.get_compiler(connection=connection)
        statement, values = compiler.as_sql()
        names = {value: f"%({place})s" for place, value in places.items()}
        statement = statement.replace("%%", "%%%%")
        return compiler, statement % tuple(_named(one, names) for one in values)


class PreparedAround:
    """A statement by hand around such a query, which stands at its `{}`; with more places, if it has some."""

    def __init__(self, name: str, statement: str, query: PreparedQuery[Any], **more: str) -> None:
        self._name, self._statement, self._query, self._more = name, statement, query, more

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """What it answers. Queries as for `Prepared.rows`."""
        return self._prepared.rows(values)

    def said(self, **values: Any) -> str:
        """The statement with its values, to be executed with another one."""
        return self._prepared.said(values)

    @cached_property
    def _prepared(self) -> Prepared:
        statement = self._statement.format(self._query.statement)
        return Prepared(self._name, statement, {**self._query.types, **self._more})


def _named(value: Any, names: Mapping[Any, str]) -> str:
    """The place that a value stands in for, else the value itself as SQL."""
    if isinstance(value, Hashable) and value in names:
        return names[value]
    return literal(value).replace("%", "%%")


class _Reader:
    """Makes rows of a statement into objects, as the query itself would."""

    def __init__(self, compiler: Any) -> None:
        shape, columns = compiler.klass_info, compiler.select
        first, last = shape["select_fields"][0], shape["select_fields"][-1]
        self.model, self.own = shape["model"], slice(first, last + 1)
        names = [column[0].target.attname for column in columns[self.own]]
        self._objects = ObjectsOf(self.model, names)
        populators: Any = get_related_populators  # takes more from Django 6 on, as its types say
        self._related = beside(populators(shape, columns, DEFAULT_DB_ALIAS))
        self._annotations = compiler.annotation_col_map or {}
        self._converters = compiler.get_converters([column[0] for column in columns])
        self._convert = compiler.apply_converters

    def read(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        for row in self._convert(rows, self._converters) if self._converters else rows:
            found = self._objects.made(row[self.own])
            for one in self._related:
                one.populate(row, found)
            for name, position in self._annotations.items():
                setattr(found, name, row[position])
            yield found
