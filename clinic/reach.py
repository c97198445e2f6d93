"""Whether PostgreSQL, Valkey and the mail relay answer: a sentence each on what to do if not."""

from __future__ import annotations

import socket
from pathlib import Path

import psycopg2
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

PATIENCE = 5  # seconds
OLDEST = 15  # the major version of PostgreSQL


def postgres_problem(data: Path | None = None) -> str:
    """Say what is wrong with the database; nothing when it answers.

    `data` is the folder that it must run on: a server of somebody else's may answer, too.
    """
    try:
        line = psycopg2.connect(
            **{**connection.get_connection_params(), "connect_timeout": PATIENCE}
        )
    except (psycopg2.Error, ImproperlyConfigured) as error:
        return (
            f"PostgreSQL does not answer at DATABASE_URL ({_reason(error)}): "
            "start it, correct the address, or unset the variable to use the embedded one."
        )
    try:
        version = line.server_version // 10_000
        if version < OLDEST:
            return (
                f"PostgreSQL {OLDEST} or newer is needed; DATABASE_URL leads to version {version}."
            )
        with line.cursor() as cursor:
            return _folder_problem(cursor, data) if data else ""
    finally:
        line.close()


def _folder_problem(cursor: psycopg2.extensions.cursor, data: Path) -> str:
    cursor.execute("SHOW data_directory")
    (folder,) = cursor.fetchone() or ("",)
    if Path(folder) == data:
        return ""
    return f"Another PostgreSQL answers in the place of ours, on {folder}: stop it and start again."


def valkey_problem() -> str:
    """Say what is wrong with the broker; nothing when it answers."""
    patience = {"socket_timeout": PATIENCE}
    if not settings.REDIS_URL.startswith("unix:"):
        patience["socket_connect_timeout"] = PATIENCE
    try:
        redis.Redis.from_url(settings.REDIS_URL, **patience).ping()
    except (redis.RedisError, ValueError, OSError) as error:
        return (
            f"Valkey does not answer at REDIS_URL ({_reason(error)}): "
            "start it, correct the address, or unset the variable to use the embedded one."
        )
    return ""


def relay_problem() -> str:
    """Say what is wrong with the mail relay; nothing when it greets us."""
    place = (settings.EMAIL_HOST, settings.EMAIL_PORT)
    try:
        with socket.create_connection(place, timeout=PATIENCE) as line:
            greeting = line.recv(64)
    except OSError as error:
        greeting, reason = b"", _reason(error)
    else:
        reason = "it does not greet like a mail server"
    if greeting.startswith(b"220"):
        return ""
    return (
        f"The mail relay does not answer at EMAIL_HOST and EMAIL_PORT ({reason}): "
        "start it or correct the address; until then messages wait and are tried again."
    )


def _reason(error: Exception) -> str:
    """The last words of the first line: what failed, without the address."""
    words = str(error).strip().splitlines() or [type(error).__name__]
    return words[0].rsplit("failed: ", 1)[-1].removeprefix("FATAL: ").strip().rstrip(".")
