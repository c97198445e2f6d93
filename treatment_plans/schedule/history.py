"""What has happened around a plan, as far as its follow-ups care."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Kind = Literal["due_soon", "overdue", "lapsed"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class History:
    """Bookings, messages and the client of one plan.

    `booked_on` are the dates of standing bookings of this plan; one of today still
    counts as to come. `sent` holds the kinds that went out in the current cycle;
    `last_follow_up_at` is the latest follow-up to this client over all plans. No
    zone means the location's.
    """

    booked_on: tuple[date, ...] = ()
    sent: Mapping[str, datetime] = field(default_factory=dict)
    last_follow_up_at: datetime | None = None
    is_deceased: bool = False
    has_opted_out: bool = False
    has_consented_channel: bool = True
    has_clinical_hold: bool = False
    zone: ZoneInfo | None = None

    def latest_follow_up_at(self) -> datetime | None:
        """The newest follow-up to this client, of this plan or another."""
        others = (self.last_follow_up_at,) if self.last_follow_up_at else ()
        return max((*self.sent.values(), *others), default=None)
