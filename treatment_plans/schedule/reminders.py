"""What to tell a client about the next session, and when: one decision.

The stop reasons are checked in a fixed order and the first that applies wins.
Each kind goes out at most once in a due cycle; a cycle ends when a session is
completed. Asking again gives the same answer, so the rules are asked when a
message is queued and again at the moment it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from treatment_plans.schedule.calendar import DAY, ClinicCalendar, moment
from treatment_plans.schedule.due import (
    Cycle,
    Facts,
    Windows,
    current_cycle,
    is_complete,
    status_on,
)

Kind = Literal["due_soon", "overdue", "lapsed"]
KINDS: tuple[Kind, ...] = ("due_soon", "overdue", "lapsed")

# Product rules, all editable per clinic except the order of the checks.
JOB_AT = time(9, 30)
OPENS_AT = time(9, 0)
CLOSES_AT = time(19, 0)
DAYS_BETWEEN = 3
SEARCH_DAYS = 400


@dataclass(frozen=True, slots=True)
class Sending:
    """When follow-ups may go out."""

    job_at: time = JOB_AT
    opens_at: time = OPENS_AT
    closes_at: time = CLOSES_AT
    days_between: int = DAYS_BETWEEN


@dataclass(frozen=True, slots=True)
class History:
    """What has happened around a plan as far as the reminders care.

    `sent` holds the kinds that went out in the current cycle; `last_follow_up_at`
    is the latest follow-up to this client over all plans.
    """

    booked_on: tuple[date, ...] = ()
    sent: Mapping[str, datetime] = field(default_factory=dict)
    last_follow_up_at: datetime | None = None
    is_deceased: bool = False
    has_opted_out: bool = False
    has_consented_channel: bool = True
    has_clinical_hold: bool = False
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens now: `send` the kind, `wait` until `send_at`, or `none`.

    `code` names the reason; it is empty when something is sent. With `not_yet`,
    `send_at` says when the next message would go.
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


@dataclass(frozen=True, slots=True)
class SendTimes:
    """The planned moments of one cycle, and until when each is still of use."""

    due_soon_at: datetime
    overdue_at: datetime
    lapsed_at: datetime
    due_soon_until: datetime
    overdue_until: datetime


def send_times(cycle: Cycle, calendar: ClinicCalendar, sending: Sending = Sending()) -> SendTimes:  # noqa: B008
    """Plan the three messages of a cycle, at the daily job's clinic time.

    Overdue and lapsed move to the next send day when theirs is none.
    """
    zone, after_grace, after_lapse = calendar.zone, cycle.grace_until + DAY, cycle.lapsed_after + DAY
    return SendTimes(
        due_soon_at=moment(cycle.due_soon_on, sending.job_at, zone),
        overdue_at=moment(calendar.send_day_from(after_grace), sending.job_at, zone),
        lapsed_at=moment(calendar.send_day_from(after_lapse), sending.job_at, zone),
        due_soon_until=moment(after_grace, time(0), zone),
        overdue_until=moment(after_lapse, time(0), zone),
    )


def decide(
    facts: Facts,
    history: History,
    calendar: ClinicCalendar,
    *,
    now: datetime,
    windows: Windows = Windows(),  # noqa: B008
    sending: Sending = Sending(),  # noqa: B008
) -> Decision:
    """Return the one decision for a plan at a moment."""
    stopped = _stopped_for_good(facts, history)
    if stopped:
        status = "completed" if stopped == "plan_completed" else ""
        return Decision("none", stopped, status=status)
    today = now.astimezone(calendar.zone).date()
    cycle = current_cycle(facts, calendar, windows, today=today)
    if cycle is None:
        return Decision("none", "no_due_date")
    paused = facts.status == "paused" or any(
        pause.starts_on <= today <= pause.ends_on for pause in facts.pauses
    )
    known = {
        "due_on": cycle.due_on,
        "target_on": cycle.target_on,
        "status": "paused" if paused else status_on(cycle, today),
        "is_review": cycle.is_review,
    }
    if paused:
        return Decision("none", "plan_paused", **known)  # type: ignore[arg-type]
    if history.has_clinical_hold:
        return Decision("none", "clinical_hold", **known)  # type: ignore[arg-type]
    if history.booked_on:
        is_late = min(history.booked_on) > cycle.grace_until
        return Decision("none", "already_booked", is_booked_late=is_late, **known)  # type: ignore[arg-type]
    return _timed(cycle, history, calendar, sending, now, known)


def _stopped_for_good(facts: Facts, history: History) -> str:
    """The first reason that ends all follow-ups whatever the date."""
    checks = (
        (history.is_deceased, "client_deceased"),
        (history.has_opted_out, "client_opted_out"),
        (not history.has_consented_channel, "no_consented_channel"),
        (facts.status == "discharged", "plan_discharged"),
        (facts.status == "cancelled", "plan_cancelled"),
        (facts.status == "completed" or is_complete(facts), "plan_completed"),
        (facts.status == "draft", "plan_not_active"),
    )
    return next((code for applies, code in checks if applies), "")


def _timed(
    cycle: Cycle,
    history: History,
    calendar: ClinicCalendar,
    sending: Sending,
    now: datetime,
    known: dict[str, object],
) -> Decision:
    """Choose the kind whose time it is, then the moment at which it may go."""
    times = send_times(cycle, calendar, sending)
    until = {"due_soon": times.due_soon_until, "overdue": times.overdue_until}
    planned = {
        "due_soon": times.due_soon_at,
        "overdue": times.overdue_at,
        "lapsed": times.lapsed_at,
    }
    gone = max((KINDS.index(kind) for kind in KINDS if kind in history.sent), default=-1)
    live = [kind for kind in KINDS[gone + 1 :] if kind not in until or now < until[kind]]
    if not live:
        return Decision("none", "already_sent", **known)  # type: ignore[arg-type]
    kind, at = live[0], planned[live[0]]
    if now < at:
        return Decision("none", "not_yet", kind=kind, send_at=at, **known)  # type: ignore[arg-type]
    tells = {**known, "tells_practitioner": kind == "lapsed"}
    allowed, code = _allowed(now, history, calendar, sending)
    if allowed > now:
        return Decision("wait", code, kind=kind, send_at=allowed, **tells)  # type: ignore[arg-type]
    return Decision("send", "", kind=kind, send_at=now, **tells)  # type: ignore[arg-type]


def _allowed(
    now: datetime, history: History, calendar: ClinicCalendar, sending: Sending
) -> tuple[datetime, str]:
    """The first moment from now at which a follow-up may go, and what it waits for."""
    if history.last_follow_up_at is not None:
        last_on = history.last_follow_up_at.astimezone(calendar.zone).date()
        day = calendar.send_day_from(last_on + timedelta(days=sending.days_between))
        free_at = moment(day, sending.job_at, calendar.zone)
        if free_at > now:
            return next_opening(free_at, history.zone or calendar.zone, calendar, sending), "rate_limited"
    return next_opening(now, history.zone or calendar.zone, calendar, sending), "quiet_hours"


def next_opening(
    now: datetime, zone: ZoneInfo, calendar: ClinicCalendar, sending: Sending = Sending()  # noqa: B008
) -> datetime:
    """Now, if the send window is open for the client; else its next opening."""
    local = now.astimezone(zone)
    day = local.date()
    if calendar.is_send_day(day):
        if sending.opens_at <= local.time() < sending.closes_at:
            return now
        if local.time() < sending.opens_at:
            return moment(day, sending.opens_at, zone)
    return moment(calendar.send_day_from(day + DAY), sending.opens_at, zone)
