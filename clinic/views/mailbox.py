"""The mail that the demo has sent, readable in the browser."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from email.message import EmailMessage
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from clinic import demo_mail as mailbox

SHOWN = 100


def in_demo_only(view: Callable[..., HttpResponse]) -> Any:
    """Let anybody read, as nobody has signed in yet who waits for a code; 404 where no demo runs."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return login_not_required(require_safe(guarded))


@in_demo_only
def demo_mail(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    return render(request, "clinic/mailbox.html", {"mails": mailbox.newest(SHOWN)})


@in_demo_only
def demo_mail_text(request: HttpRequest, name: str) -> HttpResponse:
    """Read one mail."""
    mail = _mail_or_404(name)
    context = {
        "name": name,
        "mail": {key: mail[key] for key in ("Subject", "To", "From", "Date")},
        "message_id": mail["Message-ID"],
        "text": mailbox.body(mail, "plain"),
        "has_html": bool(mailbox.body(mail, "html")),
        "files": [part.get_filename() for part in mailbox.files(mail)],
    }
    return render(request, "clinic/mailbox_one.html", context)


@in_demo_only
def demo_mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program would show it; our own style block passes by its hash."""
    html = mailbox.body(_mail_or_404(name), "html")
    if not html:
        raise Http404
    allow = csp_update({"style-src": [_style_hash()]})
    return allow(lambda _request: HttpResponse(html))(request)  # type: ignore[return-value]


@in_demo_only
def demo_mail_file(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One attachment, always as a download."""
    parts = dict(enumerate(mailbox.files(_mail_or_404(name))))
    if number not in parts:
        raise Http404
    content = parts[number].get_payload(decode=True)
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{parts[number].get_filename()}"'},
    )


def _mail_or_404(name: str) -> EmailMessage:
    mail = mailbox.read(name)
    if mail is None:
        raise Http404
    return mail


def _style_hash() -> str:
    """The hash of the style block that all our mails carry."""
    digest = hashlib.sha256(render_to_string("email/_style.css").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
