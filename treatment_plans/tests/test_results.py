"""The results of the clinic: every figure counted again, and nobody told apart."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Message
from bookings.tests.factories import (
    SmallClinic,
    make_appointment,
    make_client,
    make_staff,
    make_user,
)
from practitioners.models import Condition
from treatment_plans import plans
from treatment_plans.models import OutcomeMeasure, OutcomeScore, TreatmentPlan
from treatment_plans.results import Conversion, conversions, results_of
from treatment_plans.tests.factories import make_plan
from treatment_plans.visits import link

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
START = datetime(2026, 10, 5, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
THAT_YEAR = {
    "first_0": "1", "first_1": "1", "first_2": "2026",
    "last_0": "31", "last_1": "12", "last_2": "2026",
}  # fmt: skip


class World(SmallClinic):
    """Courses of weekly sessions with pain scores."""

    def __init__(self) -> None:
        super().__init__()
        self.neck = Condition.objects.create(slug="neck-pain", name="Neck pain", offer="offer")
        self.head = Condition.objects.create(slug="headache", name="Headache", offer="offer")
        self.back = Condition.objects.create(slug="back-pain", name="Back pain", offer="offer")
        self.pain = OutcomeMeasure.objects.create(
            slug="nprs", name="Pain", measures="Pain", minimum=0, maximum=10, step=1,
            unit="points", direction="lower_better", entry_mode="item_level",
            asked_of="client", mcid_value=2, mcid_source="Farrar 2001",
        )  # fmt: skip
        self.hours = 0

    def course(
        self, *pain: int, condition: Condition | None = None, sessions: int = 4
    ) -> TreatmentPlan:
        """Weekly sessions that have taken place, with a score on the day of each of the first."""
        client = make_client()
        plan = make_plan(
            client, self.person, self.service, self.place, by=self.user, now=START,
            condition=condition or self.neck, start_on=START.date(), phases=(("per_week", 1, 8),),
        )  # fmt: skip
        self.hours += 1
        for number in range(sessions):
            at = START + number * WEEK + self.hours * timedelta(hours=1)
            visit = make_appointment(
                self.person, self.service, self.place, at, client=client, status="completed"
            )
            link(plan, visit, now=NOW)
        for number, value in enumerate(pain):
            OutcomeScore.objects.create(
                plan=plan, measure=self.pain, value=value, occasion="session",
                taken_on=(START + number * WEEK).date(), entered_by="client", entered_at=NOW,
            )  # fmt: skip
        return plan

    def many(self) -> None:
        """Six courses for neck pain, five of which help; two for headaches and three others."""
        for better_after in (1, 1, 2, 3, 3):
            self.course(*[7] * better_after, 5)
        self.course(7, 6, 7)
        self.course(7, 5, condition=self.head)
        self.course(7, 5, condition=self.head)
        for _ in range(3):
            self.course(7, condition=self.back)


@pytest.fixture
def world() -> World:
    return World()


def test_sessions_until_a_change_are_counted_by_condition(world: World) -> None:
    world.many()
    results = results_of(FIRST, LAST, now=NOW)
    (group,) = results.conditions.groups
    assert (group.name, group.plans, group.measured, group.changed) == ("Neck pain", 6, 6, 5)
    assert group.median_sessions == 3  # of 2, 2, 3, 4, 4: a score after n weeks has n + 1 sessions
    assert results.conditions.hidden == 2
    assert results.all_plans.plans == 11
    assert results.totals[:2] == [11, None]  # three without a second score are hidden


def test_totals_equal_an_independent_count(world: World) -> None:
    world.many()
    soon = START + 3 * WEEK + 2 * DAY  # nobody has stayed away yet
    plans.end(TreatmentPlan.objects.all()[0], "cancelled", by=world.user, now=soon, reason="Moved")
    results = results_of(FIRST, LAST, now=soon)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*),
                   count(*) FILTER (WHERE p.status = 'cancelled'),
                   count(*) FILTER (WHERE (SELECT count(*) FROM treatment_plans_outcomescore s
                                           WHERE s.plan_id = p.id AND NOT s.is_entered_in_error) > 1),
                   count(*) FILTER (WHERE EXISTS (
                       SELECT 1 FROM treatment_plans_outcomescore later
                       WHERE later.plan_id = p.id AND later.value <= (
                           SELECT value FROM treatment_plans_outcomescore s WHERE s.plan_id = p.id
                           ORDER BY taken_on LIMIT 1) - 2))
            FROM treatment_plans_treatmentplan p WHERE p.activated_on BETWEEN %s AND %s
            """,
            [FIRST, LAST],
        )
        counted = cursor.fetchone()
    found = results.all_plans
    assert (found.plans, found.dropped, found.measured, found.changed) == counted


def test_a_plan_to_which_nobody_came_back_has_broken_off(world: World) -> None:
    world.course(sessions=2)  # the last on 12 October; lapsed 14 days after the 19th
    stays = world.course(sessions=2)
    link(
        stays,
        make_appointment(world.person, world.service, world.place, NOW + DAY, client=stays.client),
        now=NOW,
    )
    assert [
        results_of(FIRST, LAST, now=at).all_plans.dropped
        for at in (datetime(2026, 11, 2, 9, tzinfo=UTC), NOW)
    ] == [0, 1]
    assert dict(results_of(FIRST, LAST, now=NOW).drop_outs)["After 2"] == 1


def test_only_plans_started_in_these_days_count(world: World) -> None:
    world.course()
    assert results_of(START.date(), START.date(), now=NOW).all_plans.plans == 1
    assert results_of((START + DAY).date(), LAST, now=NOW).all_plans.plans == 0


def test_a_booking_soon_after_a_reminder_is_its_fruit(world: World) -> None:
    for days in (3, 14, 15, None):
        plan = world.course(sessions=1)
        Message.objects.create(
            source_type="treatment_plan", source_id=str(plan.pk), kind="overdue", lane=2,
            recipient=f"client:{plan.client_id}", client=plan.client, state="sent",
            send_after=NOW, sent_at=NOW,
        )  # fmt: skip
        if days is not None:
            world.hours += 1
            visit = make_appointment(
                world.person, world.service, world.place,
                NOW + 30 * DAY + world.hours * timedelta(hours=1),
                client=plan.client, booked_at=NOW + days * DAY,
            )  # fmt: skip
            link(plan, visit, now=NOW)
    found = {row.kind: (row.sent, row.booked, row.share) for row in conversions(FIRST, LAST)}
    assert found == {"due_soon": (0, 0, None), "overdue": (4, 2, 50), "lapsed": (0, 0, None)}


@pytest.mark.parametrize(
    ("sent", "booked", "figures"),
    [
        (0, 0, [0, None, None]),
        (4, 4, ["under 5", None, None]),
        (5, 0, [5, 0, 0]),
        (9, 4, [9, "under 5", None]),
        (20, 5, [20, 5, 25]),
    ],
)
def test_few_reminders_and_few_bookings_are_only_said_to_be(
    sent: int, booked: int, figures: list[Any]
) -> None:
    assert Conversion("overdue", sent, booked).figures == figures


@pytest.mark.parametrize(
    ("sent_at", "counts"),
    [
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), True),  # half past midnight in London
        (datetime(2026, 6, 30, 22, 30, tzinfo=UTC), False),
        (datetime(2026, 7, 31, 22, 30, tzinfo=UTC), True),
        (datetime(2026, 7, 31, 23, 30, tzinfo=UTC), False),
    ],
)
def test_a_reminder_counts_on_its_day_by_the_desks_clock(
    world: World, sent_at: datetime, counts: bool
) -> None:
    plan = world.course(sessions=1)
    Message.objects.create(
        source_type="treatment_plan", source_id=str(plan.pk), kind="overdue", lane=2,
        recipient=f"client:{plan.client_id}", client=plan.client, state="sent",
        send_after=sent_at, sent_at=sent_at,
    )  # fmt: skip
    found = {row.kind: row.sent for row in conversions(date(2026, 7, 1), date(2026, 7, 31))}
    assert found["overdue"] == int(counts)


class TestPage:
    """What the clinical lead and the admin see."""

    @pytest.fixture
    def lead(self, world: World) -> Browser:
        lead = Browser()
        lead.force_login(make_staff("Clinical lead"))
        return lead

    def test_it_shows_groups_that_are_large_enough(self, world: World, lead: Browser) -> None:
        world.many()
        page = lead.get("/desk/results/", THAT_YEAR).content.decode()
        assert "Neck pain" in page
        assert "Headache" not in page
        assert "Back pain" not in page
        assert "2 smaller groups not shown" in page
        assert ">All plans</th>" in page
        assert "What the figures mean" in page

    def test_with_few_plans_it_tells_nothing(self, world: World, lead: Browser) -> None:
        world.course(7, 3)
        page = lead.get("/desk/results/", THAT_YEAR).content.decode()
        assert "too few to tell anything" in page
        assert "Neck pain" not in page

    def test_it_asks_for_days_that_make_sense(self, world: World, lead: Browser) -> None:
        def asked(first: str, last: str) -> tuple[int, str]:
            parts = dict(
                zip(
                    ("first_0", "first_1", "first_2", "last_0", "last_1", "last_2"),
                    [*first.split(), *last.split()],
                    strict=True,
                )
            )
            answer = lead.get("/desk/results/", parts)
            return answer.status_code, answer.content.decode()

        for first, last, sentence in (
            ("2 1 2026", "1 1 2026", "The last day is before the first"),
            ("1 1 2020", "1 1 2026", "Choose at most three years"),
            ("31 2 2026", "1 3 2026", "must be a real date"),
        ):
            status, page = asked(first, last)
            assert status == 422
            assert sentence in page

    def test_the_table_holds_what_the_page_shows(self, world: World, lead: Browser) -> None:
        world.many()
        Condition.objects.filter(pk=world.neck.pk).update(name="=HYPERLINK(1)")
        answer = lead.get("/desk/results/results.csv", THAT_YEAR)
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[0][:3] == ["Told apart by", "Name", "Plans"]
        assert rows[0][-2:] == ["Reminders sent", "Booked after a reminder"]
        assert {len(row) for row in rows} == {12}
        assert [row[:3] for row in rows[1:4]] == [
            ["", "All plans", "11"],
            ["Condition", "'=HYPERLINK(1)", "6"],
            ["Technique", "No technique chosen", "11"],
        ]
        found = results_of(FIRST, LAST, now=timezone.now())
        assert [row[:2] + row[9:] for row in rows[4:]] == [
            *(
                ["Broke off", words, "" if count is None else str(count), "", ""]
                for words, count in found.broken_off
            ),
            *(["Reminder", one.words, "", str(one.sent), ""] for one in found.conversions),
        ]

    def test_the_table_hides_what_the_page_hides(self, world: World, lead: Browser) -> None:
        answer = lead.get("/desk/results/results.csv", THAT_YEAR)
        assert len(list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))) == 1

    def test_its_queries_do_not_grow(self, world: World, lead: Browser) -> None:
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                lead.get("/desk/results/", THAT_YEAR)
            return len(queries)

        world.many()
        cost()
        before = cost()
        world.many()
        assert cost() == before


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("Clinical lead", 200),
        ("Admin", 200),
        ("Front desk", 403),
        ("practitioner", 403),
        ("client", 403),
        ("anonymous", 302),
    ],
)
def test_who_may_see_results(world: World, who: str, expected: int) -> None:
    practitioner = make_user()
    world.another(user=practitioner)
    people: dict[str, Callable[[], Any]] = {
        "practitioner": lambda: practitioner,
        "client": make_user,
        "anonymous": lambda: None,
    }
    user = people.get(who, lambda: make_staff(who))()
    browser = Browser()
    if user:
        browser.force_login(user)
    for path in ("/desk/results/", "/desk/results/results.csv"):
        assert browser.get(path).status_code == expected
