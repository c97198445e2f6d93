"""SMTP that knows how far it got.

A line that breaks before the end of the data has certainly not delivered; one that
breaks while waiting for the answer to it may have. Python's own client answers both
with the same exception, Django's backend passes it on.
"""

from __future__ import annotations

import re
import smtplib
import socket
from typing import Any

from django.core.mail.backends import smtp

LINE_ENDS = re.compile(rb"\r\n|\r|\n")
LEADING_DOT = re.compile(rb"(?m)^\.")


class AnswerLost(smtplib.SMTPServerDisconnected):
    """All the data went out, but no answer came back: it may have arrived."""


class _KnowsHowFar(smtplib.SMTP):
    """Sends the closing dot on its own, so that what comes after it can be told apart."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the body. Raises AnswerLost once the closing dot has been tried."""
        self.putcmd("data")
        code, reply = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, reply)
        self._send_small_packets_at_once()
        self.send(_quoted(msg))
        try:
            self.send(b".\r\n")
            code, reply = self.getreply()
        except (OSError, smtplib.SMTPServerDisconnected) as problem:
            raise AnswerLost(str(problem)) from problem
        if code < 200:  # not an answer that SMTP knows
            raise AnswerLost(f"answer {code}")
        return code, reply

    def _send_small_packets_at_once(self) -> None:
        """Or the closing dot would wait 40 ms for the relay to confirm the body."""
        assert isinstance(self.sock, socket.socket)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _KnowsHowFarTLS(smtplib.SMTP_SSL, _KnowsHowFar):
    """The same over TLS from the start."""


def _quoted(msg: Any) -> bytes:
    body = msg.encode("ascii") if isinstance(msg, str) else bytes(msg)
    body = LEADING_DOT.sub(b"..", LINE_ENDS.sub(b"\r\n", body))
    return body if body.endswith(b"\r\n") else body + b"\r\n"


class EmailBackend(smtp.EmailBackend):
    """Django's backend over a client that tells the two kinds of broken line apart."""

    knows_how_far = True

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _KnowsHowFarTLS if self.use_ssl else _KnowsHowFar
