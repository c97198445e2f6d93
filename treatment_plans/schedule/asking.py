"""What is asked before a visit, and when: a day ahead, so that it is read in peace; and once after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from bookings.wall_clock import before
from treatment_plans.schedule.calendar import ClinicCalendar
from treatment_plans.schedule.due import Facts
from treatment_plans.schedule.reviewing import NEVER, LastReview, is_past_review
from treatment_plans.schedule.sending import OUR_SENDING, Sending

AskedBefore = Literal["baseline", "review", "discharge", ""]
CHECK_IN_AFTER = timedelta(days=2)


def ask_at(
    starts_at: datetime, calendar: ClinicCalendar, sending: Sending = OUR_SENDING
) -> datetime:
    """One calendar day before a visit at its own time; outside hours or send days earlier."""
    day, at = before(
        starts_at, calendar.zone, days=1, opens_at=sending.opens_at, closes_at=sending.closes_at
    )
    return calendar.moment(calendar.send_day_until(day), at)


def check_in_at(
    ended_at: datetime, calendar: ClinicCalendar, sending: Sending = OUR_SENDING
) -> datetime:
    """Two calendar days after a session at its own time; outside hours or send days later."""
    day = calendar.day_of(ended_at) + CHECK_IN_AFTER
    at = ended_at.astimezone(calendar.zone).time()
    if at >= sending.closes_at:
        day, at = day + timedelta(days=1), sending.opens_at
    return calendar.moment(calendar.send_day_from(day), max(at, sending.opens_at))


def asked_before(facts: Facts, day: date, last: LastReview = NEVER) -> AskedBefore:
    """What a visit of a day is asked about, by the sessions completed so far; often nothing.

    The first visit is the baseline, the last of a plan with an end closes it, and the one
    that the next review takes place in is that review.
    """
    done = len([one for one in facts.completed_on if one < day])
    if not done:
        return "baseline"
    if done + 1 == planned_sessions(facts):
        return "discharge"
    return "review" if is_past_review(facts, [day], day, last) else ""


def planned_sessions(facts: Facts) -> int | None:
    """How many sessions a plan has in all; None for one without an end."""
    counts = [phase.session_count for phase in facts.phases]
    return None if None in counts else sum(one for one in counts if one)
