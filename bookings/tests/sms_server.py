"""A small provider of text messages of our own that can refuse, hang up and fall silent."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

# What the server may be told to do with a text message.
ACCEPT = (201, {"sid": "SM1", "status": "queued"})
SILENT, BROKEN = (0, {"silent": 1}), (0, {"broken": 1})
SILENCE = 1.0  # seconds; tests use a shorter patience


def refuse(status: int, code: int | None = None) -> tuple[int, dict[str, Any]]:
    return status, {} if code is None else {"code": code, "message": "No.", "status": status}


@dataclass(frozen=True)
class TakenText:
    """A text whose request arrived whole, whether it was answered or not."""

    path: str
    to: str
    sender: str
    words: str
    key: str


class SmsServer(ThreadingHTTPServer):
    """Works off a list of answers, one a text, then accepts everything."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.plan: deque[tuple[int, dict[str, Any]]] = deque()
        self.taken: list[TakenText] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/2010-04-01/Accounts/{{account}}/Messages.json"

    def will(self, *answers: tuple[int, dict[str, Any]]) -> None:
        self.plan.extend(answers)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away in the middle is what these tests are about."""


class _Call(BaseHTTPRequestHandler):
    server: SmsServer

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        key = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        self.server.taken.append(
            TakenText(self.path, form["To"][0], form["From"][0], form["Body"][0], key)
        )
        status, reply = self.server.plan.popleft() if self.server.plan else ACCEPT
        if not status:
            time.sleep(SILENCE if "silent" in reply else 0)
            self.close_connection = True
            return
        said = json.dumps(reply).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing between the dots of the tests."""
