"""The site as it runs for a clinic, gunicorn and all, against the database of the test."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from django.conf import settings

from bookings.tests.worker_process import database_url, start

PATIENCE = 90  # seconds until it answers, on a busy machine
OFTEN = "1000000"


@contextmanager
def running_site(**more: str) -> Iterator[str]:
    """Run the site until the block ends; gives its host and port. Nobody is asked to wait."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "bookings.tests.site_settings",
        "DEBUG": "0",
        "HTTPS": "1" if settings.SESSION_COOKIE_NAME.startswith("__Host-") else "0",
        "LOG_LEVEL": "WARNING",
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "THROTTLE_HOLDS": OFTEN,
        "THROTTLE_BOOKINGS": OFTEN,
        **more,
    }
    words = ("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--preload")
    site = start(env, "-m", "gunicorn", "clinic.wsgi", *words)
    try:
        _wait_for(port, site)
        yield f"127.0.0.1:{port}"
    finally:
        site.send_signal(signal.SIGTERM)
        try:
            site.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(site.pid, signal.SIGKILL)


def _wait_for(port: int, site: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + PATIENCE
    while time.monotonic() < ends_at:
        assert site.poll() is None, "the site did not start"
        line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            line.request("GET", "/robots.txt")
            line.getresponse()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            line.close()
    raise AssertionError("the site did not answer")
