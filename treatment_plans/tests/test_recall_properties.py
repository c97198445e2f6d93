"""What holds for every life of a plan, all the way: index, sweep, claim, decision, mail.

Somebody books, comes, does not come, pauses, is held, says stop, dies; time goes on by
hours and weeks. Whatever goes out is held against what was true at that moment, which the
test keeps in a book of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings import calendar
from bookings.consents import opt_in, opt_out
from bookings.messages import delivery
from bookings.models import Appointment, Client, Message
from bookings.tests.factories import make_appointment, make_client, make_user
from practitioners.models import Closure
from practitioners.tests.factories import (
    make_clinic,
    make_location,
    make_practitioner,
    make_room,
    make_service,
)
from treatment_plans import plans, recall
from treatment_plans.models import TreatmentPlan
from treatment_plans.plan_facts import calendar_of, facts_of
from treatment_plans.schedule import current_cycle
from treatment_plans.schedule.due import OUR_WINDOWS
from treatment_plans.tests.factories import make_plan
from treatment_plans.tests.test_schedule_properties import machine_zone
from treatment_plans.visits import follow_appointment

pytestmark = pytest.mark.django_db
FULL = bool(os.environ.get("FULL"))
EXAMPLES = 500 if FULL else 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLACES = ("Europe/London", "Pacific/Auckland")
ZONES = ("", "Europe/London", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu")
HOLIDAY = date(2026, 9, 16)
checked = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
DEEDS = (
    "wait", "wait", "until next", "until next", "book", "book far", "cancel", "come", "come",
    "stay away", "pause", "rest", "go on", "hold", "lift", "stop", "start", "discharge", "die",
)  # fmt: skip
deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 200)), min_size=4, max_size=16)
phases = st.sampled_from(
    [
        (("per_week", 1, 8),),
        (("per_week", 3, 6), ("per_week", 1, 4)),
        (("per_week", 2, 2), ("every_n_weeks", 4, None)),
        (("every_n_months", 1, None),),
    ]
)


@contextmanager
def thrown_away() -> Iterator[None]:
    """One life in a transaction that never was; verbs that want to be outermost may run in it."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


class Clinic:
    """What all lives have in common."""

    def __init__(self) -> None:
        make_clinic()
        self.places = [make_location(time_zone=zone) for zone in PLACES]
        self.service = make_service()
        self.user = make_user()
        for place in self.places:
            make_room(place)
            Closure.objects.create(
                location=place, kind="public_holiday", name="Holiday",
                starts_on=HOLIDAY, ends_on=HOLIDAY,
            )  # fmt: skip
        self.person = make_practitioner(self.service, at=self.places[0], user=make_user())


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


class Life:
    """One client with one or two plans, and the book of what is true."""

    def __init__(self, clinic: Clinic, place: int, zone: str, count: int, rates: Any) -> None:
        self.clinic, self.place = clinic, clinic.places[place]
        self.now = datetime(2026, 9, 7, 8, tzinfo=self.place.zone)
        self.client = make_client(time_zone=zone)
        self.plans = [
            make_plan(
                self.client, clinic.person, clinic.service, self.place, by=clinic.user,
                now=self.now, phases=rates,
            )
            for _ in range(count)
        ]  # fmt: skip
        self.visits: list[Appointment] = []
        self.is_held = self.is_stopped = self.is_dead = self.is_discharged = False
        self.is_resting = False
        self.went: set[tuple[str, str, int]] = set()
        self.pauses: list[tuple[date, date]] = []
        self.sent: list[tuple[Message, datetime]] = []

    @property
    def plan(self) -> TreatmentPlan:
        """The first plan, as it is stored; the only one that things happen to."""
        return TreatmentPlan.objects.select_related("client", "location").get(pk=self.plans[0].pk)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.place.zone).date()

    def live(self, deed: str, number: int) -> None:
        self.now += (1 + number % 30) * HOUR
        if deed == "wait":
            self.now += (number % 12) * DAY
        else:
            getattr(self, deed.replace(" ", "_"))(number)
        self.look()

    def look(self) -> None:
        """Sweep and send, then hold what went out against the book."""
        for _ in range(3):
            recall.sweep(now=self.now)
        delivery.send_due(now=self.now)
        known = {row.pk for row, _ in self.sent}
        went = Message.objects.filter(source_type="treatment_plan", sending_at__isnull=False)
        for row in went.exclude(pk__in=known):
            self.check(row)
            self.sent.append((row, self.now))

    def check(self, row: Message) -> None:
        there = self.now.astimezone(
            ZoneInfo(self.client.time_zone) if self.client.time_zone else self.place.zone
        )
        assert time(9) <= there.time() < time(19), "outside the client's hours"
        for day in (there.date(), self.today):
            assert day.isoweekday() != 7, "on a Sunday"
            assert day != HOLIDAY, "on a holiday"
        assert not self.is_dead, "after death"
        assert not self.is_stopped, "after an opt-out"
        for _, at in self.sent:
            assert (self.today - at.astimezone(self.place.zone).date()).days >= 3, "too soon"
        is_first = row.source_id == str(self.plans[0].pk)
        if is_first:
            self.check_plan(row)
        cycle = len([one for one in self.visits if one.status == "completed"]) if is_first else 0
        assert (row.source_id, row.kind, cycle) not in self.went, "one kind twice in a cycle"
        self.went.add((row.source_id, row.kind, cycle))

    def check_plan(self, row: Message) -> None:
        """What concerns the first plan only."""
        assert not self.is_held, "during a hold"
        assert not self.is_discharged, "after discharge"
        assert not self.is_resting, "while it rests"
        assert not any(first <= self.today <= last for first, last in self.pauses), "in a pause"
        standing = [one for one in self.visits if one.status == "booked"]
        assert not [one for one in standing if one.ends_at > self.now], "although booked"
        plan = self.plan
        facts = facts_of(plan)
        assert all(self.today > day for day in facts.completed_on), "on the day of a session"
        rules = calendar_of(plan.location, now=self.now)
        cycle = current_cycle(facts, rules, OUR_WINDOWS, today=self.today)
        assert cycle is not None
        lead, grace, lapsed = OUR_WINDOWS.of(cycle.gap)
        late = (self.today - cycle.target_on).days
        earliest = rules.send_day_until(cycle.target_on - lead * DAY)
        assert {
            "due_soon": self.today >= earliest and late <= grace,
            "overdue": grace < late <= lapsed,
            "lapsed": late > lapsed,
        }[row.kind], f"{row.kind} {late} days after the target"

    # --- what can happen ---

    def until_next(self, number: int) -> None:
        moments = [
            plan.next_message_at for plan in TreatmentPlan.objects.filter(client=self.client)
        ]
        waiting = Message.objects.filter(state="pending").values_list("send_after", flat=True)
        to_come = [at for at in (*moments, *waiting) if at and at > self.now]
        self.now = min(to_come, default=self.now)

    def book(self, number: int, days: int = 0) -> None:
        day = self.today + (1 + days + number % 9) * DAY
        start = datetime.combine(day, time(10), tzinfo=self.place.zone)
        taken = {one.starts_at for one in self.visits if one.status != "cancelled"}
        if start in taken:
            return
        visit = make_appointment(
            self.clinic.person, self.clinic.service, self.place, start, client=self.client,
            source_ref=f"plan:{self.plans[0].public_id}",
        )  # fmt: skip
        with transaction.atomic():
            follow_appointment("booked", visit, now=self.now)
        self.visits.append(visit)

    def book_far(self, number: int) -> None:
        self.book(number, days=30)

    def next_visit(self) -> Appointment | None:
        booked = [one for one in self.visits if one.status == "booked"]
        return min(booked, key=lambda one: one.starts_at, default=None)

    def cancel(self, number: int) -> None:
        visit = self.next_visit()
        if visit is None or visit.starts_at <= self.now:
            return
        done = calendar.cancel(
            visit, cancelled_by="client", by=None, now=self.now, for_staff=True, reason="Ill"
        )  # fmt: skip
        visit.status = done.status

    def come(self, number: int) -> None:
        self.mark("completed")

    def stay_away(self, number: int) -> None:
        self.mark("no_show")

    def mark(self, status: str) -> None:
        visit = self.next_visit()
        if visit is None:
            return
        self.now = max(self.now, visit.ends_at)
        visit.status = calendar.mark(visit, status, by=self.clinic.user, now=self.now).status

    def pause(self, number: int) -> None:
        if self.plan.status == "active":
            first = self.today + (number % 5) * DAY
            run = (first, first + (number % 17) * DAY)
            plans.pause(
                self.plan, starts_on=run[0], ends_on=run[1], by=self.clinic.user, now=self.now,
                reason="Away",
            )  # fmt: skip
            self.pauses.append(run)

    def rest(self, number: int) -> None:
        if self.plan.status == "active":
            plans.rest(self.plan, by=self.clinic.user, now=self.now, reason="Away for long")
            self.is_resting = True

    def go_on(self, number: int) -> None:
        if self.is_resting and self.plan.status == "paused":
            plans.activate(self.plan, by=self.clinic.user, now=self.now)
            self.is_resting = False

    def hold(self, number: int) -> None:
        self._hold("Waiting for the doctor")

    def lift(self, number: int) -> None:
        self._hold("")

    def _hold(self, reason: str) -> None:
        if self.plan.status in ("active", "paused"):
            verb = plans.hold if reason else plans.lift
            verb(self.plan, by=self.clinic.user, now=self.now, reason=reason or "Settled")
            self.is_held = bool(reason)

    def stop(self, number: int) -> None:
        opt_out(self.client, now=self.now)
        self.is_stopped = True

    def start(self, number: int) -> None:
        opt_in(self.client, "email", now=self.now, by="desk")
        self.is_stopped = False

    def discharge(self, number: int) -> None:
        if number % 4 == 0 and self.plan.status in ("active", "paused"):
            plans.end(
                self.plan, TreatmentPlan.Status.DISCHARGED, by=self.clinic.user, now=self.now,
                reason="Moved away",
            )  # fmt: skip
            self.is_discharged = True

    def die(self, number: int) -> None:
        if number % 4 == 0:
            Client.objects.filter(pk=self.client.pk).update(is_deceased=True)
            self.is_dead = True


def lived(clinic: Clinic, story: Any, **about: Any) -> list[tuple[str, str, str, datetime]]:
    """Live one life; returns what went out: kind, cycle, channel and moment."""
    with thrown_away():
        life = Life(clinic, **about)
        for deed, number in story:
            life.live(deed, number)
        keys = [(row.source_id, row.occurrence, row.kind) for row, _ in life.sent]
        assert len(keys) == len(set(keys)), "one kind twice in a cycle"
        first = str(life.plans[0].pk)
        cycles: dict[str, str] = {}
        return [
            (row.kind, cycles.setdefault(row.occurrence, str(len(cycles))),
             "first" if row.source_id == first else "second", at)
            for row, at in life.sent
        ]  # fmt: skip


def test_no_life_of_a_plan_gets_a_message_it_should_not(clinic: Clinic) -> None:
    went: list[str] = []

    @checked
    @given(deeds, st.integers(0, 1), st.sampled_from(ZONES), st.integers(1, 2), phases)
    def run(story: Any, place: int, zone: str, count: int, rates: Any) -> None:
        found = lived(clinic, story, place=place, zone=zone, count=count, rates=rates)
        went.extend(kind for kind, *_ in found)

    run()
    assert set(went) == {"due_soon", "overdue", "lapsed"}, "the lives are too short to tell"


def test_the_zone_of_the_machine_makes_no_difference_all_the_way(clinic: Clinic) -> None:
    @settings(checked, max_examples=EXAMPLES // 5)
    @given(deeds, st.integers(0, 1), st.sampled_from(ZONES), phases)
    def run(story: Any, place: int, zone: str, rates: Any) -> None:
        about = {"place": place, "zone": zone, "count": 1, "rates": rates}
        here = lived(clinic, story, **about)
        with machine_zone("Pacific/Kiritimati"):
            assert lived(clinic, story, **about) == here

    run()
