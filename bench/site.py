"""A real gunicorn as `manage.py up` starts it, and browsers that keep their line open."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bench import database

TOKEN = "b" * 32  # a browser may choose its own, as long as cookie and form agree
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
START_SECONDS = 30
Request = bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes


@contextmanager
def running() -> Iterator[Path]:
    """Serve the site with its floor views on a socket; gives the socket's path."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = Path(folder) / "site.sock"
        child = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "-c", "python:clinic.gunicorn_conf", "clinic.wsgi",
                "--bind", f"unix:{path}", "--keep-alive", "30", "--log-level", "critical",
            ],
            env={**os.environ, "DATABASE_URL": database.url(), "LOG_LEVEL": "CRITICAL"},
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait_for(path, child)
            yield path
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(15)


def _wait_for(path: Path, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if Browser(path).send(get("/floor/hello/")).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The site does not answer.")


class Browser:
    """One open line to the site."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = self._open()

    def _open(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(30)
        line.connect(str(self._path))
        return line

    def send(self, request: Request) -> Answer:
        """Send a request and read all of its answer; a line that the site closed is opened anew."""
        try:
            return self._ask(request)
        except ConnectionError:
            self._line.close()
            self._line = self._open()
            return self._ask(request)

    def _ask(self, request: Request) -> Answer:
        self._line.sendall(request)
        read = b""
        while b"\r\n\r\n" not in read:
            read += self._more()
        head, _, body = read.partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        while len(body) < length:
            body += self._more()
        return Answer(int(head[9:12]), head, body)

    def _more(self) -> bytes:
        read = self._line.recv(1 << 16)
        if not read:
            raise ConnectionResetError
        return read

    def close(self) -> None:
        self._line.close()


def get(path: str, session: str = "") -> Request:
    return _request("GET", path, session, b"")


def post(path: str, session: str, form: dict[str, str]) -> Request:
    return _request(
        "POST", path, session, urlencode({**form, "csrfmiddlewaretoken": TOKEN}).encode()
    )


def _request(method: str, path: str, session: str, body: bytes) -> Request:
    cookie = f"csrftoken={TOKEN}" + (f"; sessionid={session}" if session else "")
    kind = "application/x-www-form-urlencoded"
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


@dataclass
class Crowd:
    """What several browsers saw: seconds of every answer, and from the first to the last."""

    seconds: list[float] = field(default_factory=list)
    lasted: float = 0.0
    statuses: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.lasted


def ask_together(
    path: Path,
    requests: Sequence[Request],
    lines: int,
    crowd: Crowd,
    keep: Callable[[Answer], None] | None = None,
) -> None:
    """Send requests over so many lines at once and add what was seen to a crowd."""
    waiting, lock = iter(requests), threading.Lock()

    def work() -> None:
        browser = Browser(path)
        while True:
            with lock:
                request = next(waiting, None)
            if request is None:
                browser.close()
                return
            began = time.perf_counter()
            answer = browser.send(request)
            taken = time.perf_counter() - began
            with lock:
                crowd.seconds.append(taken)
                crowd.statuses.append(answer.status)
                if keep:
                    keep(answer)

    threads = [threading.Thread(target=work) for _ in range(lines)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    crowd.lasted += time.perf_counter() - began
