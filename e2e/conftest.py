"""The whole clinic as it really runs: site, worker, beat, broker, database and a browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from clinic.servers.places import Places, valkey_url
from clinic.servers.valkey import Valkey

BASE_DIR = Path(__file__).resolve().parents[1]
PATIENCE = 180  # seconds until it is open: a busy machine takes a minute to load the demo
AXE = (BASE_DIR / "e2e" / "vendor" / "axe.min.js").read_text()
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the browser's loop, not ours


@dataclass
class Clinic:
    """A running clinic and its mailbox."""

    address: str
    mailbox: Path
    env: dict[str, str]

    def mails(self, to: str = "") -> list[EmailMessage]:
        """Every mail sent so far, oldest first."""
        found = []
        for file in sorted(self.mailbox.glob("*.eml")):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            if to in mail["To"]:
                found.append(mail)
        return found

    def wait_for_mail(self, to: str, count: int = 1, seconds: float = 40) -> EmailMessage:
        """The newest mail to an address, once there are so many."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            mails = self.mails(to)
            if len(mails) >= count:
                return mails[-1]
            time.sleep(0.2)
        raise AssertionError(f"no mail to {to} within {seconds} s")

    def run(self, *words: str) -> str:
        """Run a management command against this clinic."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=BASE_DIR, env=self.env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def sql(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Ask or arrange something in the database itself."""
        with psycopg2.connect(self.env["DATABASE_URL"]) as line, line.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """A Valkey of the clinic's own: on a shared one its worker would take other tests' calls."""
    places = Places.throwaway(BASE_DIR)
    valkey = Valkey(places)
    valkey.start()
    yield valkey_url(places.sockets)
    valkey.stop()
    shutil.rmtree(places.data, ignore_errors=True)


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory, broker: str) -> Iterator[Clinic]:
    """Start the clinic with its demo data on a free port; stop it at the end."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    mailbox = tmp_path_factory.mktemp("mail")
    address = f"http://localhost:{port}"
    env = {
        **os.environ,
        "DEBUG": "1",
        "REDIS_URL": broker,
        "SITE_URL": address,
        "EMAIL_FILE_PATH": str(mailbox),
        "MESSAGE_GRACE_SECONDS": "0",
        "THROTTLE_CODES": "1000",
        "THROTTLE_TRIES": "1000",
        "THROTTLE_HOLDS": "1000",
        "THROTTLE_BOOKINGS": "1000",
    }
    log = (mailbox.parent / "up.log").open("wb")
    up = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port)],
        cwd=BASE_DIR, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, up, Path(log.name))
        yield Clinic(address, mailbox, env)
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)


def _wait_for(port: int, up: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert up.poll() is None, log.read_text()[-3000:]
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the clinic did not open in time")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    chromium = shutil.which("chromium")
    assert chromium, "The tests need Chromium: see .ci/packages"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    return {
        "executable_path": chromium,
        "args": [*flags, "--disable-background-networking", "--no-first-run"],
    }


@pytest.fixture
def as_demo(clinic: Clinic) -> Callable[[Any, str], None]:
    """Sign a page in as one of the demo's people."""

    def sign_in(page: Any, email: str) -> None:
        page.goto(f"{clinic.address}/sign-in/")
        page.locator(f'button[value="{email}"]').click()
        page.wait_for_url("**/desk/**" if email != "jamie@example.com" else "**/my/**")

    return sign_in
