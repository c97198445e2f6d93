"""What comes back after a message was accepted: an address or number that does not exist.

    by mail           a report of the relay (RFC 3464), piped into `manage.py read_bounce`
    text message      the provider calls /hooks/sms/status/

The message failed after all. The address is left alone, and the desk is told.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from email.message import EmailMessage
from email.message import Message as Part

from bookings.messages import results, trouble
from bookings.messages.handover import Outcome
from bookings.messages.twilio import NO_SUCH_NUMBER, OPTED_OUT
from bookings.models import Message, MessageAttempt

State = Message.State
OURS = re.compile(r"<msg-([0-9a-f-]{36})@")
NOT_THE_ADDRESS = ("5.2.2", "5.7.")  # mailbox full, policy
GONE = (State.SENT, State.UNKNOWN, State.PENDING)


def came_back(message: Message, outcome: Outcome, *, now: datetime) -> bool:
    """Note that an accepted message did not arrive; returns False when that was known."""
    failed = Message.objects.filter(pk=message.pk, state__in=GONE, attempts__gt=0)
    if not failed.update(state=State.FAILED, last_code=outcome.code, next_attempt_at=None):
        return False
    MessageAttempt.objects.create(
        message=message, claim_no=message.claim_no, at=now, result=outcome.code
    )
    message.state = State.FAILED
    results.remember(message, outcome, message.sent_to, now=now)
    trouble.tell_staff(message, now=now, is_about_address=True)
    return True


def of_text(reference: str, code: int, *, now: datetime) -> bool:
    """Take the provider's word that a text message could not be delivered."""
    found = Message.objects.filter(provider_ref=reference, via="sms").first()
    if not reference or found is None:
        return False
    outcome = Outcome(
        "hard",
        f"sms_{code}",
        blames_address=code in NO_SUCH_NUMBER,
        withdraws_consent=code == OPTED_OUT,
    )
    return came_back(found, outcome, now=now)


def of_mail(report: EmailMessage, *, now: datetime) -> bool:
    """Read a relay's report; returns whether it was about a mail of ours that failed for good."""
    status = _failed_status(report)
    found = _message_of(report)
    if not status or found is None:
        return False
    blames_address = not status.startswith(NOT_THE_ADDRESS)
    outcome = Outcome("hard", f"bounced_{status}"[:40], blames_address=blames_address)
    return came_back(found, outcome, now=now)


def _failed_status(report: EmailMessage) -> str:
    """The status of a recipient who was given up, like 5.1.1; empty for a mere delay."""
    for part in _parts(report, "message/delivery-status"):
        for fields in part.get_payload():
            if not isinstance(fields, Part) or str(fields["Action"]).lower() != "failed":
                continue
            status = str(fields["Status"] or "").split()[:1]
            if status and status[0].startswith("5."):
                return status[0]
    return ""


def _message_of(report: EmailMessage) -> Message | None:
    """The message that was returned with the report, by the name in its head."""
    for kind in ("message/rfc822", "text/rfc822-headers"):
        for part in _parts(report, kind):
            found = OURS.search(str(part))
            if found:
                return Message.objects.filter(public_id=uuid.UUID(found[1]), via="email").first()
    return None


def _parts(report: EmailMessage, kind: str) -> list[EmailMessage]:
    return [part for part in report.walk() if part.get_content_type() == kind]
