"""What to tell a client about the next session, and when: one decision.

The stop reasons are checked in a fixed order and the first that applies wins.
Each kind goes out at most once in a due cycle; a cycle ends when a session is
completed. Asking again gives the same answer, so the rules are asked when a
message is queued and again at the moment it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from bookings.wall_clock import DAY
from treatment_plans.schedule.calendar import ClinicCalendar
from treatment_plans.schedule.due import (
    OUR_WINDOWS,
    Cycle,
    Facts,
    Windows,
    current_cycle,
    is_complete,
    status_on,
)
from treatment_plans.schedule.history import History, Kind
from treatment_plans.schedule.planning import Planned, Planner
from treatment_plans.schedule.sending import OUR_SENDING, Sending


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens now: `send` the kind, `wait` until `send_at`, or `none`.

    `code` names the reason; it is empty when something is sent. `kind` is what goes
    next: after a wait that outlives one kind it is the one that takes over. With
    `not_yet`, `send_at` says when it would go. `next_check_at` is when the mere
    passing of time could change the answer; None when only an event can.
    """

    action: Literal["send", "wait", "none"]
    code: str = ""
    kind: Kind | None = None
    send_at: datetime | None = None
    due_on: date | None = None
    target_on: date | None = None
    status: str = ""
    is_review: bool = False
    is_booked_late: bool = False
    tells_practitioner: bool = False
    next_check_at: datetime | None = None


def decide(
    facts: Facts,
    history: History,
    calendar: ClinicCalendar,
    *,
    now: datetime,
    windows: Windows = OUR_WINDOWS,
    sending: Sending = OUR_SENDING,
) -> Decision:
    """Return the one decision for a plan at a moment, which must have a time zone."""
    stopped = _stopped_for_good(facts, history)
    if stopped:
        return Decision("none", stopped, status="completed" if stopped == "plan_completed" else "")
    planner = Planner(facts, history, calendar, windows, sending)
    today = calendar.day_of(now)
    cycle = planner.cycle(today)
    if cycle is None:
        return _without_date(facts, history, today)
    known = _known(facts, cycle, today)
    return _held(planner, cycle, known, now) or _timed(planner, cycle, known, now.astimezone(UTC))


def standing(
    facts: Facts,
    history: History,
    calendar: ClinicCalendar,
    windows: Windows = OUR_WINDOWS,
    *,
    now: datetime,
) -> Decision:
    """What is due when and how the plan stands, also for a client who wants no messages.

    Empty for a plan that has not begun or has ended, and for a client who has died.
    """
    today = calendar.day_of(now)
    if history.is_deceased or facts.status not in ("active", "paused", "completed"):
        return Decision("none")
    if facts.status == "completed" or is_complete(facts):
        return Decision("none", status="completed")
    cycle = current_cycle(facts, calendar, windows, today=today)
    if cycle is None:
        return Decision("none", status="paused" if _is_resting(facts, today) else "")
    return _known(facts, cycle, today)


def _stopped_for_good(facts: Facts, history: History) -> str:
    """The first reason that ends all follow-ups whatever the date."""
    checks = (
        (history.is_deceased, "client_deceased"),
        (history.has_opted_out, "client_opted_out"),
        (not history.has_consented_channel, "no_consented_channel"),
        (facts.status == "discharged", "plan_discharged"),
        (facts.status == "cancelled", "plan_cancelled"),
        (facts.status == "draft", "plan_not_active"),
        (facts.status == "completed" or is_complete(facts), "plan_completed"),
    )
    return next((code for applies, code in checks if applies), "")


def _without_date(facts: Facts, history: History, today: date) -> Decision:
    """The answer for a plan whose sessions are only as needed from now on."""
    if _is_resting(facts, today):
        return Decision("none", "plan_paused", status="paused")
    return Decision("none", "clinical_hold" if history.has_clinical_hold else "no_due_date")


def _known(facts: Facts, cycle: Cycle, today: date) -> Decision:
    """What every answer about a running cycle says."""
    return Decision(
        "none",
        due_on=cycle.due_on,
        target_on=cycle.target_on,
        status="paused" if _is_resting(facts, today) else status_on(cycle, today),
        is_review=cycle.is_review,
    )


def _held(planner: Planner, cycle: Cycle, known: Decision, now: datetime) -> Decision | None:
    """A pause, a clinical hold or a booking keeps everything back, in this order.

    A pause that is known beforehand and covers the target holds as well: the client
    has said that they will be away on the very date a message would speak of.
    """
    facts, history, today = planner.facts, planner.history, planner.calendar.day_of(now)
    if facts.status == "paused":
        return replace(known, code="plan_paused")
    is_away = cycle.target_on > today and facts.pause_on(cycle.target_on) is not None
    if facts.pause_on(today) is not None or is_away:
        following = planner.to_come(as_of=today, not_before=planner.free_from(now))
        return replace(known, code="plan_paused", next_check_at=_first_moment(following))
    if history.has_clinical_hold:
        return replace(known, code="clinical_hold")
    booked_on = [day for day in history.booked_on if day >= today]
    if not booked_on:
        return None
    unused_from = planner.free_from(planner.calendar.moment(max(booked_on) + DAY))
    return replace(
        known,
        code="already_booked",
        is_booked_late=min(booked_on) > cycle.grace_until,
        next_check_at=_first_moment(planner.to_come(as_of=today, not_before=unused_from)),
    )


def _timed(planner: Planner, cycle: Cycle, known: Decision, now: datetime) -> Decision:
    """Nothing stands against a message but the time and what has been sent."""
    free_at = planner.free_from(now)
    live = planner.send_times(cycle).live(now)
    following = planner.to_come(as_of=planner.calendar.day_of(now), not_before=free_at)
    code = _why_not_now(planner, live, following, now, free_at)
    if code == "already_sent" or not following:
        return replace(known, code=code, kind=live, next_check_at=_first_moment(following))
    planned = following[0]
    return replace(
        known,
        action="send" if not code else "none" if code == "not_yet" else "wait",
        code=code,
        kind=planned.kind,
        send_at=planned.send_at,
        tells_practitioner=planned.kind == "lapsed",
        next_check_at=planned.send_at if code else None,
    )


def _why_not_now(
    planner: Planner, live: Kind | None, following: list[Planned], now: datetime, free_at: datetime
) -> str:
    """The reason why nothing goes at this moment; empty when something does."""
    if live is None:
        return "not_yet" if following else "already_sent"
    if live in planner.history.sent:
        return "already_sent"
    if now < free_at:
        return "rate_limited"
    return "quiet_hours" if planner.opening(now) > now else ""


def _is_resting(facts: Facts, today: date) -> bool:
    return facts.status == "paused" or facts.pause_on(today) is not None


def _first_moment(planned: list[Planned]) -> datetime | None:
    return planned[0].send_at if planned else None
