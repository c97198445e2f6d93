"""What dates of a plan cost and can be changed until, and taking a press back for three minutes."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings import calendar
from bookings.models import Appointment, Message, Task
from bookings.picking import value_of
from bookings.tests.factories import make_client
from practitioners.tests.factories import make_clinic
from treatment_plans import plans
from treatment_plans.proposals import propose
from treatment_plans.tests.plan_world import DAY, PlanWorld, browse

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=3, seconds=1)


@pytest.fixture
def world() -> PlanWorld:
    """A plan of three sessions, once a week, that begins in three days."""
    start = (timezone.now() + 3 * DAY).date()
    return PlanWorld(start_on=start, phases=(("per_week", 1, 3),))


def path(world: PlanWorld, who: str) -> str:
    return f"/{who}/plans/{world.plan.public_id}/dates/"


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.content.decode()))


def as_proposed(world: PlanWorld) -> dict[str, Any]:
    """What a browser posts when every date is taken as it stands."""
    layout = propose(plans.with_all(world.plan.pk), now=timezone.now(), for_staff=True).layout
    chosen = {}
    for one in layout.changes:
        visit = Appointment.objects.get(pk=one.booked.key) if one.booked else None
        name = f"move-{visit.public_id}" if visit else f"book-{one.days.session}"
        chosen[name] = value_of(one.free.starts_at)  # type: ignore[union-attr]
    return {"form_token": str(uuid.uuid4()), "rows": list(chosen), **chosen}


def visits(world: PlanWorld) -> list[Appointment]:
    rows = Appointment.objects.filter(plan_visit__plan=world.plan).standing()
    return list(rows.with_details().order_by("starts_at"))


def starts(world: PlanWorld) -> list[Any]:
    return [one.starts_at for one in visits(world)]


@pytest.mark.parametrize("who", ["my", "desk"])
def test_the_price_and_the_rule_stand_before_the_button(world: PlanWorld, who: str) -> None:
    make_clinic(travel_minutes=0, policy="A day before is fine.", phone="020 7946 0000")
    user = world.login if who == "my" else world.user
    page = browse(user).get(path(world, who)).content.decode()
    each = world.service.price
    assert f"£{each:g} for each new session, £{3 * each:g} if all 3 are booked." in page
    assert page.index("A day before is fine.") < page.index("btn-primary")
    assert "hours away" not in page


def test_a_session_so_close_that_it_cannot_be_changed_says_so(world: PlanWorld) -> None:
    make_clinic(travel_minutes=0, cancel_notice_hours=5 * 24, phone="020 7946 0000")
    said = "is less than 120 hours away: to move or cancel it, call us on 020 7946 0000."
    assert said in text_of(browse(world.login).get(path(world, "my")))
    assert "hours away" not in text_of(browse(world.user).get(path(world, "desk")))


@pytest.mark.parametrize("who", ["my", "desk"])
def test_all_that_was_booked_is_named_and_taken_back(world: PlanWorld, who: str) -> None:
    browser = browse(world.login if who == "my" else world.user)
    answer = browser.post(path(world, who), as_proposed(world))
    assert answer["Location"] == path(world, who)
    page = text_of(browser.get(path(world, who)))
    assert "3 sessions are booked." in page
    assert "By mistake? Undo until" in page
    for _ in range(2):
        assert browser.post(path(world, who), {"undo": "1"})["Location"] == path(world, who)
        assert visits(world) == []
    page = text_of(browser.get(path(world, who)))
    assert "The dates are again as they were before." in page
    assert ("By mistake?" in page, "no longer fit" in page) == (False, False)
    assert not Task.objects.open().filter(kind="dates").exists()
    assert not Message.objects.filter(client=world.client, state="scheduled").exists()


def test_only_whoever_pressed_is_offered_to_take_it_back(world: PlanWorld) -> None:
    browse(world.login).post(path(world, "my"), as_proposed(world))
    desk = browse(world.user)
    assert "By mistake?" not in text_of(desk.get(path(world, "desk")))
    desk.post(path(world, "desk"), {"undo": "1"})
    assert len(visits(world)) == 3


def test_after_three_minutes_it_is_too_late(world: PlanWorld, monkeypatch: Any) -> None:
    browser = browse(world.login)
    browser.post(path(world, "my"), as_proposed(world))
    after = timezone.now() + LATER
    monkeypatch.setattr("treatment_plans.views.plan_dates.timezone.now", lambda: after)
    assert "By mistake?" not in text_of(browser.get(path(world, "my")))
    answer = browser.post(path(world, "my"), {"undo": "1"})
    assert (answer.status_code, len(visits(world))) == (422, 3)
    assert "The three minutes for taking it back are over" in text_of(answer)


def test_a_form_sent_again_after_it_was_taken_back_books_nothing(world: PlanWorld) -> None:
    browser, data = browse(world.login), as_proposed(world)
    browser.post(path(world, "my"), data)
    browser.post(path(world, "my"), {"undo": "1"})
    answer = browser.post(path(world, "my"), data, follow=True)
    assert "Nothing is booked: these dates were taken back." in text_of(answer)
    assert visits(world) == []


def test_moves_and_bookings_of_one_press_come_back_together(world: PlanWorld) -> None:
    browser = browse(world.user)
    browser.post(path(world, "desk"), as_proposed(world))
    first, _, third = visits(world)
    cancelled = calendar.cancel(
        third, cancelled_by="client", by=None, now=timezone.now(), reason="Ill", for_staff=True
    )
    calendar.move(
        first, starts_at=first.starts_at + 5 * DAY, by=None, now=timezone.now(), for_staff=True,
        reason="Ill",
    )  # fmt: skip
    before, data = starts(world), as_proposed(world)
    assert sorted(name.split("-")[0] for name in data["rows"]) == ["book", "move"]
    assert browser.post(path(world, "desk"), data).status_code == 302
    assert starts(world) != before
    assert not world.plan.reproposals.open().exists()
    browser.post(path(world, "desk"), {"undo": "1"})
    assert (starts(world), cancelled.status) == (before, "cancelled")
    assert world.plan.reproposals.open().count() == 1
    assert Task.objects.open().filter(kind="dates").count() == 1


def test_what_cannot_come_back_keeps_the_rest_too(world: PlanWorld) -> None:
    browser = browse(world.user)
    browser.post(path(world, "desk"), as_proposed(world))
    first, second, _ = visits(world)
    calendar.move(
        first, starts_at=first.starts_at + 5 * DAY, by=None, now=timezone.now(), for_staff=True,
        reason="Ill",
    )  # fmt: skip
    browser.post(path(world, "desk"), as_proposed(world))
    after = starts(world)
    assert second.starts_at not in after
    world.visit(second.starts_at, client=make_client())
    answer = browser.post(path(world, "desk"), {"undo": "1"})
    assert (answer.status_code, starts(world)) == (409, after)
