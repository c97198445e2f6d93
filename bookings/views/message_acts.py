"""Deciding about one message by hand: whoever treats for their clients, the desk for all."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from bookings.messages import by_hand
from bookings.models import Message

DONE = {
    "again": "It will be sent again, if it is still wanted.",
    "never": "It will not be sent.",
    "arrived": "Noted that it has arrived.",
}
TOO_LATE = "Nothing was changed: its state has changed meanwhile."


@require_POST
def desk_message_act(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send again, do not send, or say that it has arrived."""
    if not request.user.works_here:
        raise PermissionDenied
    rows = Message.objects.visible_to(request.user).select_related("client")
    row = get_object_or_404(rows, public_id=public_id)
    action = request.POST.get("action", "")
    if action not in DONE or row.client is None:
        raise Http404
    is_done = by_hand.decide(row, action, by=request.user, now=timezone.now())
    level = messages.SUCCESS if is_done else messages.WARNING
    messages.add_message(request, level, DONE[action] if is_done else TOO_LATE)
    return redirect("desk_client_messages", public_id=row.client.public_id)
