"""The worked examples of the follow-up rules: one London clinic, four plans."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from treatment_plans.schedule import (
    ClinicCalendar,
    Facts,
    History,
    Pause,
    Phase,
    adherence,
    appointment_reminder_at,
    decide,
    moment,
)

LONDON = ZoneInfo("Europe/London")
HOLIDAYS = [
    date(2026, 8, 31),
    date(2026, 12, 25),
    date(2026, 12, 28),
    date(2027, 1, 1),
    date(2027, 3, 26),
    date(2027, 3, 29),
]
CLINIC = ClinicCalendar.build(
    LONDON,
    closures=[(day, day, True) for day in HOLIDAYS]
    + [(date(2026, 12, 24), date(2027, 1, 3), False)],
)
WEEKLY = (Phase("per_week", 1, 8),)
STEPPED = (Phase("per_week", 2, 6), Phase("per_week", 1, 4), Phase("every_n_weeks", 4))
THRICE = (Phase("per_week", 3, 12),)
MONTHLY = (Phase("every_n_months", 1),)


def day(text: str) -> date:
    """Read "7 Sep 2026"."""
    return datetime.strptime(text, "%d %b %Y").date()


def days(text: str) -> tuple[date, ...]:
    return tuple(day(part.strip()) for part in text.split(",") if part.strip())


def at(text: str, clock: str = "09:30") -> datetime:
    return moment(day(text), time.fromisoformat(clock), LONDON)


def utc(text: str) -> datetime:
    return datetime.strptime(text, "%d %b %Y %H:%M").replace(tzinfo=ZoneInfo("UTC"))


def facts(phases: tuple[Phase, ...], completed: str, **more: object) -> Facts:
    done = days(completed)
    return Facts(
        **{  # type: ignore[arg-type]
            "status": "active",
            "start_on": done[0],
            "phases": phases,
            "completed_on": done,
            "activated_on": done[0],
            **more,
        }
    )


EIGHT = "7 Sep 2026, 14 Sep 2026, 21 Sep 2026, 28 Sep 2026, 5 Oct 2026, 12 Oct 2026, 19 Oct 2026, 26 Oct 2026"
SIX = "7 Sep 2026, 10 Sep 2026, 14 Sep 2026, 17 Sep 2026, 21 Sep 2026, 24 Sep 2026"
FIRST = "7 Sep 2026"
SENT_12 = {"due_soon": at("12 Sep 2026")}

EXAMPLES = [
    # id, phases, completed, more facts, history, now, due, status, action, code, kind, send at (UTC)
    ("W01", WEEKLY, FIRST, {}, {}, at("10 Sep 2026"), "14 Sep 2026", "upcoming", "none", "not_yet", "due_soon", "12 Sep 2026 08:30"),
    ("W02", WEEKLY, FIRST, {}, {}, at("12 Sep 2026"), "14 Sep 2026", "due_soon", "send", "", "due_soon", "12 Sep 2026 08:30"),
    ("W03", WEEKLY, FIRST, {}, {"booked_on": days("15 Sep 2026")}, at("12 Sep 2026"), "14 Sep 2026", "due_soon", "none", "already_booked", None, None),
    ("W04", WEEKLY, FIRST, {}, {"booked_on": days("28 Sep 2026")}, at("12 Sep 2026"), "14 Sep 2026", "due_soon", "none", "already_booked", None, None),
    ("W06", THRICE, "7 Sep 2026, 9 Sep 2026, 11 Sep 2026", {}, {}, at("12 Sep 2026"), "14 Sep 2026", "due_soon", "send", "", "due_soon", "12 Sep 2026 08:30"),
    ("W07", STEPPED, SIX, {}, {}, at("29 Sep 2026"), "1 Oct 2026", "due_soon", "send", "", "due_soon", "29 Sep 2026 08:30"),
    ("W09", WEEKLY, "10 Oct 2026, 17 Oct 2026, 24 Oct 2026", {}, {}, at("29 Oct 2026"), "31 Oct 2026", "due_soon", "send", "", "due_soon", "29 Oct 2026 09:30"),
    ("W12", WEEKLY, "10 Mar 2027, 17 Mar 2027", {}, {"sent": {"due_soon": at("22 Mar 2027")}, "last_follow_up_at": at("22 Mar 2027")}, at("30 Mar 2027"), "24 Mar 2027", "overdue", "send", "", "overdue", "30 Mar 2027 08:30"),
    ("W13", MONTHLY, "30 Sep 2026, 31 Oct 2026", {}, {}, at("23 Nov 2026"), "30 Nov 2026", "due_soon", "send", "", "due_soon", "23 Nov 2026 09:30"),
    ("W16", WEEKLY, FIRST, {}, {"sent": SENT_12, "last_follow_up_at": at("12 Sep 2026")}, at("18 Sep 2026"), "14 Sep 2026", "overdue", "send", "", "overdue", "18 Sep 2026 08:30"),
    ("W17", WEEKLY, FIRST, {}, {}, at("15 Sep 2026"), "14 Sep 2026", "due", "send", "", "due_soon", "15 Sep 2026 08:30"),
    ("W19", WEEKLY, "7 Sep 2026, 14 Sep 2026", {"pauses": (Pause(day("15 Sep 2026"), day("5 Oct 2026")),)}, {}, at("19 Sep 2026"), "21 Sep 2026", "paused", "none", "plan_paused", None, None),
    ("W21", WEEKLY, "27 Jul 2026, 3 Aug 2026", {}, {"sent": {"due_soon": at("8 Aug 2026"), "overdue": at("14 Aug 2026")}, "last_follow_up_at": at("14 Aug 2026")}, at("25 Aug 2026"), "10 Aug 2026", "lapsed", "send", "", "lapsed", "25 Aug 2026 08:30"),
    ("W23", WEEKLY, FIRST, {}, {}, at("12 Sep 2026", "19:40"), "14 Sep 2026", "due_soon", "wait", "quiet_hours", "due_soon", "14 Sep 2026 08:00"),
    ("W25", WEEKLY, "7 Sep 2026, 11 Sep 2026", {}, {}, at("16 Sep 2026"), "18 Sep 2026", "due_soon", "send", "", "due_soon", "16 Sep 2026 08:30"),
    ("W27", WEEKLY, EIGHT, {}, {}, at("31 Oct 2026"), None, "completed", "none", "plan_completed", None, None),
    ("W28", WEEKLY, FIRST, {}, {"has_opted_out": True}, at("12 Sep 2026"), None, "", "none", "client_opted_out", None, None),
    ("W29", WEEKLY, FIRST, {}, {"is_deceased": True}, at("12 Sep 2026"), None, "", "none", "client_deceased", None, None),
    ("W31", WEEKLY, FIRST, {"status": "discharged"}, {}, at("12 Sep 2026"), None, "", "none", "plan_discharged", None, None),
]  # fmt: skip


@pytest.mark.parametrize(
    (
        "phases",
        "completed",
        "more",
        "history",
        "now",
        "due",
        "status",
        "action",
        "code",
        "kind",
        "sends",
    ),
    [row[1:] for row in EXAMPLES],
    ids=[row[0] for row in EXAMPLES],
)
def test_worked_example(
    phases: tuple[Phase, ...],
    completed: str,
    more: dict[str, object],
    history: dict[str, object],
    now: datetime,
    due: str | None,
    status: str,
    action: str,
    code: str,
    kind: str | None,
    sends: str | None,
) -> None:
    found = decide(facts(phases, completed, **more), History(**history), CLINIC, now=now)  # type: ignore[arg-type]
    expected_day = None if due is None else day(due)
    assert (found.due_on, found.target_on) == (expected_day, expected_day)
    assert (found.status, found.action, found.code, found.kind) == (status, action, code, kind)
    assert found.send_at == (None if sends is None else utc(sends))


def test_the_review_flag_is_set_after_the_sixth_session() -> None:
    found = decide(facts(STEPPED, SIX), History(), CLINIC, now=at("29 Sep 2026"))
    assert found.is_review
    earlier = facts(STEPPED, "7 Sep 2026, 10 Sep 2026")
    assert not decide(earlier, History(), CLINIC, now=at("29 Sep 2026")).is_review


def test_a_booking_after_the_grace_is_flagged_as_late_and_one_in_time_is_not() -> None:
    plan = facts(WEEKLY, FIRST)
    in_time = History(booked_on=days("15 Sep 2026"))
    late = History(booked_on=days("28 Sep 2026"))
    assert not decide(plan, in_time, CLINIC, now=at("12 Sep 2026")).is_booked_late
    assert decide(plan, late, CLINIC, now=at("12 Sep 2026")).is_booked_late


def test_the_lapsed_message_tells_the_practitioner() -> None:
    sent = {"due_soon": at("8 Aug 2026"), "overdue": at("14 Aug 2026")}
    plan = facts(WEEKLY, "27 Jul 2026, 3 Aug 2026")
    assert decide(plan, History(sent=sent), CLINIC, now=at("25 Aug 2026")).tells_practitioner


def test_the_same_slot_a_week_later_is_169_hours_away_when_the_clocks_go_back() -> None:
    assert at("31 Oct 2026", "10:00") - at("24 Oct 2026", "10:00") == timedelta(hours=169)


def test_a_visit_reminder_keeps_its_wall_clock_time() -> None:
    found = appointment_reminder_at(
        utc("26 Oct 2026 10:00"), LONDON, booked_at=utc("1 Oct 2026 12:00")
    )
    assert found == utc("24 Oct 2026 09:00")


@pytest.mark.parametrize(("done", "share", "band"), [(7, 77.8, "adherent"), (6, 66.7, "partial")])
def test_adherence_example(done: int, share: float, band: str) -> None:
    dates = days(
        "7 Sep 2026, 10 Sep 2026, 14 Sep 2026, 17 Sep 2026, 21 Sep 2026, 24 Sep 2026, 1 Oct 2026"
    )
    plan = Facts("active", day("7 Sep 2026"), STEPPED[:2], completed_on=dates[:done])
    found = adherence(plan, today=day("16 Oct 2026"))
    assert found.expected == 9
    assert found.share is not None
    assert (round(found.share * 100, 1), found.band) == (share, band)
