"""Workers as processes of their own, against the database of the test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from bookings.tests.smtp_server import SmtpServer

BASE_DIR = Path(__file__).resolve().parents[2]


def environment(smtp: SmtpServer, **more: str) -> dict[str, str]:
    """Settings of a child: this test's database and relay, patience with a slow machine."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY or "only-for-tests",
        "DEBUG": "0",
        "LOG_LEVEL": "WARNING",
        "EMAIL_BACKEND": "bookings.messages.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(smtp.port),
        "EMAIL_TIMEOUT": "10",
        "MESSAGE_LEASE_SECONDS": "60",
        **more,
    }


def start(
    env: dict[str, str], *words: str, log: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=BASE_DIR,
        env=env,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def database_url() -> str:
    """Where the database of this test is, for another process."""
    values: dict[str, Any] = connection.settings_dict
    host = values["HOST"] or values["OPTIONS"].get("host", "")
    port = f"&port={values['PORT']}" if values["PORT"] else ""
    login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
    return f"postgresql://{login}@/{values['NAME']}?host={quote(host, safe='/')}{port}"
