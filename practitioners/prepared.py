"""Statements that a session plans once: for those that take longer to plan than to run.

Prepared         a statement written by hand
PreparedQuery    a query in the words of the models, which Django puts together once, too
PreparedAround   a statement by hand around such a query
PreparedInsert   rows of a model, as many as there are
PreparedUpdate   some fields of one row
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import count
from typing import Any, Generic, TypeVar
from uuid import UUID
from weakref import WeakSet

from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    models,
)
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)
numbers = count(1)  # two statements of one name would not get along in a session


class Prepared:
    """A statement with named places, each of a type, under a name of its own."""

    def __init__(self, name: str, statement: str, types: Mapping[str, str]) -> None:
        numbers = {place: f"${number}" for number, place in enumerate(types, 1)}
        kinds, places = ", ".join(types.values()), ", ".join(f"%({place})s" for place in types)
        self._prepare = f"PREPARE {name} {f'({kinds})' if kinds else ''} AS {statement % numbers}"
        self._execute = f"EXECUTE {name} {f'({places})' if places else ''}"
        self._sessions: WeakSet[Any] = WeakSet()

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

    def words(self) -> str:
        """The statement with its places, to be executed with another one that brings their values."""
        self._ready()
        return f"{self._execute}; "

    def said(self, values: Mapping[str, Any]) -> str:
        """The statement with its values, to be executed with another one."""
        with self._ready().connection.cursor() as cursor:
            said = cursor.mogrify(self._execute, values).decode()
        return f"{said.replace('%', '%%')}; "

    def _executed(self, values: Mapping[str, Any], after: str) -> Any:
        """Execute it; gives the cursor. Django's own, which takes as long again, where somebody watches."""
        line = self._ready()
        if line.queries_logged or line.execute_wrappers:
            cursor = line.cursor()
            cursor.execute(after + self._execute, values)
            return cursor
        line.validate_no_broken_transaction()
        with line.wrap_database_errors:
            cursor = line.create_cursor()
            cursor.execute(after + self._execute, values)
        return cursor

    def _ready(self) -> Any:
        """The connection, found once and not for everything that is asked of it."""
        line = whole_line()
        if line.connection not in self._sessions:
            with line.wrap_database_errors, line.connection.cursor() as cursor:
                cursor.execute(self._prepare)
            self._sessions.add(line.connection)
        return line


def whole_line() -> Any:
    """The connection; a new one where the server has ended the last one since the request before."""
    line: Any = connections[DEFAULT_DB_ALIAS]
    line.close_if_health_check_failed()
    line.ensure_connection()
    return line


def literal(value: Any) -> str:
    """A value as it stands in a statement; nothing is sent for it."""
    line: Any = connections[DEFAULT_DB_ALIAS]
    line.ensure_connection()
    with line.wrap_database_errors, line.connection.cursor() as cursor:
        return str(cursor.mogrify("%s", [value]).decode())


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
        return list(self._reader.read(self._prepared.rows(values, after=after)))

    def said(self, **values: Any) -> str:
        """The query with its values, to be executed before another one: for its locks."""
        return self._prepared.said(values)

    def words(self) -> str:
        """The query with its places, to be executed with another statement that brings their values."""
        return self._prepared.words()

    def keys(self, **values: Any) -> list[Any]:
        """Of a query for nothing else, `only("pk")`, the primary keys without an object around each."""
        return [row[self._reader.own.start] for row in self._prepared.rows(values)]

    def first(self, *, after: str = "", **values: Any) -> Row | None:
        """The first of the rows, if there is any; `after` as for `Prepared.rows`."""
        return next(self._reader.read(self._prepared.rows(values, after=after)), None)

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
    def _prepared(self) -> Prepared:
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
        self._names = [column[0].target.attname for column in columns[self.own]]
        populators: Any = get_related_populators  # takes more from Django 6 on, as its types say
        self._related = populators(shape, columns, DEFAULT_DB_ALIAS)
        self._annotations = compiler.annotation_col_map or {}
        self._converters = compiler.get_converters([column[0] for column in columns])
        self._convert = compiler.apply_converters

    def read(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        for row in self._convert(rows, self._converters) if self._converters else rows:
            found = self.model.from_db(DEFAULT_DB_ALIAS, self._names, row[self.own])
            for one in self._related:
                one.populate(row, found)
            for name, position in self._annotations.items():
                setattr(found, name, row[position])
            yield found


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
    `usual` are those that a new row has as the model says; they cost nothing then.
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

    def write(self, rows: Collection[Model], **more: Any) -> list[int]:
        """Insert them and give the keys of those that are written. Raises ValueError for an unusual one."""
        return [key for (key,) in self._prepared.rows(self._values(rows, more))]

    def said(self, rows: Collection[Model], **more: Any) -> str:
        """The statement with these rows, to be executed with another one. Raises as `write`."""
        return self._prepared.said(self._values(rows, more))

    def _values(self, rows: Collection[Model], more: Mapping[str, Any]) -> dict[str, Any]:
        if any(getattr(row, one.attname) != usual for row in rows for one, usual in self._defaults):
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
            str(field.column): f"{_named(value, {})}::{_type_of(field)}"
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
