"""From a waiting row to a delivered message, in three small transactions.

    T1 claim    pending ──► claimed    a batch, skipping what others hold, with a lease
    T2 decide   claimed ──► sending    source rows locked first; a cancel that came before wins
    T3 result   sending ──► sent       or back to pending, or parked

Leases run on the database's clock; what is due runs on the business clock `now`.
Between T2 and T3 the message is handed over. Whoever dies there leaves a row in
`sending`, which comes back flagged as ambiguous under the same Message-ID.
"""

from __future__ import annotations

import os
import smtplib
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from bookings.extensions import message_source
from bookings.messages.backoff import next_attempt
from bookings.messages.sources import Mail, Stop, Wait
from bookings.models import Message, MessageAttempt, Task

State = Message.State
MAX_CLAIMS = 5
MAX_ATTEMPTS = 8
log = structlog.get_logger(__name__)

CLAIM = """
UPDATE bookings_message SET
    state = 'claimed', claims = claims + 1, claim_no = claim_no + 1, claimed_by = %(me)s,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id IN (
    SELECT id FROM bookings_message
    WHERE (state = 'pending' AND send_after <= %(now)s
           AND (next_attempt_at IS NULL OR next_attempt_at <= %(now)s)
           OR state = 'claimed' AND lease_until < clock_timestamp())
    ORDER BY lane, send_after
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
# Whoever was handing these over has died: they may have arrived.
AMBIGUOUS = """
UPDATE bookings_message SET
    state = CASE WHEN is_ambiguous OR channel = 'sms' THEN 'unknown' ELSE 'pending' END,
    is_ambiguous = true, last_code = 'sender_died', next_attempt_at = NULL
WHERE state = 'sending' AND lease_until < clock_timestamp()
RETURNING id
"""
EXPIRE = """
UPDATE bookings_message SET state = 'expired', last_code = 'expired'
WHERE state = 'pending' AND expires_at <= %(now)s
RETURNING id
"""
START_SENDING = """
UPDATE bookings_message SET state = 'sending', sending_at = clock_timestamp(), attempts = attempts + 1,
    lease_until = clock_timestamp() + %(lease)s * interval '1 second'
WHERE id = %(id)s AND state = 'claimed' AND claimed_by = %(me)s AND claim_no = %(claim_no)s
  AND lease_until > clock_timestamp()
"""


@dataclass
class Counts:
    """What one run did."""

    sent: int = 0
    waiting: int = 0
    stopped: int = 0
    failed: int = 0
    expired: int = 0
    ambiguous: int = 0
    ids: list[int] = field(default_factory=list)


def send_due(*, now: datetime | None = None, limit_seconds: float | None = None) -> Counts:
    """Hand over everything that is due, until nothing is left or the time is over."""
    began = time.monotonic()
    limit = limit_seconds or settings.MESSAGE_TASK_SECONDS
    counts = Counts()
    clear_away(now=now or timezone.now(), counts=counts)
    while time.monotonic() - began < limit:
        ids = claim(now=now or timezone.now())
        if not ids:
            break
        for place, pk in enumerate(ids):
            if time.monotonic() - began >= limit:
                release(ids[place:])
                break
            deliver(pk, now=now or timezone.now(), counts=counts)
    return counts


def clear_away(*, now: datetime, counts: Counts) -> None:
    """Bring back what a dead sender left, and end what is no longer of use."""
    with connection.cursor() as cursor:
        cursor.execute(AMBIGUOUS)
        counts.ambiguous += cursor.rowcount
        cursor.execute(EXPIRE, {"now": now})
        expired = [row[0] for row in cursor.fetchall()]
    counts.expired += len(expired)
    for message in Message.objects.filter(pk__in=expired).exclude(kind="sign_in_code"):
        _tell_staff(message, "A message was not sent in time", now=now)


def claim(*, now: datetime) -> list[int]:
    """T1: take a batch for this worker, security first."""
    values = {
        "me": _me(),
        "now": now,
        "lease": settings.MESSAGE_LEASE_SECONDS,
        "batch": settings.MESSAGE_BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        ids = [row[0] for row in cursor.fetchall()]
    return list(
        Message.objects.filter(pk__in=ids).order_by("lane", "send_after").values_list("pk", flat=True)
    )


def claim_one(pk: int) -> bool:
    """T1 for a single row that somebody is waiting for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE bookings_message SET state = 'claimed', claims = claims + 1,"
            " claim_no = claim_no + 1, claimed_by = %s,"
            " lease_until = clock_timestamp() + %s * interval '1 second'"
            " WHERE id = %s AND state = 'pending'",
            [_me(), settings.MESSAGE_LEASE_SECONDS, pk],
        )
        return cursor.rowcount == 1


def release(ids: list[int]) -> None:
    """Give back claims that were not used; they do not count."""
    Message.objects.filter(pk__in=ids, state=State.CLAIMED, claimed_by=_me()).update(
        state=State.PENDING, claims=F("claims") - 1, lease_until=None
    )


def deliver(pk: int, *, now: datetime, counts: Counts) -> None:
    """Take one claimed message through T2, the relay and T3."""
    message = Message.objects.get(pk=pk)
    if message.claims > MAX_CLAIMS:
        _finish(message, State.FAILED, "poison", now=now)
        counts.failed += 1
        return
    try:
        mail = _decide(message, now=now)
    except Exception:  # one bad row must not stop the others; it is parked after five claims
        log.exception("message_not_rendered", message=message.pk, kind=message.kind)
        _record(message, "not_rendered", now=now)
        return
    if mail is None:
        stopped = Message.objects.filter(pk=pk, state=State.CANCELLED).exists()
        counts.stopped += stopped
        counts.waiting += not stopped
        return
    _hand_over(message, mail, now=now, counts=counts)


def _decide(message: Message, *, now: datetime) -> Mail | None:
    """T2: render, lock the source, check everything again and mark the row as being sent."""
    source = message_source(message.source_type)
    if source is None:  # a newer version wrote it; leave it to a worker that knows
        release([message.pk])
        return None
    with transaction.atomic():
        row = source.lock(message)
        answer = Stop("source_gone") if row is None else source.decide(message, row, now=now)
        if isinstance(answer, Wait):
            _back(message, answer, now=now)
            return None
        if isinstance(answer, Stop):
            Message.objects.filter(pk=message.pk, state=State.CLAIMED, claim_no=message.claim_no).update(
                state=State.CANCELLED, last_code=answer.code
            )
            return None
        mail: Mail = source.render(message, row, now=now)
        if not mail.to:
            Message.objects.filter(pk=message.pk).update(
                state=State.FAILED, last_code="no_address"
            )
            _tell_staff(message, "A message has no address to go to", now=now)
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                START_SENDING,
                {
                    "id": message.pk,
                    "me": _me(),
                    "claim_no": message.claim_no,
                    "lease": settings.MESSAGE_LEASE_SECONDS,
                },
            )
            return mail if cursor.rowcount == 1 else None


def _back(message: Message, answer: Wait, *, now: datetime) -> None:
    Message.objects.filter(pk=message.pk, state=State.CLAIMED, claim_no=message.claim_no).update(
        state=State.PENDING,
        send_after=answer.until,
        last_code=answer.code,
        claims=F("claims") - 1,
    )


def _hand_over(message: Message, mail: Mail, *, now: datetime, counts: Counts) -> None:
    """Talk to the relay, then T3. Errors before the end of the data are certainly not accepted."""
    try:
        _email(message, mail).send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        _not_accepted(message, max(codes, default=450), now=now, counts=counts)
    except smtplib.SMTPResponseException as answer:
        _not_accepted(message, answer.smtp_code, now=now, counts=counts)
    except (smtplib.SMTPServerDisconnected, TimeoutError):
        _perhaps_accepted(message, now=now, counts=counts)
    except OSError:
        _not_accepted(message, 421, now=now, counts=counts)
    else:
        _record(message, "sent", now=now)
        fenced = Message.objects.filter(
            pk=message.pk, state=State.SENDING, claim_no=message.claim_no
        )
        counts.sent += fenced.update(
            state=State.SENT, sent_at=now, sent_to=mail.to, last_code="", claims=0
        )
        counts.ids.append(message.pk)


def _not_accepted(message: Message, code: int, *, now: datetime, counts: Counts) -> None:
    """The relay said no: for now (4xx) it is tried again later, for good (5xx) it is parked."""
    _record(message, f"refused_{code}", now=now)
    retry_at = None
    if code < 500:
        retry_at = next_attempt(now, message.attempts + 1, settings.MESSAGE_BACKOFF_MINUTES)
    if retry_at is None:
        _finish(message, State.FAILED, f"refused_{code}", now=now)
        counts.failed += 1
        return
    Message.objects.filter(pk=message.pk, state=State.SENDING, claim_no=message.claim_no).update(
        state=State.PENDING, next_attempt_at=retry_at, last_code=f"refused_{code}", claims=0
    )


def _perhaps_accepted(message: Message, *, now: datetime, counts: Counts) -> None:
    """The line broke after the data went out: it may have arrived."""
    _record(message, "perhaps_sent", now=now)
    again = State.PENDING
    if message.is_ambiguous or message.channel == "sms":
        again = State.UNKNOWN
        _tell_staff(message, "A message may or may not have arrived", now=now)
    Message.objects.filter(pk=message.pk, state=State.SENDING, claim_no=message.claim_no).update(
        state=again,
        is_ambiguous=True,
        last_code="perhaps_sent",
        next_attempt_at=next_attempt(now, message.attempts + 1, settings.MESSAGE_BACKOFF_MINUTES),
    )
    counts.ambiguous += 1


def _finish(message: Message, state: str, code: str, *, now: datetime) -> None:
    Message.objects.filter(pk=message.pk, claim_no=message.claim_no).update(
        state=state, last_code=code
    )
    _tell_staff(message, "A message could not be sent", now=now)


def _email(message: Message, mail: Mail) -> EmailMultiAlternatives:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<msg-{message.public_id}@{domain}>", **mail.headers}
    email = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        to=[mail.to],
        headers=headers,
        connection=get_connection(timeout=settings.EMAIL_TIMEOUT)
        if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
        else get_connection(),
    )
    if mail.html:
        email.attach_alternative(mail.html, "text/html")
    for name, content, kind in mail.attachments:
        email.attach(name, content, kind)
    return email


def _record(message: Message, result: str, *, now: datetime) -> None:
    MessageAttempt.objects.create(
        message=message, claim_no=message.claim_no, at=now, result=result
    )


def _tell_staff(message: Message, title: str, *, now: datetime) -> None:
    Task.objects.get_or_create(
        reason_key=f"message:{message.pk}:{message.claim_no}",
        defaults={
            "kind": "message",
            "title": title,
            "role": "Front desk",
            "client": message.client,
            "due_at": now,
        },
    )


def _me() -> str:
    """This worker, for the fence."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"[:64]


def state_counts() -> dict[str, Any]:
    """How many open rows there are and how old the oldest due one is, for the health page."""
    now = timezone.now()
    oldest = (
        Message.objects.open().filter(send_after__lte=now).order_by("send_after").values_list("send_after", flat=True).first()
    )
    return {"oldest_due_seconds": (now - oldest).total_seconds() if oldest else 0}
