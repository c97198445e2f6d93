"""The mail of the demo: kept in files, so that it can be read in the browser."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import localtime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage as Outgoing
from django.core.mail.backends.base import BaseEmailBackend

from bookings.messages.handover import Outcome
from bookings.messages.sms import Text

NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")


def folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


class EmailBackend(BaseEmailBackend):
    """Writes every mail to a file of its own."""

    def send_messages(self, email_messages: Sequence[Outgoing]) -> int:
        for mail in email_messages:
            _keep(mail.message().as_bytes())
        return len(email_messages)


class SmsGateway:
    """Keeps text messages beside the mail: the number stands where an address would."""

    def hand_over(self, text: Text) -> Outcome:
        letter = EmailMessage()
        letter["Subject"], letter["To"] = "Text message", text.to
        letter["Date"] = localtime()
        letter.set_content(text.words)
        _keep(letter.as_bytes())
        return Outcome("sent", "sent")


def _keep(content: bytes) -> None:
    """Write one file, whole or not at all."""
    folder().mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    unfinished = folder() / f"{name}.tmp"
    unfinished.write_bytes(content)
    unfinished.rename(folder() / f"{name}.eml")


def newest(most: int) -> list[dict[str, Any]]:
    """The latest mails as rows of a list; a name starts with the time it was written."""
    files = sorted((file.stem for file in folder().glob("*.eml")), reverse=True)[:most]
    return [_summary(name, mail) for name in files if (mail := read(name)) is not None]


def read(name: str) -> EmailMessage | None:
    """One stored mail; None when there is none of that name."""
    if not NAME.fullmatch(name):
        return None
    try:
        content = (folder() / f"{name}.eml").read_bytes()
    except FileNotFoundError:
        return None
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _summary(name: str, mail: EmailMessage) -> dict[str, Any]:
    return {"name": name, "subject": mail["Subject"], "to": mail["To"], "date": mail["Date"]}


def body(mail: EmailMessage, kind: str) -> str:
    """The plain or the HTML part; empty when there is none."""
    part = mail.get_body((kind,))
    return part.get_content().replace("\r\n", "\n") if part else ""


def files(mail: EmailMessage) -> list[EmailMessage]:
    """The attachments."""
    return [part for part in mail.iter_attachments() if isinstance(part, EmailMessage)]
