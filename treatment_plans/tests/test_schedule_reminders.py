"""The decision: reasons in their order, sending hours, days between, what is still to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from treatment_plans.schedule import (
    ClinicCalendar,
    Decision,
    Facts,
    History,
    Pause,
    Phase,
    Sending,
    current_cycle,
    decide,
    next_opening,
    planned_messages,
    send_times,
)
from treatment_plans.schedule.due import OUR_WINDOWS
from treatment_plans.tests.test_worked_examples import (
    CLINIC,
    FIRST,
    LONDON,
    WEEKLY,
    at,
    day,
    days,
    facts,
    utc,
)

PLAN = facts(WEEKLY, FIRST)  # due and target Mon 14 Sep 2026
NOTHING_YET = History()
SATURDAY = at("12 Sep 2026")
NEW_YORK = ZoneInfo("America/New_York")
AUCKLAND = ZoneInfo("Pacific/Auckland")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def answer(
    plan: Facts = PLAN, history: History = NOTHING_YET, *, now: datetime = SATURDAY
) -> Decision:
    return decide(plan, history, CLINIC, now=now)


def resting(first: str, last: str) -> tuple[Pause, ...]:
    return (Pause(day(first), day(last)),)


# --- the order of the reasons ------------------------------------------------------

# From the last reason to the first: each is added to all those before it, and wins.
LADDER = [
    ("quiet_hours", {}, {}),
    ("rate_limited", {}, {"last_follow_up_at": at("11 Sep 2026")}),
    ("already_sent", {}, {"sent": {"due_soon": at("12 Sep 2026")}}),
    ("already_booked", {}, {"booked_on": days("15 Sep 2026")}),
    ("clinical_hold", {}, {"has_clinical_hold": True}),
    ("plan_paused", {"pauses": resting("10 Sep 2026", "20 Sep 2026")}, {}),
    ("plan_completed", {"status": "completed"}, {}),
    ("plan_discharged", {"status": "discharged"}, {}),
    ("no_consented_channel", {}, {"has_consented_channel": False}),
    ("client_opted_out", {}, {"has_opted_out": True}),
    ("client_deceased", {}, {"is_deceased": True}),
]


@pytest.mark.parametrize("steps", range(1, len(LADDER) + 1), ids=[step[0] for step in LADDER])
def test_the_first_reason_that_holds_is_the_answer(steps: int) -> None:
    plan, history = PLAN, History()
    for _, of_plan, of_history in LADDER[:steps]:
        plan = replace(plan, **of_plan)  # type: ignore[arg-type]
        history = replace(history, **of_history)  # type: ignore[arg-type]
    found = answer(plan, history, now=at("12 Sep 2026", "19:40"))
    assert found.code == LADDER[steps - 1][0]
    assert found.action != "send"


def test_without_any_reason_it_sends() -> None:
    assert answer().action == "send"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("draft", "plan_not_active"),
        ("cancelled", "plan_cancelled"),
        ("discharged", "plan_discharged"),
        ("completed", "plan_completed"),
        ("paused", "plan_paused"),
    ],
)
def test_a_plan_that_is_not_active_sends_nothing_and_plans_nothing(status: str, code: str) -> None:
    plan = replace(PLAN, status=status)
    found = answer(plan)
    assert (found.action, found.code, found.next_check_at) == ("none", code, None)
    assert planned_messages(plan, History(), CLINIC, now=SATURDAY) == []


def test_a_draft_without_phases_is_not_a_finished_plan() -> None:
    assert answer(Facts("draft", day("7 Sep 2026"), ())).code == "plan_not_active"


def test_a_plan_that_has_come_to_as_needed_is_never_reminded_of() -> None:
    plan = facts((Phase("per_week", 1, 1), Phase("as_needed")), FIRST)
    assert answer(plan).code == "no_due_date"
    assert answer(plan).due_on is None
    assert answer(plan, History(has_clinical_hold=True)).code == "clinical_hold"
    rests = replace(plan, pauses=resting("10 Sep 2026", "20 Sep 2026"))
    assert answer(rests).code == "plan_paused"
    assert planned_messages(plan, History(), CLINIC, now=SATURDAY) == []


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        answer(now=datetime(2026, 9, 12, 9, 30))


# --- each kind once ----------------------------------------------------------------


def test_between_two_kinds_the_one_already_sent_is_the_reason() -> None:
    found = answer(history=History(sent={"due_soon": SATURDAY}), now=at("16 Sep 2026"))
    assert (found.action, found.code, found.kind) == ("none", "already_sent", "due_soon")
    assert found.send_at is None
    assert found.next_check_at == utc("18 Sep 2026 08:30")


def test_after_lapsed_there_is_silence() -> None:
    sent = {
        "due_soon": at("12 Sep 2026"),
        "overdue": at("18 Sep 2026"),
        "lapsed": at("29 Sep 2026"),
    }
    found = answer(history=History(sent=sent), now=at("29 Dec 2026"))
    assert (found.action, found.code, found.next_check_at) == ("none", "already_sent", None)
    assert planned_messages(PLAN, History(sent=sent), CLINIC, now=at("1 Oct 2026")) == []


def test_due_soon_is_of_no_use_once_the_grace_has_ended() -> None:
    assert answer(now=at("17 Sep 2026", "18:59")).kind == "due_soon"
    early = answer(now=at("18 Sep 2026", "09:00"))
    assert (early.code, early.kind, early.send_at) == (
        "not_yet",
        "overdue",
        utc("18 Sep 2026 08:30"),
    )
    assert answer(now=at("18 Sep 2026")).kind == "overdue"


def test_overdue_unsent_gives_way_to_lapsed_which_tells_the_practitioner() -> None:
    last_overdue = answer(now=at("28 Sep 2026", "18:59"))
    assert (last_overdue.kind, last_overdue.tells_practitioner) == ("overdue", False)
    lapsed = answer(now=at("29 Sep 2026"))
    assert (lapsed.action, lapsed.kind, lapsed.tells_practitioner) == ("send", "lapsed", True)


# --- bookings ----------------------------------------------------------------------


def test_a_booking_of_today_counts_and_one_of_yesterday_does_not() -> None:
    booked = History(booked_on=days("14 Sep 2026"))
    assert answer(history=booked, now=at("14 Sep 2026", "18:00")).code == "already_booked"
    assert answer(history=booked, now=at("15 Sep 2026")).action == "send"


@pytest.mark.parametrize(
    ("booked", "is_late"),
    [("17 Sep 2026", False), ("18 Sep 2026", True), ("16 Sep 2026, 30 Sep 2026", False)],
)
def test_only_a_first_booking_after_the_grace_is_late(booked: str, is_late: bool) -> None:
    found = answer(history=History(booked_on=days(booked)))
    assert (found.code, found.is_booked_late) == ("already_booked", is_late)


def test_a_booking_says_when_to_look_again_in_case_it_comes_to_nothing() -> None:
    found = answer(history=History(booked_on=days("15 Sep 2026")))
    assert found.next_check_at == utc("16 Sep 2026 08:00")
    late = answer(history=History(booked_on=days("28 Sep 2026")))
    assert late.next_check_at == utc("29 Sep 2026 08:30")


# --- sending hours -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "send_at"),
    [
        (at("14 Sep 2026", "08:59"), "14 Sep 2026 08:00"),
        (at("14 Sep 2026", "19:00"), "15 Sep 2026 08:00"),
        (at("14 Sep 2026", "23:59"), "15 Sep 2026 08:00"),
        (at("12 Sep 2026", "19:00"), "14 Sep 2026 08:00"),  # over Sunday
        (at("13 Sep 2026", "12:00"), "14 Sep 2026 08:00"),  # on Sunday
    ],
)
def test_outside_the_hours_it_waits_for_the_next_opening(now: datetime, send_at: str) -> None:
    found = answer(now=now)
    assert (found.action, found.code, found.kind) == ("wait", "quiet_hours", "due_soon")
    assert found.send_at == found.next_check_at == utc(send_at)


@pytest.mark.parametrize("clock", ["09:00", "18:59"])
def test_it_sends_from_nine_to_just_before_seven(clock: str) -> None:
    assert answer(now=at("14 Sep 2026", clock)).action == "send"


@pytest.mark.parametrize(
    ("zone", "now", "send_at"),
    [
        # 09:30 in London is 04:30 in New York
        (NEW_YORK, at("12 Sep 2026"), "12 Sep 2026 13:00"),
        (LOS_ANGELES, at("12 Sep 2026"), "12 Sep 2026 16:00"),
        # 09:30 in London is 20:30 in Auckland; Monday 09:00 there is still Sunday in London
        (AUCKLAND, at("12 Sep 2026"), "13 Sep 2026 23:00"),
        # inside the hours of Los Angeles on Saturday, but Sunday in London already
        (LOS_ANGELES, at("13 Sep 2026", "00:30"), "14 Sep 2026 16:00"),
    ],
)
def test_the_hours_are_the_clients_and_sunday_is_quiet_by_both_calendars(
    zone: ZoneInfo, now: datetime, send_at: str
) -> None:
    found = answer(history=History(zone=zone), now=now)
    assert (found.code, found.send_at) == ("quiet_hours", utc(send_at))
    assert answer(history=History(zone=zone), now=utc(send_at)).action == "send"


def test_hours_follow_the_clients_clock_change_not_the_clinics() -> None:
    # New York leaves summer time a week after London: 13:00 UTC, then 14:00 UTC
    for now, opens in (("30 Oct 2026", "30 Oct 2026 13:00"), ("2 Nov 2026", "2 Nov 2026 14:00")):
        assert next_opening(at(now), NEW_YORK, CLINIC) == utc(opens)


def test_hours_that_never_open_are_refused() -> None:
    with pytest.raises(ValueError, match="open before they close"):
        Sending(opens_at=time(19), closes_at=time(9))


def test_a_clinic_may_set_its_own_hours() -> None:
    own = Sending(job_at=time(11), opens_at=time(10), closes_at=time(12), days_between=1)
    early = decide(PLAN, History(), CLINIC, now=at("12 Sep 2026", "10:59"), sending=own)
    assert (early.code, early.send_at) == ("not_yet", utc("12 Sep 2026 10:00"))
    late = decide(PLAN, History(), CLINIC, now=at("12 Sep 2026", "12:00"), sending=own)
    assert (late.code, late.send_at) == ("quiet_hours", utc("14 Sep 2026 09:00"))


# --- days between ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latest", "free_at"),
    [
        (at("11 Sep 2026"), "14 Sep 2026 08:30"),
        (at("11 Sep 2026", "18:59"), "14 Sep 2026 08:30"),  # days are counted, not hours
        (at("10 Sep 2026"), "14 Sep 2026 08:30"),  # Sunday 13 Sep is no send day
        (at("12 Sep 2026"), "15 Sep 2026 08:30"),
    ],
)
def test_a_client_is_left_alone_for_three_days_whichever_plan_wrote(
    latest: datetime, free_at: str
) -> None:
    history = History(last_follow_up_at=latest)
    found = answer(history=history, now=at("12 Sep 2026", "18:59"))
    assert (found.action, found.code, found.kind) == ("wait", "rate_limited", "due_soon")
    assert found.send_at == utc(free_at)
    assert answer(history=history, now=utc(free_at)).action == "send"


def test_the_plans_own_messages_count_as_well() -> None:
    history = History(sent={"due_soon": at("17 Sep 2026")})
    found = answer(history=history, now=at("18 Sep 2026"))
    assert (found.code, found.kind, found.send_at) == (
        "rate_limited",
        "overdue",
        utc("21 Sep 2026 08:30"),
    )


def test_a_wait_that_outlives_one_kind_names_the_kind_that_takes_over() -> None:
    found = answer(history=History(last_follow_up_at=at("16 Sep 2026")), now=at("17 Sep 2026"))
    assert (found.code, found.kind, found.send_at) == (
        "rate_limited",
        "overdue",
        utc("19 Sep 2026 08:30"),
    )


# --- pauses ------------------------------------------------------------------------

RESTED = facts(WEEKLY, "7 Sep 2026, 14 Sep 2026", pauses=resting("15 Sep 2026", "5 Oct 2026"))


def test_during_a_pause_it_says_when_the_plan_will_speak_again() -> None:
    found = answer(RESTED, now=at("19 Sep 2026"))
    assert (found.code, found.status, found.due_on) == ("plan_paused", "paused", day("21 Sep 2026"))
    assert found.next_check_at == utc("6 Oct 2026 08:30")


def test_the_days_between_follow_ups_run_on_during_a_pause_or_a_booking() -> None:
    history = History(last_follow_up_at=at("5 Oct 2026"), booked_on=days("15 Sep 2026"))
    assert answer(RESTED, history, now=at("5 Oct 2026")).next_check_at == utc("8 Oct 2026 08:30")
    just_told = History(last_follow_up_at=SATURDAY, booked_on=days("12 Sep 2026"))
    assert answer(history=just_told).next_check_at == utc("15 Sep 2026 08:30")


def test_the_day_after_a_pause_is_due_and_told_at_once() -> None:
    assert answer(RESTED, now=at("5 Oct 2026")).code == "plan_paused"
    found = answer(RESTED, now=at("6 Oct 2026"))
    assert (found.due_on, found.status) == (day("6 Oct 2026"), "due")
    assert (found.action, found.kind) == ("send", "due_soon")


def test_a_pause_known_beforehand_that_covers_the_target_holds_the_message() -> None:
    plan = facts(WEEKLY, FIRST, pauses=resting("13 Sep 2026", "20 Sep 2026"))
    found = answer(plan)
    assert (found.action, found.code, found.status) == ("none", "plan_paused", "due_soon")
    assert found.next_check_at == utc("21 Sep 2026 08:30")


def test_a_pause_after_the_target_holds_nothing_before_it() -> None:
    plan = facts(WEEKLY, FIRST, pauses=resting("16 Sep 2026", "20 Sep 2026"))
    assert answer(plan).action == "send"


def test_a_dated_pause_in_the_past_does_not_wake_a_plan_that_rests_without_end() -> None:
    plan = replace(RESTED, status="paused")
    assert answer(plan, now=at("1 Nov 2026")).code == "plan_paused"


# --- what is still to come ---------------------------------------------------------


def coming(
    plan: Facts, history: History = NOTHING_YET, *, now: datetime
) -> list[tuple[str, datetime]]:
    found = planned_messages(plan, history, CLINIC, now=now)
    return [(planned.kind, planned.send_at) for planned in found]


def test_the_three_moments_of_a_weekly_cycle() -> None:
    found = planned_messages(PLAN, History(), CLINIC, now=at("7 Sep 2026"))
    assert [(one.kind, one.send_at, one.expires_at) for one in found] == [
        ("due_soon", utc("12 Sep 2026 08:30"), utc("17 Sep 2026 23:00")),
        ("overdue", utc("18 Sep 2026 08:30"), utc("28 Sep 2026 23:00")),
        ("lapsed", utc("29 Sep 2026 08:30"), None),
    ]


def test_a_moment_that_has_passed_stays_as_long_as_it_is_of_use() -> None:
    assert coming(PLAN, now=at("16 Sep 2026"))[0] == ("due_soon", utc("12 Sep 2026 08:30"))
    assert coming(PLAN, now=at("18 Sep 2026"))[0] == ("overdue", utc("18 Sep 2026 08:30"))


def test_kinds_already_sent_are_not_to_come() -> None:
    sent = History(sent={"due_soon": SATURDAY})
    assert [kind for kind, _ in coming(PLAN, sent, now=SATURDAY)] == ["overdue", "lapsed"]


def test_moments_lie_in_the_hours_of_the_client() -> None:
    found = coming(PLAN, History(zone=NEW_YORK), now=at("7 Sep 2026"))
    assert [send_at for _, send_at in found] == [
        utc("12 Sep 2026 13:00"),
        utc("18 Sep 2026 13:00"),
        utc("29 Sep 2026 13:00"),
    ]


def test_moments_look_ahead_over_a_pause_that_is_already_known() -> None:
    plan = facts(WEEKLY, FIRST, pauses=resting("16 Sep 2026", "20 Sep 2026"))
    assert coming(plan, now=at("7 Sep 2026")) == [
        ("due_soon", utc("12 Sep 2026 08:30")),
        ("overdue", utc("25 Sep 2026 08:30")),  # due again on Mon 21 Sep
        ("lapsed", utc("6 Oct 2026 08:30")),
    ]


def test_moments_across_both_clock_changes() -> None:
    autumn = facts(WEEKLY, "17 Oct 2026")  # target Sat 24 Oct, the clocks go back that night
    assert coming(autumn, now=at("17 Oct 2026")) == [
        ("due_soon", utc("22 Oct 2026 08:30")),
        ("overdue", utc("28 Oct 2026 09:30")),
        ("lapsed", utc("9 Nov 2026 09:30")),
    ]
    spring = facts(WEEKLY, "18 Mar 2027")  # overdue falls on Monday 29 March, a holiday
    assert coming(spring, now=at("18 Mar 2027")) == [
        ("due_soon", utc("23 Mar 2027 09:30")),
        ("overdue", utc("30 Mar 2027 08:30")),
        ("lapsed", utc("9 Apr 2027 08:30")),
    ]


def test_the_spans_of_a_cycle_by_the_clinics_clock() -> None:
    cycle = current_cycle(PLAN, CLINIC, OUR_WINDOWS, today=date(2026, 9, 8))
    assert cycle is not None
    spans = send_times(cycle, CLINIC)
    assert spans.live(utc("12 Sep 2026 08:29")) is None
    assert spans.live(utc("12 Sep 2026 08:30")) == "due_soon"
    assert spans.live(utc("17 Sep 2026 22:59")) == "due_soon"
    assert spans.live(utc("17 Sep 2026 23:00")) is None
    assert spans.live(utc("18 Sep 2026 08:30")) == "overdue"
    assert spans.live(datetime(2030, 1, 1, tzinfo=UTC)) == "lapsed"


def test_a_first_message_without_a_day_of_its_own_is_left_out() -> None:
    # Daily sessions, open on Sundays: the only days before overdue are a Sunday and a holiday.
    calendar = ClinicCalendar.build(
        LONDON, open_weekdays=range(1, 8), closures=[(day("14 Sep 2026"), day("14 Sep 2026"), True)]
    )
    plan = facts((Phase("per_week", 5, 20),), "12 Sep 2026")
    found = planned_messages(plan, History(), calendar, now=at("12 Sep 2026"))
    assert [one.kind for one in found] == ["overdue", "lapsed"]
