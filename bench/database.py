"""A database of its own for every workload, copied from one that was seeded once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg2.extensions import connection as Session

from bench.seeding import settle

EMPTY = "bench_empty"


@contextmanager
def copy_of(name: str, seed: Callable[[], None]) -> Iterator[None]:
    """Point Django at a fresh copy of a seeded database; seed it if nobody has yet."""
    server = _name_of_server()
    own = f"bench_run_{os.getpid()}"
    try:
        _make_seeded(server, f"bench_{name}", seed)
        _ask(server, f'CREATE DATABASE "{own}" TEMPLATE "bench_{name}" STRATEGY FILE_COPY')
        _point_at(own)
        yield
    finally:
        _point_at(server)
        _ask(server, f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')


@contextmanager
def beside(name: str, seed: Callable[[], None]) -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Make one more copy of a seeded database; gives a way to do a piece of work there."""
    here, own = connections["default"], f"bench_beside_{os.getpid()}"
    server = _name_of_server()
    _make_seeded(server, f"bench_{name}", seed)
    _ask(server, f'CREATE DATABASE "{own}" TEMPLATE "bench_{name}" STRATEGY FILE_COPY')
    other = here.copy()
    other.settings_dict["NAME"] = own

    def there(work: Callable[[], Any]) -> Any:
        connections["default"] = other
        try:
            return work()
        finally:
            connections["default"] = here

    try:
        yield there
    finally:
        other.close()
        _ask(server, f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')


def _make_seeded(server: str, name: str, seed: Callable[[], None]) -> None:
    if not _exists(server, EMPTY):
        _build(server, EMPTY, "template1", _migrate)
    if name != EMPTY and not _exists(server, name):
        _build(server, name, EMPTY, seed)


def _migrate() -> None:
    call_command("migrate", verbosity=0)


def _build(server: str, name: str, template: str, fill: Callable[[], None]) -> None:
    """Fill a database under another name, so that a half-filled one is never taken for it."""
    unfinished = f"{name}_unfinished"
    _ask(server, f'DROP DATABASE IF EXISTS "{unfinished}" WITH (FORCE)')
    _ask(server, f'CREATE DATABASE "{unfinished}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    _point_at(unfinished)
    fill()
    settle()
    _point_at(server)
    _ask(server, f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


def _exists(server: str, name: str) -> bool:
    return bool(_ask(server, "SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def _point_at(name: str) -> None:
    """Let this process, and those it starts later, use another database."""
    connections.close_all()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def forget_answers() -> None:
    """Let nobody give a kept answer again (`bookings/kept_answers.py`), as after every booking."""
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; SELECT pg_current_xact_id(); ROLLBACK")


def session(*, autocommit: bool = True) -> Session:
    """A bare driver's connection to the same database."""
    opened = psycopg2.connect(**_address(connection.settings_dict["NAME"]))
    opened.autocommit = autocommit
    return opened


def url() -> str:
    """The address that a process started by us finds its database under."""
    given = os.environ["DATABASE_URL"]
    before, _, query = given.partition("?")
    address = f"{before.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    return f"{address}?{query}" if query else address


def _name_of_server() -> str:
    """The database that we were started with, to make others from."""
    return str(os.environ["DATABASE_URL"].partition("?")[0].rpartition("/")[2])


def _address(name: str) -> dict[str, Any]:
    parameters = connection.get_connection_params()
    parameters.pop("cursor_factory", None)
    return {**parameters, "dbname": name}


def _ask(server: str, statement: str, values: Any = None) -> list[Any]:
    opened = psycopg2.connect(**_address(server))
    opened.autocommit = True
    try:
        with opened.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        opened.close()


def server_words() -> str:
    """How the server flushes and plans, for the line: figures mean little without it."""
    shown = ("server_version", "fsync", "synchronous_commit", "jit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in shown))
        version, fsync, commit, jit = cursor.fetchone()
    return f"PostgreSQL {version}, fsync {fsync}, synchronous_commit {commit}, jit {jit}"
