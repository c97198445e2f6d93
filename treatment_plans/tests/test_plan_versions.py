"""Every change is a version; the plan of any day is rebuilt from them exactly as it was."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.utils import timezone

from bookings import calendar
from bookings.tests.factories import make_appointment
from practitioners.models import BodyRegion
from practitioners.tests.factories import make_technique
from treatment_plans import plans, visits
from treatment_plans.errors import PlanError
from treatment_plans.models import Goal, PlanAgreement, PlanPhase, PlanVersion, TreatmentPlan
from treatment_plans.plan_facts import facts_of
from treatment_plans.plan_past import facts_at, version_at
from treatment_plans.schedule import Facts
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse, on_the_hour
from treatment_plans.versions import differences, in_words

pytestmark = pytest.mark.django_db
HISTORIES = 60 if os.environ.get("FULL") else 6
STEPS = 14

# The plan as its tables hold it, read without the product's own words.
AS_STORED = """
SELECT p.status, p.start_on::text, p.pressure, p.precautions, p.home_care, p.hold_reason,
       p.review_after_sessions, p.review_after_weeks, who.name, s.name, l.name,
       (SELECT coalesce(json_agg(json_build_array(label, rate_kind, rate_value, session_count,
            session_minutes) ORDER BY "order"), '[]') FROM treatment_plans_planphase WHERE plan_id = p.id),
       (SELECT coalesce(json_agg(json_build_array(sentence, measure, baseline::text, target::text) ORDER BY id), '[]')
            FROM treatment_plans_goal WHERE plan_id = p.id),
       (SELECT coalesce(json_agg(json_build_array(starts_on::text, ends_on::text, reason) ORDER BY starts_on, id), '[]')
            FROM treatment_plans_planpause WHERE plan_id = p.id),
       (SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]') FROM treatment_plans_treatmentplan_techniques m
            JOIN practitioners_technique t ON t.id = m.technique_id WHERE m.treatmentplan_id = p.id),
       (SELECT coalesce(json_agg(r.name ORDER BY r.name), '[]') FROM treatment_plans_treatmentplan_regions m
            JOIN practitioners_bodyregion r ON r.id = m.bodyregion_id WHERE m.treatmentplan_id = p.id)
FROM treatment_plans_treatmentplan p
JOIN practitioners_practitioner who ON who.id = p.practitioner_id
JOIN practitioners_service s ON s.id = p.service_id
JOIN practitioners_location l ON l.id = p.location_id
WHERE p.id = %s
"""


def as_stored(plan: TreatmentPlan) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(AS_STORED, [plan.pk])
        return tuple(cursor.fetchone())


def as_rebuilt(version: PlanVersion) -> tuple[Any, ...]:
    said = version.content
    return (
        said["status"], said["start_on"], said["pressure"], said["precautions"], said["home_care"],
        said["hold_reason"], said["review_after_sessions"], said["review_after_weeks"],
        said["practitioner"], said["service"], said["location"],
        [[row[name] for name in ("label", "rate_kind", "rate_value", "session_count", "session_minutes")]
         for row in said["phases"]],
        [[row[name] for name in ("sentence", "measure", "baseline", "target")] for row in said["goals"]],
        said["pauses"], said["techniques"], said["regions"],
    )  # fmt: skip


class History:
    """A plan that lives through random changes, with how it stood after each of them."""

    def __init__(self, seed: int) -> None:
        self.world = PlanWorld(is_active=False)
        self.chance = random.Random(seed)
        self.plan, self.now = self.world.plan, self.world.now + timedelta(minutes=1)
        self.techniques = [make_technique() for _ in range(3)]
        self.regions = [
            BodyRegion.objects.create(slug=f"area-{number}", name=f"Area {number}", is_paired=False,
                                      view="back", group="back")
            for number in range(3)
        ]  # fmt: skip
        self.shots: list[tuple[datetime, tuple[Any, ...], Facts]] = []
        self.note()

    def note(self) -> None:
        self.plan = plans.with_all(self.plan.pk)
        self.shots.append((self.now, as_stored(self.plan), facts_of(self.plan)))

    def live(self) -> None:
        for _ in range(STEPS):
            self.now += timedelta(minutes=self.chance.randrange(1, 5 * 24 * 60))
            step: Callable[[], Any] = self.chance.choice([
                self.edit, self.edit, self.start, self.start, self.pause, self.rest, self.go_on,
                self.hold, self.hand_over, self.come, self.come, self.take_back, self.end,
            ])  # fmt: skip
            try:
                with transaction.atomic():
                    step()
            except PlanError:
                pass
            self.note()

    def edit(self) -> None:
        chance = self.chance
        phases = [
            PlanPhase(rate_kind="per_week", rate_value=chance.randrange(1, 6),
                      session_count=chance.randrange(1, 4), label=chance.choice(["", "taper"]))
            for _ in range(chance.randrange(1, 4))
        ]  # fmt: skip
        if chance.random() < 0.3:
            phases.append(PlanPhase(rate_kind="every_n_weeks", rate_value=4))
        self.plan.home_care = chance.choice(["", "Walk\nevery day"])
        self.plan.pressure = chance.choice(["", "light", "firm"])
        plans.save(
            self.plan,
            phases=phases,
            goals=[Goal(sentence="Sleep", measure="Nights", baseline=Decimal(chance.randrange(7)))],
            techniques=chance.sample(self.techniques, 2),
            regions=chance.sample(self.regions, chance.randrange(3)),
            by=self.world.user,
            now=self.now,
            reason="It was time",
        )

    def start(self) -> None:
        plans.activate(self.plan, by=self.world.user, now=self.now)

    def pause(self) -> None:
        first = self.now.date() + self.chance.randrange(0, 4) * DAY
        plans.pause(
            self.plan, starts_on=first, ends_on=first + self.chance.randrange(9) * DAY,
            by=self.world.user, now=self.now, reason="Holiday",
        )  # fmt: skip

    def rest(self) -> None:
        plans.rest(self.plan, by=self.world.user, now=self.now, reason="Away for long")

    def go_on(self) -> None:
        plans.go_on(self.plan, by=self.world.user, now=self.now)

    def hold(self) -> None:
        verb = plans.lift if self.plan.hold_reason else plans.hold
        verb(self.plan, by=self.world.user, now=self.now, reason="Ask the doctor")

    def hand_over(self) -> None:
        to = self.chance.choice([self.world.person, self.world.colleague])
        plans.hand_over(self.plan, to, by=self.world.user, now=self.now)

    def come(self) -> None:
        at = self.now.replace(minute=0, second=0, microsecond=0)
        visit = make_appointment(
            self.world.person, self.world.service, self.world.place, at, client=self.world.client,
            status="completed", completed_at=self.now,
        )  # fmt: skip
        visits.link(self.plan, visit, now=self.now)
        visits.follow_appointment("completed", visit, now=self.now)

    def take_back(self) -> None:
        done = self.plan.visits.filter(appointment__status="completed").last()
        if done:
            type(done.appointment).objects.filter(pk=done.appointment_id).update(
                status="booked", completed_at=None
            )
            visits.follow_appointment("undone", done.appointment, now=self.now)

    def end(self) -> None:
        if self.chance.random() < 0.3:
            status = self.chance.choice(["discharged", "cancelled", "completed"])
            plans.end(self.plan, status, by=self.world.user, now=self.now, reason="It is over")


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_the_plan_of_any_moment_is_rebuilt_as_it_was(seed: int) -> None:
    history = History(seed)
    history.live()
    begins, ends = history.shots[0][0], history.shots[-1][0] + DAY
    moments = [at for at, _, _ in history.shots]
    moments += [begins + (ends - begins) * history.chance.random() for _ in range(20)]
    for at in moments:
        _, stored, facts = next(shot for shot in reversed(history.shots) if shot[0] <= at)
        version = version_at(history.plan, at)
        assert version is not None
        assert as_rebuilt(version) == stored
        rebuilt = facts_at(history.plan, version, at)
        for name in ("status", "start_on", "phases", "pauses", "review_after_sessions"):
            assert getattr(rebuilt, name) == getattr(facts, name)


def test_before_it_was_written_there_is_no_plan() -> None:
    world = PlanWorld()
    assert version_at(world.plan, world.now - timedelta(seconds=1)) is None


def test_the_page_shows_the_plan_of_a_day() -> None:
    early = timezone.now() - 40 * DAY
    world = PlanWorld(now=early, is_active=False)
    plan = plans.activate(world.plan, by=world.user, now=early + DAY)
    plan.home_care = "Walk every day"
    plans.save(
        plan, phases=[PlanPhase(rate_kind="per_week", rate_value=3, session_count=9)], goals=[],
        techniques=[], regions=[], by=world.user, now=early + 10 * DAY, reason="Too little",
    )  # fmt: skip
    browser, path = browse(world.user), f"/desk/plans/{plan.public_id}/"

    def on(day: date) -> str:
        return browser.get(path, {"on": day.isoformat()}).content.decode()

    before, first = on((early - DAY).date()), on((early + 2 * DAY).date())
    assert "There was no plan yet" in before
    assert "Version 2, 0 sessions done by then" in first
    assert "once a week for 6 sessions" in first
    assert "Version 3, 0 sessions done by then" in on((early + 11 * DAY).date())


@pytest.mark.parametrize(
    ("typed", "status", "sentence"),
    [
        ("31/2/2026", 422, "Enter a date like"),
        ("1/1/0001", 422, "between 2000 and 2099"),
        ("1/1/2099", 422, "not to come"),
        ("<b>", 422, "Enter a date like"),
        ("", 200, "Versions"),
    ],
)
def test_a_day_that_cannot_be_is_said_at_its_place(typed: str, status: int, sentence: str) -> None:
    world = PlanWorld()
    answer = browse(world.user).get(f"/desk/plans/{world.plan.public_id}/", {"on": typed})
    assert (answer.status_code, sentence in answer.content.decode()) == (status, True)


def test_a_change_is_told_in_words() -> None:
    world = PlanWorld()
    old, new = world.plan.versions.first(), world.plan.versions.last()
    assert old is not None
    assert new is not None
    changed = {
        **new.content,
        "phases": [{**new.content["phases"][0], "rate_value": 2}],
        "goals": [{"sentence": "Sleep", "measure": "Nights", "baseline": "2.0", "target": "6.0"}],
        "pressure": "light",
    }
    assert [(one.label, one.before, one.after) for one in differences(old.content, changed)] == [
        ("Frequency", "once a week for 6 sessions, 60 minutes each", "2 times a week for 6 sessions, 60 minutes each"),
        ("Goals", "nothing", "Sleep (Nights from 2.0 to 6.0)"),
        ("Pressure", "nothing", "Light"),
        ("State", "Draft", "Active"),
    ]  # fmt: skip
    assert ("State", "Active") in in_words(new.content)


@pytest.mark.parametrize("what", ["version", "agreement"])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_versions_and_agreements_cannot_be_changed(what: str, change: str) -> None:
    world = PlanWorld()
    row: Any = PlanAgreement.objects.get()
    row = row if what == "agreement" else world.plan.versions.last()
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        row.delete() if change == "delete" else row.save()
    assert (world.plan.versions.count(), PlanAgreement.objects.count()) == (2, 1)


def test_a_visit_keeps_the_version_it_was_booked_under() -> None:
    world = PlanWorld()
    first = calendar.book(
        world.service, world.person, on_the_hour(world.now + DAY),
        client=world.client, by=world.user, now=world.now, location=world.place,
    )  # fmt: skip
    plans.save(
        world.plan, phases=[PlanPhase(rate_kind="per_week", rate_value=2, session_count=6)],
        goals=[], techniques=[], regions=[], by=world.user, now=world.now, reason="More",
    )  # fmt: skip
    second = calendar.book(
        world.service, world.person, first.starts_at + DAY,
        client=world.client, by=world.user, now=world.now, location=world.place,
    )  # fmt: skip
    numbers = [visit.version.number for visit in world.plan.visits.all() if visit.version]
    assert (numbers, second.plan_visit.plan) == ([2, 3], world.plan)
