"""Text messages over HTTP, in the format of Twilio's Messages resource.

    POST SMS_URL   To, From, Body as a form, account and token by basic authentication
    201            accepted, with the provider's own number of the message (`sid`)
    4xx            certainly not accepted, `code` says why
    5xx, silence   may have been accepted: the provider warns that this is not idempotent

The address comes from the settings alone and no redirect is followed.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from bookings.messages.handover import Outcome
from bookings.messages.sms import Text

# https://www.twilio.com/docs/api/errors
NO_SUCH_NUMBER = {21211, 21214, 21217, 21614, 21635, 30003, 30005, 30006}  # or none for texts
OPTED_OUT = 21610
NOT_NOW = {14107, 20429, 21611, 30001}  # too many at once, queue full
NOT_US = {20003, 20005, 20404, 21212, 21408, 21606, 21603, 21659, 21660, 30002}  # our account
MOST_READ = 64 * 1024  # bytes of an answer


class TwilioGateway:
    """Hands text messages to the provider whose address the settings name."""

    def hand_over(self, text: Text) -> Outcome:
        """Give one text to the provider; tells a line that never stood from an answer lost."""
        line = _line()
        try:
            line.connect()
        except OSError as problem:
            return Outcome("soft", "no_connection", is_timeout=isinstance(problem, TimeoutError))
        try:
            line.request("POST", _path(), _form(text), _headers())
            answer = line.getresponse()
            return outcome_of(answer.status, _read(answer))
        except (OSError, http.client.HTTPException) as problem:
            return Outcome("ambiguous", "no_answer", is_timeout=isinstance(problem, TimeoutError))
        finally:
            line.close()


def outcome_of(status: int, reply: Mapping[str, Any]) -> Outcome:
    """Read an answer: what it was, and whether the number or our account is to blame."""
    if 200 <= status < 300:
        return Outcome("sent", "sent", reference=str(reply.get("sid", ""))[:200])
    number = reply.get("code")
    code = f"sms_{number}" if isinstance(number, int) else f"sms_http_{status}"
    if status >= 500:
        return Outcome("ambiguous", code)
    if number == OPTED_OUT:
        return Outcome("hard", code, withdraws_consent=True)
    if number in NO_SUCH_NUMBER:
        return Outcome("hard", code, blames_address=True)
    is_for_all = status in (401, 403, 404, 408, 429) or status < 400
    return Outcome("soft" if is_for_all or number in NOT_US | NOT_NOW else "hard", code)


def signature_of(address: str, form: Mapping[str, str]) -> str:
    """What the provider signs its calls with: address and sorted form, keyed by our token."""
    said = address + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(settings.SMS_TOKEN.encode(), said.encode(), "sha1").digest()
    return base64.b64encode(digest).decode()


def is_from_provider(address: str, form: Mapping[str, str], signature: str) -> bool:
    """Tell whether a call to us was signed with the token that only the provider knows."""
    return constant_time_compare(signature_of(address, form), signature)


def _line() -> http.client.HTTPConnection:
    where = urlsplit(settings.SMS_URL)
    kind = http.client.HTTPConnection if where.scheme == "http" else http.client.HTTPSConnection
    return kind(where.hostname or "", where.port, timeout=settings.SMS_TIMEOUT)


def _path() -> str:
    where = urlsplit(settings.SMS_URL.replace("{account}", settings.SMS_ACCOUNT))
    return f"{where.path}?{where.query}" if where.query else where.path


def _form(text: Text) -> str:
    form = {"To": text.to, "From": settings.SMS_FROM, "Body": text.words}
    if settings.SITE_URL.startswith("https://"):  # somewhere the provider can call us
        form["StatusCallback"] = settings.SITE_URL + reverse("sms_status")
    return urlencode(form)


def _headers() -> dict[str, str]:
    key = base64.b64encode(f"{settings.SMS_ACCOUNT}:{settings.SMS_TOKEN}".encode()).decode()
    return {
        "Authorization": f"Basic {key}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }


def _read(answer: http.client.HTTPResponse) -> Mapping[str, Any]:
    """The answer's fields; none when it breaks off or is no JSON, its status says enough."""
    try:
        read = json.loads(answer.read(MOST_READ))
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
