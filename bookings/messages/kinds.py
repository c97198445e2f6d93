"""Every kind of message there is: a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bookings.models import Message

Lane = Message.Lane


@dataclass(frozen=True, slots=True)
class Kind:
    """How urgent a kind is, how long it is of use, and whether it is a follow-up.

    Follow-ups keep quiet hours and stop at an opt-out; everything else does not.
    """

    name: str
    lane: Lane
    lifetime: timedelta
    is_follow_up: bool = False


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KINDS = {
    kind.name: kind
    for kind in (
        Kind("sign_in_code", Lane.SECURITY, timedelta(minutes=10)),
        Kind("confirmation", Lane.BOOKING, 2 * DAY),
        Kind("moved", Lane.BOOKING, 2 * DAY),
        Kind("cancelled", Lane.BOOKING, 2 * DAY),
        Kind("visit_reminder", Lane.BOOKING, 2 * DAY),
        Kind("waiting_list_offer", Lane.BOOKING, HOUR, is_follow_up=True),
        Kind("due_soon", Lane.FOLLOW_UP, 14 * DAY, is_follow_up=True),
        Kind("overdue", Lane.FOLLOW_UP, 14 * DAY, is_follow_up=True),
        Kind("lapsed", Lane.FOLLOW_UP, 14 * DAY, is_follow_up=True),
        Kind("health_form", Lane.BOOKING, 7 * DAY),
        Kind("check_in", Lane.FOLLOW_UP, 3 * DAY, is_follow_up=True),
        Kind("measures", Lane.FOLLOW_UP, 7 * DAY, is_follow_up=True),
        Kind("plan_to_agree", Lane.BOOKING, 14 * DAY),
        Kind("aftercare", Lane.BOOKING, 3 * DAY),
        Kind("letter", Lane.BOOKING, 14 * DAY),
        Kind("staff_notice", Lane.BOOKING, DAY),
        Kind("daily_digest", Lane.BOOKING, DAY),
    )
}
