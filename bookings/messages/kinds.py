"""Every kind of message there is: a closed list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bookings.models import Message

Lane = Message.Lane
Recipient = Literal["client", "user", "address"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind is called, how urgent it is, who gets it, and how long it is of use.

    Follow-ups keep quiet hours and stop at an opt-out; everything else does not. `page` is
    where its link leads unless its source knows better.
    """

    name: str
    label: str
    lane: Lane
    lifetime: timedelta
    recipient: Recipient = "client"
    is_follow_up: bool = False
    page: str = "my_sessions"

    @property
    def keeps_send_days(self) -> bool:
        """Sundays and public holidays stop what can wait; a time that is kept cannot."""
        return self.is_follow_up and self.lane == Lane.FOLLOW_UP


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KINDS = {
    kind.name: kind
    for kind in (
        Kind("sign_in_code", "Code to sign in", Lane.SECURITY, timedelta(minutes=10), "address"),
        Kind("confirmation", "Confirmation", Lane.BOOKING, 2 * DAY),
        Kind("moved", "New time", Lane.BOOKING, 2 * DAY),
        Kind("cancelled", "Cancellation", Lane.BOOKING, 2 * DAY),
        Kind("visit_reminder", "Reminder of a session", Lane.BOOKING, 2 * DAY),
        Kind(
            "waiting_list_offer", "Time from the waiting list", Lane.BOOKING, HOUR,
            is_follow_up=True,
        ),
        Kind("due_soon", "Next session due soon", Lane.FOLLOW_UP, 14 * DAY, is_follow_up=True),
        Kind("overdue", "Next session overdue", Lane.FOLLOW_UP, 14 * DAY, is_follow_up=True),
        Kind("lapsed", "Last reminder", Lane.FOLLOW_UP, 14 * DAY, is_follow_up=True),
        Kind("health_form", "Form before the session", Lane.BOOKING, 7 * DAY),
        Kind("check_in", "Check-in", Lane.FOLLOW_UP, 3 * DAY, is_follow_up=True),
        Kind("measures", "Questions about progress", Lane.FOLLOW_UP, 7 * DAY, is_follow_up=True),
        Kind("plan_to_agree", "Plan to agree", Lane.BOOKING, 14 * DAY),
        Kind("aftercare", "Advice after the session", Lane.BOOKING, 3 * DAY),
        Kind("letter", "Letter", Lane.BOOKING, 14 * DAY),
        Kind("staff_notice", "Notice to staff", Lane.BOOKING, DAY, "user"),
        Kind("daily_digest", "Digest of the day", Lane.BOOKING, DAY, "user"),
    )
}  # fmt: skip
