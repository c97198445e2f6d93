"""What holds for every plan, client and place: searched for, not listed; with FULL=1 for longer."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from treatment_plans.schedule import (
    KINDS,
    ClinicCalendar,
    Decision,
    Facts,
    History,
    Pause,
    Phase,
    check_phases,
    current_cycle,
    decide,
    describe,
    ideal_dates,
    planned_messages,
)
from treatment_plans.schedule.due import OUR_WINDOWS

ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/London",
        "America/New_York",
        "America/Los_Angeles",
        "Pacific/Auckland",
        "Pacific/Honolulu",
        "Pacific/Kiritimati",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
    )
]
FIRST_DAY = date(2026, 9, 1)
DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
shared = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TIMES = 25 if os.environ.get("FULL") else 1
slow = settings(shared, max_examples=60 * TIMES)
quick = settings(shared, max_examples=200 * TIMES)

zones = st.sampled_from(ZONES)
some_days = st.integers(0, 240).map(lambda count: FIRST_DAY + count * DAY)


@st.composite
def phase_lists(draw: st.DrawFn) -> tuple[Phase, ...]:
    rates = {"per_week": 5, "every_n_weeks": 6, "every_n_months": 3}
    phases = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(sorted(rates)))
        value, count = draw(st.integers(1, rates[kind])), draw(st.integers(1, 8))
        phases.append(Phase(kind, value, count, draw(st.sampled_from([30, 60]))))  # type: ignore[arg-type]
    if draw(st.booleans()):
        phases.append(Phase("every_n_weeks", draw(st.integers(1, 6))))
    return tuple(phases)


@st.composite
def runs_of_days(draw: st.DrawFn) -> tuple[date, date]:
    first = draw(some_days)
    return first, first + draw(st.integers(0, 20)) * DAY


@st.composite
def calendars(draw: st.DrawFn) -> ClinicCalendar:
    weekdays = draw(st.sets(st.integers(1, 7), min_size=1))
    closures = [(*run, False) for run in draw(st.lists(runs_of_days(), max_size=2))]
    holidays = [(day, day, True) for day in draw(st.lists(some_days, max_size=8))]
    return ClinicCalendar.build(
        draw(zones), open_weekdays=weekdays, closures=[*closures, *holidays]
    )


@st.composite
def plans(draw: st.DrawFn, *, with_pauses: bool = True) -> Facts:
    start_on = draw(some_days.filter(lambda day: day < date(2027, 2, 1)))
    completed, day = [], start_on
    for gap in draw(st.lists(st.integers(0, 12), max_size=6)):
        day += gap * DAY
        completed.append(day)
    pauses = draw(st.lists(runs_of_days(), max_size=2 if with_pauses else 0))
    return Facts(
        status="active",
        start_on=start_on,
        phases=draw(phase_lists()),
        pauses=tuple(Pause(*run) for run in pauses),
        completed_on=tuple(completed),
        activated_on=draw(st.sampled_from([None, start_on, start_on + 3 * DAY])),
    )


histories = st.builds(
    History,
    zone=st.one_of(st.none(), zones),
    last_follow_up_at=st.one_of(
        st.none(),
        st.datetimes(datetime(2026, 9, 1), datetime(2027, 3, 1), timezones=st.just(UTC)),
    ),
)


def beginning(facts: Facts, calendar: ClinicCalendar) -> datetime:
    """Just after the last session, or when the plan was activated."""
    first = max(*facts.completed_on, facts.start_on) if facts.completed_on else facts.start_on
    return calendar.moment(max(first, facts.activated_on or first), time(12))


def lived(
    facts: Facts, history: History, calendar: ClinicCalendar, *, step: timedelta
) -> list[tuple[datetime, Decision]]:
    """Ask again and again for ten weeks, noting what is sent, as a sweep would."""
    now = beginning(facts, calendar)
    until, out = now + timedelta(weeks=10), []
    sent: dict[str, datetime] = {}
    while now < until:
        known = History(
            zone=history.zone, last_follow_up_at=history.last_follow_up_at, sent=dict(sent)
        )
        found = decide(facts, known, calendar, now=now)
        if found.action == "send":
            assert found.kind is not None
            assert found.send_at == now
            sent[found.kind] = now
            out.append((now, found))
        now += step
    return out


@slow
@given(plans(), histories, calendars())
def test_a_sweep_that_notes_what_it_sends(
    facts: Facts, history: History, calendar: ClinicCalendar
) -> None:
    letters = lived(facts, history, calendar, step=timedelta(hours=2))
    kinds = [found.kind for _, found in letters]
    assert len(kinds) == len(set(kinds)), "one kind twice in a cycle"
    zone = history.zone or calendar.zone
    earlier = history.last_follow_up_at
    for now, found in letters:
        here, there = now.astimezone(calendar.zone), now.astimezone(zone)
        assert time(9) <= there.time() < time(19), "outside the client's hours"
        assert there.isoweekday() != 7, "on the client's Sunday"
        assert here.isoweekday() != 7, "on the clinic's Sunday"
        assert not {here.date(), there.date()} & calendar.public_holidays, "on a holiday"
        assert facts.pause_on(here.date()) is None, "during a pause"
        assert facts.activated_on is None or here.date() >= facts.activated_on
        assert not facts.completed_on or here.date() > max(facts.completed_on)
        if earlier is not None and earlier < now:
            assert (here.date() - earlier.astimezone(calendar.zone).date()).days >= 3
        earlier = now
        assert found.due_on is not None
        assert found.target_on is not None
        assert_in_its_window(facts, calendar, here.date(), found)


def assert_in_its_window(
    facts: Facts, calendar: ClinicCalendar, today: date, found: Decision
) -> None:
    """Never before the lead, and each kind only in its own stretch of the cycle."""
    cycle = current_cycle(facts, calendar, OUR_WINDOWS, today=today)
    assert cycle is not None
    lead, grace, lapsed = OUR_WINDOWS.of(cycle.gap)
    late = (today - cycle.target_on).days
    if found.kind == "due_soon":
        # earlier than the lead only as far as days without sending push it
        pushed = calendar.send_day_until(cycle.target_on - lead * DAY)
        assert today >= pushed
        assert late <= grace
    elif found.kind == "overdue":
        assert grace < late <= lapsed
    else:
        assert late > lapsed


@quick
@given(plans(), histories, calendars(), st.integers(0, 100 * 48))
def test_what_is_announced_is_what_happens(
    facts: Facts, history: History, calendar: ClinicCalendar, half_hours: int
) -> None:
    """Asked again at the announced moment it sends that kind, and not a minute earlier."""
    now = beginning(facts, calendar) + half_hours * HALF_HOUR
    found = decide(facts, history, calendar, now=now)
    moment = found.send_at or found.next_check_at
    if found.action == "send" or moment is None:
        return
    assert moment > now
    later = decide(facts, history, calendar, now=moment)
    assert (later.action, later.send_at) == ("send", moment)
    assert found.action == "none" or later.kind == found.kind
    assert decide(facts, history, calendar, now=moment - timedelta(minutes=1)).action != "send"


@slow
@given(plans(), zones, calendars())
def test_the_index_names_what_the_sweep_will_send_and_nothing_is_sent_before(
    facts: Facts, zone: ZoneInfo, calendar: ClinicCalendar
) -> None:
    history, now = History(zone=zone), beginning(facts, calendar)
    index = planned_messages(facts, history, calendar, now=now)
    assert [one.send_at for one in index] == sorted(one.send_at for one in index)
    assert len({one.kind for one in index}) == len(index)
    if not index:
        return
    first = index[0]
    while now < first.send_at and now < beginning(facts, calendar) + timedelta(weeks=6):
        assert decide(facts, history, calendar, now=now).action != "send"
        now += timedelta(hours=3)
    found = decide(facts, history, calendar, now=max(first.send_at, beginning(facts, calendar)))
    assert found.action in ("send", "wait")
    assert found.kind in KINDS
    if first.send_at >= beginning(facts, calendar):
        assert (found.action, found.kind) == ("send", first.kind)


@contextmanager
def machine_zone(name: str) -> Iterator[None]:
    """Set the machine's own zone, as the TZ variable does."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    clock.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        clock.tzset()


@quick
@given(plans(), histories, calendars(), st.integers(0, 100 * 48), zones)
def test_the_zone_of_the_machine_and_of_now_make_no_difference(
    facts: Facts, history: History, calendar: ClinicCalendar, half_hours: int, zone: ZoneInfo
) -> None:
    now = beginning(facts, calendar) + half_hours * HALF_HOUR
    answers = []
    for name in ("UTC", "Pacific/Kiritimati", "America/Los_Angeles"):
        with machine_zone(name):
            answers.append(
                (
                    decide(facts, history, calendar, now=now),
                    decide(facts, history, calendar, now=now.astimezone(zone)),
                    planned_messages(facts, history, calendar, now=now),
                )
            )
    assert answers[0][0] == answers[0][1]
    assert answers == [answers[0]] * 3


@quick
@given(plans(with_pauses=False), calendars(), some_days)
def test_a_target_is_open_and_never_before_the_due_date(
    facts: Facts, calendar: ClinicCalendar, today: date
) -> None:
    cycle = current_cycle(facts, calendar, OUR_WINDOWS, today=today)
    if cycle is None:
        return
    assert calendar.is_open(cycle.target_on)
    assert cycle.due_on <= cycle.target_on <= cycle.grace_until < cycle.lapsed_after
    assert not any(
        calendar.is_open(cycle.due_on + count * DAY)
        for count in range((cycle.target_on - cycle.due_on).days)
    )
    assert all(map(calendar.is_send_day, (cycle.due_soon_on, cycle.overdue_on, cycle.lapsed_on)))
    assert cycle.gap >= 1


@quick
@given(phase_lists(), some_days)
def test_phases_that_pass_the_check_read_well_and_move_forward(
    phases: tuple[Phase, ...], start_on: date
) -> None:
    assert check_phases(phases) == []
    assert "bi" not in describe(phases)
    dates = list(islice(ideal_dates(start_on, phases), 40))
    assert dates[0] == start_on
    assert all(earlier < later for earlier, later in pairwise(dates))
