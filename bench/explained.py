"""EXPLAIN ANALYZE of every statement that a piece of work sends, at the moment it sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlparse
from django.db import connection
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "EXECUTE", "--")
MOST_THROWN_AWAY = 100  # rows that one node reads and filters out
BIG = 5_000  # rows; a smaller table is read whole as quickly as by an index


class Explained:
    """What PostgreSQL does for a piece of work, and what is wrong with that."""

    def __init__(self, big: set[str]) -> None:
        self._big = big
        self.statements = 0
        self.faults: list[str] = []

    def run(self, work: Callable[[], Any]) -> None:
        with connection.execute_wrapper(self._explain):
            work()

    def _explain(self, execute: Any, statement: Any, values: Any, many: bool, context: Any) -> Any:
        if not many:
            for one in _each(context["cursor"].mogrify(statement, values).decode()):
                self.statements += 1
                said = " ".join(one.split())[:120]
                for what in wrong(_plan_of(one), self._big):
                    if f"{what}: {said}" not in self.faults:
                        self.faults.append(f"{what}: {said}")
        return execute(statement, values, many, context)


def _each(statement: str) -> list[str]:
    """Statements that are planned of those that are sent together, one by one."""
    return [one for one in sqlparse.split(statement) if one.startswith(PLANNED)]


def _plan_of(statement: str) -> dict[str, Any]:
    """Explain a statement and take back what it did."""
    is_open = connection.in_atomic_block and not _is_yet_to_begin(connection.connection)
    with connection.connection.cursor() as cursor:
        cursor.execute("SAVEPOINT explained" if is_open else "BEGIN")
        try:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}")
            return cursor.fetchone()[0][0]  # type: ignore[no-any-return]
        finally:
            cursor.execute("ROLLBACK TO explained" if is_open else "ROLLBACK")


def _is_yet_to_begin(line: Any) -> bool:
    """Whether a verb of the calendar will begin its transaction with this statement."""
    return bool(line.autocommit and line.info.transaction_status == TRANSACTION_STATUS_IDLE)


def wrong(plan: dict[str, Any], big: set[str]) -> Iterator[str]:
    """Name what a hot statement must not do."""
    if "JIT" in plan:
        yield "compiles with JIT"
    for node in _nodes(plan["Plan"]):
        table = node.get("Relation Name", "")
        if node["Node Type"] == "Seq Scan" and table in big:
            yield f"reads all of {table}"
        thrown = node.get("Rows Removed by Filter", 0) * node["Actual Loops"]
        if thrown > MOST_THROWN_AWAY:
            yield f"throws away {thrown:.0f} rows of {table or node['Node Type']}"


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", []):
        yield from _nodes(child)


def big_tables() -> set[str]:
    """The tables that grow with the clinic."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [BIG])
        return {name for (name,) in cursor.fetchall()}
