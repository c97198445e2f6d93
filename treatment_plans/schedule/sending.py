"""When a follow-up may reach a client: not in their night, not on a Sunday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bookings import wall_clock
from bookings.wall_clock import CLOSES_AT, OPENS_AT
from treatment_plans.schedule.calendar import ClinicCalendar


@dataclass(frozen=True, slots=True)
class Sending:
    """When follow-ups go out (our defaults, editable per clinic).

    From `opens_at` to before `closes_at` on the client's wall, planned for `job_at`
    on the clinic's, at most one to a client in `days_between` days.
    """

    job_at: time = time(9, 30)
    opens_at: time = OPENS_AT
    closes_at: time = CLOSES_AT
    days_between: int = 3

    def __post_init__(self) -> None:
        if self.opens_at >= self.closes_at:
            raise ValueError("Sending hours must open before they close.")


OUR_SENDING = Sending()


def next_opening(
    now: datetime, zone: ZoneInfo, calendar: ClinicCalendar, sending: Sending = OUR_SENDING
) -> datetime:
    """Now, if the send window is open for a client in `zone`; else its next opening."""
    return wall_clock.next_opening(
        now,
        zone,
        home=calendar.zone,
        is_send_day=calendar.is_send_day,
        opens_at=sending.opens_at,
        closes_at=sending.closes_at,
    )


def free_from(
    latest: datetime, calendar: ClinicCalendar, sending: Sending = OUR_SENDING
) -> datetime:
    """The moment from which a client may have another follow-up after the latest one.

    Calendar days, not hours: after one on Saturday the next may go on Tuesday at the
    daily job's time, whatever the time was on Saturday.
    """
    day = calendar.day_of(latest) + timedelta(days=sending.days_between)
    return calendar.moment(calendar.send_day_from(day), sending.job_at)
