"""A wire between a site and one of its servers that can be cut, or left hanging."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

BLINK = 0.1  # seconds for a server to finish what has been sent to it


class Relay:
    """Passes everything on to a Unix socket, from a port of this machine.

    `cut()` ends every connection and refuses new ones, `hang()` lets everybody in and
    says nothing, `mend()` passes on again. `swallow(word)` passes the next message with
    that word on and cuts the line before the answer.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.mode = "open"
        self.word = b""
        self.swallowed = 0
        self.lines: set[socket.socket] = set()
        self.door = self._listen(0)
        self.port = self.door.getsockname()[1]

    def _listen(self, port: int) -> socket.socket:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen(64)
        threading.Thread(target=self._welcome, args=(door,), daemon=True).start()
        return door

    def cut(self) -> None:
        self.mode = "cut"
        _end(self.door)
        for line in list(self.lines):
            _end(line)

    def hang(self) -> None:
        self.mode = "hung"

    def mend(self) -> None:
        if self.mode == "cut":
            self.door = self._listen(self.port)
        self.mode = "open"

    def swallow(self, word: bytes) -> None:
        self.word = word

    def _welcome(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = door.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.target)
                self.lines |= {near, far}
                for source, other in ((near, far), (far, near)):
                    threading.Thread(
                        target=self._pass_on, args=(source, other, source is near), daemon=True
                    ).start()

    def _pass_on(self, source: socket.socket, other: socket.socket, is_question: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self.mode == "hung":
                    continue
                if is_question and self.word and self.word in data:
                    self._swallow(source, other, data)
                    break
                other.sendall(data)
        for line in (source, other):
            _end(line)
            self.lines.discard(line)

    def _swallow(self, source: socket.socket, other: socket.socket, data: bytes) -> None:
        self.word, self.swallowed = b"", self.swallowed + 1
        _end(source)
        other.sendall(data)
        time.sleep(BLINK)


def _end(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
