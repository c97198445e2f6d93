"""What the provider of text messages tells us: replies, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bookings.messages import bounces, replies
from bookings.messages.twilio import is_from_provider
from bookings.throttle import network_of, seconds_to_wait

NOTHING_TO_SAY = "<Response></Response>"  # the provider itself answers STOP and START
UNDELIVERED = ("undelivered", "failed")


def from_provider(view: Callable[..., HttpResponse]) -> Any:
    """Let only the provider in: no session, no form token, but every call is signed.

    Exempt from the form check because the caller has no page of ours to take a token from;
    the signature over address and form, keyed by a token that only the two of us know, says
    who it is. 404 where no such provider is used, 403 for a signature that is not theirs.
    """

    @csrf_exempt
    @login_not_required
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not (settings.SMS_BACKEND and settings.SMS_TOKEN):
            raise Http404
        wait = seconds_to_wait("sms_hook", request, network_of(request))
        if wait:
            return HttpResponse(status=429, headers={"Retry-After": str(wait)})
        address = settings.SITE_URL + request.get_full_path()
        signature = request.headers.get("X-Twilio-Signature", "")
        if not is_from_provider(address, request.POST.dict(), signature):
            return HttpResponse(status=403)
        return view(request)

    return guarded


@from_provider
def sms_reply(request: HttpRequest) -> HttpResponse:
    """Somebody has answered a text message."""
    replies.take(
        request.POST.get("OptOutType") or request.POST.get("Body", ""),
        sender=request.POST.get("From", "")[:30],
        reference=request.POST.get("MessageSid", ""),
        now=timezone.now(),
    )
    return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")


@from_provider
def sms_status(request: HttpRequest) -> HttpResponse:
    """A text message that was accepted could not be delivered."""
    if request.POST.get("MessageStatus") in UNDELIVERED:
        code = request.POST.get("ErrorCode", "")
        reference = request.POST.get("MessageSid", "")[:200]
        bounces.of_text(reference, int(code) if code.isdecimal() and len(code) < 9 else 0,
                        now=timezone.now())  # fmt: skip
    return HttpResponse(status=204)
