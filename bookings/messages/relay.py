"""Handing a mail to whatever `EMAIL_BACKEND` names, and reading how it went."""

from __future__ import annotations

import contextlib
import smtplib
import socket
from collections.abc import Iterator
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import formataddr, parseaddr
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from bookings.messages.handover import Outcome
from bookings.messages.smtp import AnswerLost
from bookings.messages.sources import Mail
from bookings.models import Message
from practitioners.models import ClinicSettings

NEVER_ACCEPTED = (ConnectionRefusedError, ConnectionAbortedError, socket.gaierror)
FULL_MAILBOX = 552


class Relay:
    """A line to the relay, opened at the first mail and reused until something goes wrong."""

    def __init__(self, *, timeout: float | None = None) -> None:
        self._backend: Any = get_connection(
            timeout=settings.EMAIL_TIMEOUT if timeout is None else timeout
        )

    def hand_over(self, email: EmailMultiAlternatives) -> Outcome:
        """Give one mail to the relay. Never raises for what the relay does."""
        try:
            self._backend.open()
            taken = self._backend.send_messages([email])
        except Exception as problem:  # any backend may be configured, with errors of its own
            self.close()
            return outcome_of(problem, knows_how_far=getattr(self._backend, "knows_how_far", False))
        if not taken:
            return Outcome("soft", "not_taken")
        return Outcome("sent", "sent", reference=reference_of(email))

    def close(self) -> None:
        """Hang up; what has been accepted stays accepted whatever the goodbye says."""
        with contextlib.suppress(Exception):
            self._backend.close()
        with contextlib.suppress(Exception):
            self._backend.connection = None


@contextlib.contextmanager
def open_relay(*, timeout: float | None = None) -> Iterator[Relay]:
    """A relay for some mails."""
    relay = Relay(timeout=timeout)
    try:
        yield relay
    finally:
        relay.close()


def outcome_of(problem: Exception, *, knows_how_far: bool) -> Outcome:
    """Read an error. What cannot be told apart counts as ambiguous, never as harmless."""
    is_timeout = _is_timeout(problem)
    if isinstance(problem, AnswerLost):
        return Outcome("ambiguous", "no_answer", is_timeout=is_timeout)
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return _refused_recipient(problem)
    if isinstance(problem, smtplib.SMTPResponseException):
        return _refused(problem)
    if (status := getattr(problem, "status_code", None)) is not None:
        return _refused_by_web(int(status))
    if isinstance(problem, ValueError | TypeError) and not isinstance(problem, OSError):
        return Outcome("hard", "not_a_mail")  # it could not even be written down
    if isinstance(problem, NEVER_ACCEPTED):
        return Outcome("soft", "no_connection")
    if knows_how_far:
        return Outcome("soft", "timeout" if is_timeout else "line_broke", is_timeout=is_timeout)
    return Outcome("ambiguous", "no_answer", is_timeout=is_timeout)


def _refused_recipient(problem: smtplib.SMTPRecipientsRefused) -> Outcome:
    code, reply = max(problem.recipients.values(), key=lambda answer: answer[0])
    if code < 500:
        return Outcome("soft", f"refused_{code}")
    is_about_policy = bytes(reply).startswith(b"5.7.")
    return Outcome(
        "hard",
        f"refused_{code}",
        blames_address=code != FULL_MAILBOX and not is_about_policy,
    )


def _refused(problem: smtplib.SMTPResponseException) -> Outcome:
    """A no to the sender or at sign-in is about us: it would be the same for every mail."""
    code = f"refused_{problem.smtp_code}"
    if isinstance(problem, smtplib.SMTPDataError) and problem.smtp_code < 200:
        return Outcome("ambiguous", "no_answer")
    is_about_us = not isinstance(problem, smtplib.SMTPDataError)
    return Outcome("soft" if is_about_us or problem.smtp_code < 500 else "hard", code)


def _refused_by_web(status: int) -> Outcome:
    """A provider asked over HTTP says no: to us or for now, for good, or nobody knows (5xx)."""
    code = f"refused_http_{status}"
    if status in (401, 403, 408, 429):
        return Outcome("soft", code)
    return Outcome("hard" if status < 500 else "ambiguous", code)


def _is_timeout(problem: BaseException | None) -> bool:
    while problem is not None:
        if isinstance(problem, TimeoutError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def reference_of(email: Any) -> str:
    """The provider's own number of a mail, where the backend tells one."""
    status = getattr(email, "anymail_status", None)
    return str(getattr(status, "message_id", "") or "")[:200]


def message_id(message: Message) -> str:
    """The same for every try, so that a mailbox can recognise a duplicate."""
    return f"<msg-{message.public_id}@{mail_domain()}>"


def mail_domain() -> str:
    return _bare(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2]


@lru_cache(maxsize=4)
def _bare(sender: str) -> str:
    """The address of a sender without the name; they hardly ever differ."""
    return parseaddr(sender)[1]


def email_of(message: Message, mail: Mail) -> EmailMultiAlternatives:
    """The mail with its envelope: from the clinic by name, answers to its own address."""
    clinic = ClinicSettings.current()
    email = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        from_email=formataddr((clinic.name, _bare(settings.DEFAULT_FROM_EMAIL))),
        to=[mail.to],
        reply_to=[clinic.email] if clinic.email else None,
        headers={
            "Message-ID": message_id(message),
            "Auto-Submitted": "auto-generated",
            **mail.headers,
        },
    )
    if mail.html:
        email.attach_alternative(mail.html, "text/html")
    for name, content, content_type in mail.attachments:
        email.attach(_file(name, content, content_type))
    return email


def _file(name: str, content: bytes, content_type: str) -> MIMEBase:
    """An attachment; a calendar says by its method that nobody is asked to answer."""
    kind, _, subtype = content_type.partition("/")
    parameters = {"method": "PUBLISH", "charset": "utf-8"} if subtype == "calendar" else {}
    part = MIMEBase(kind, subtype, policy=None, **parameters)
    part.set_payload(content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=name)
    return part
