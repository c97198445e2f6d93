"""The mail that the demo has sent, readable in the browser."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

SHOWN = 100
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@login_not_required
@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    return render(request, "clinic/mailbox.html", {"mails": list(_mails())[:SHOWN]})


@login_not_required
@require_safe
def demo_mail_text(request: HttpRequest, name: str) -> HttpResponse:
    """Read one mail."""
    found = next((mail for mail in _mails() if mail["name"] == name), None)
    if found is None:
        raise Http404
    return render(request, "clinic/mailbox_one.html", {"mail": found})


def _style_hash() -> str:
    """The hash that lets a mail's one style block through the policy."""
    source = Path(get_template("email/base.html").origin.name).read_text()  # type: ignore[attr-defined]
    style = STYLE.search(source)
    digest = hashlib.sha256((style.group(1) if style else "").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@login_not_required
@require_safe
@xframe_options_sameorigin
def demo_mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program would show it."""
    found = next((mail for mail in _mails() if mail["name"] == name), None)
    if found is None or not found["html"]:
        raise Http404
    allow = csp_update({"style-src": [_style_hash()]})
    return allow(lambda _request: HttpResponse(found["html"]))(request)


def _mails() -> Any:
    """Every stored mail, newest first; 404 where no demo runs."""
    if not settings.DEMO:
        raise Http404
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files:
        for number, raw in enumerate(_parts(file.read_bytes())):
            yield _parsed(f"{file.stem}-{number}", raw)


def _parts(content: bytes) -> list[bytes]:
    return [part.strip() for part in content.split(b"\n" + b"-" * 79 + b"\n") if part.strip()]


def _parsed(name: str, raw: bytes) -> dict[str, Any]:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "name": name,
        "subject": message["Subject"],
        "to": message["To"],
        "date": message["Date"],
        "message_id": message["Message-ID"],
        "text": text.get_content() if text else "",
        "html": html.get_content() if html else "",
        "files": [part.get_filename() for part in message.iter_attachments()],
    }
