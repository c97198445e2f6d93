"""A small SMTP server of our own that can refuse, break the line and fall silent."""

from __future__ import annotations

import socketserver
import threading
import time
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

# What the server may be told to do with a mail.
ACCEPT = "accept"
LATER_AT_RECIPIENT, NEVER_AT_RECIPIENT = "450 recipient", "550 recipient"
FULL_AT_RECIPIENT, POLICY_AT_RECIPIENT = "552 recipient", "550 5.7.1 recipient"
NEVER_AT_SENDER = "550 sender"
LATER_AFTER_DATA, NEVER_AFTER_DATA = "451 data", "554 data"
SILENT_AT_SENDER = "silent sender"
SILENT_AFTER_DATA, BROKEN_AFTER_DATA = "silent data", "broken data"
BROKEN_AT_DATA = "broken before data"
SILENCE = 1.5  # seconds; tests use a shorter patience


@dataclass(frozen=True)
class Taken:
    """A mail whose data arrived whole, whether it was answered or not."""

    message_id: str
    to: str
    content: bytes


class SmtpServer(socketserver.ThreadingTCPServer):
    """Works off a list of behaviours, one a mail, then accepts everything."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.plan: deque[str] = deque()
        self.taken: list[Taken] = []
        self.lines = 0
        self.pause = 0.0  # seconds between accepting a mail and saying so
        self.silence = SILENCE
        self.refused: list[tuple[str, str]] = []  # to whom, and how
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def will(self, *behaviours: str) -> None:
        self.plan.extend(behaviours)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what these tests are about."""


class _Conversation(socketserver.StreamRequestHandler):
    server: SmtpServer

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self) -> None:
        self.server.lines += 1
        self.say("220 test")
        behaviour, to = ACCEPT, ""
        while line := self.rfile.readline():
            word = line.split()[0].upper().decode() if line.split() else ""
            if word in ("EHLO", "HELO"):
                self.say("250 test")
            elif word == "MAIL":
                behaviour = self.server.plan.popleft() if self.server.plan else ACCEPT
                if behaviour == SILENT_AT_SENDER:
                    time.sleep(self.server.silence)
                    return
                self.say("550 no" if behaviour == NEVER_AT_SENDER else "250 ok")
            elif word == "RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
                is_about_it = behaviour.endswith("recipient")
                if is_about_it:
                    self.server.refused.append((to, behaviour))
                self.say(behaviour.replace("recipient", "no") if is_about_it else "250 ok")
            elif word == "DATA":
                if not self.data(behaviour, to):
                    return
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def data(self, behaviour: str, to: str) -> bool:
        """Take the data; tell whether the conversation goes on."""
        if behaviour == BROKEN_AT_DATA:
            return False
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line[1:] if line.startswith(b"..") else line)
        if behaviour in (LATER_AFTER_DATA, NEVER_AFTER_DATA):
            self.server.refused.append((to, behaviour))
            self.say(behaviour.replace("data", "no"))
            return True
        content = b"".join(lines)
        mail = message_from_bytes(content, policy=policy.default)
        self.server.taken.append(Taken(str(mail["Message-ID"]), to, content))
        if behaviour == SILENT_AFTER_DATA:
            time.sleep(self.server.silence)
        if behaviour in (SILENT_AFTER_DATA, BROKEN_AFTER_DATA):
            return False
        time.sleep(self.server.pause)
        self.say("250 taken")
        return True
