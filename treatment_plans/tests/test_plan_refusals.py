"""A date of a plan that cannot be had: why, the next three times at its row, the rest as chosen."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Client
from bookings.picking import value_of
from bookings.tests.factories import make_appointment, make_client
from practitioners.models import Closure, TimeOff
from practitioners.tests.factories import make_clinic, make_room
from treatment_plans import plans
from treatment_plans.tests.plan_world import DAY, HOUR, PlanWorld, browse
from treatment_plans.tests.test_plan_dates import as_proposed, desk, own, standing

pytestmark = pytest.mark.django_db
Obstacle = Callable[[PlanWorld, datetime], None]


@pytest.fixture
def world() -> PlanWorld:
    return PlanWorld(start_on=(timezone.now() + 3 * DAY).date())


def taken(world: PlanWorld, at: datetime) -> None:
    world.visit(at, client=make_client())


def closed(world: PlanWorld, at: datetime) -> None:
    day = at.astimezone(world.place.zone).date()
    Closure.objects.create(name="Flood", starts_on=day, ends_on=day)


def away(world: PlanWorld, at: datetime) -> None:
    TimeOff.objects.create(practitioner=world.person, starts_at=at, ends_at=at + HOUR)


def not_certified(world: PlanWorld, at: datetime) -> None:
    world.person.credentials.update(expires_on=at.date() - DAY)


def no_room(world: PlanWorld, at: datetime) -> None:
    make_appointment(
        world.colleague, world.service, world.place, at, client=make_client(), room=world.room
    )


def client_busy(world: PlanWorld, at: datetime) -> None:
    make_room(world.place)
    make_appointment(world.colleague, world.service, world.place, at, client=world.client)


def too_far(world: PlanWorld, at: datetime) -> None:
    make_clinic(travel_minutes=0, horizon_days=(at.date() - timezone.now().date()).days - 2)


def call_to_book(world: PlanWorld, at: datetime) -> None:
    Client.objects.update(is_call_to_book=True)


def on_hold(world: PlanWorld, at: datetime) -> None:
    plans.hold(world.plan, by=world.user, now=world.now, reason="Ask the doctor")


SAID: dict[Obstacle, str] = {
    taken: "just been taken",
    closed: "closed on that day",
    away: "is away then",
    not_certified: "cannot give that session on that day",
    no_room: "No room is free at that time",
    client_busy: "already has a session at that time",
    too_far: "further ahead than we take bookings",
    call_to_book: "Please call us to book.",
    on_hold: "Please call us before you book",
}
AT_THE_DESK = (taken, closed, away, not_certified, no_room, client_busy)
ROWS = [*(("desk", one) for one in AT_THE_DESK), *(("own", one) for one in SAID)]


@pytest.mark.parametrize(
    ("where", "obstacle"), ROWS, ids=lambda one: getattr(one, "__name__", str(one))
)
def test_it_says_why_and_the_next_three_and_keeps_what_was_chosen(
    world: PlanWorld, where: str, obstacle: Obstacle
) -> None:
    browser = browse(world.user if where == "desk" else world.login)
    path = desk(world) if where == "desk" else own(world)
    data = as_proposed(world, for_staff=where == "desk")
    second = datetime.fromtimestamp(int(data["book-2"]), tz=world.place.zone)
    obstacle(world, second)
    before = standing(world)
    answer = browser.post(path, data)
    page = answer.content.decode()
    assert answer.status_code in (409, 422)
    assert SAID[obstacle] in page
    assert "None of these sessions was booked or moved." in page
    assert standing(world) == before
    times = re.findall(r'href="#(book-\d+)-(\d+)"', page)
    assert len(set(times)) == 3
    for row, value in times:
        assert f'name="{row}" id="{row}-{value}" value="{value}"' in page, "a button to choose it"
        assert value != data[row]
    assert f'value="{data["book-1"]}" checked' in page, "what was chosen stands"


def test_one_of_the_three_is_taken_with_the_rest(world: PlanWorld) -> None:
    data = as_proposed(world)
    taken(world, datetime.fromtimestamp(int(data["book-2"]), tz=world.place.zone))
    page = browse(world.user).post(desk(world), data).content.decode()
    row, value = re.findall(r'href="#(book-\d+)-(\d+)"', page)[0]
    assert row == "book-2"
    again = {**data, row: value, "form_token": str(uuid.uuid4())}
    assert browse(world.user).post(desk(world), again).status_code == 302
    assert len(standing(world)) == 6


@pytest.mark.parametrize(
    "forged",
    [
        {"price": "1", "minutes": "5", "status": "completed", "practitioner": "2"},
        {"client": "2", "client_id": "2", "source_ref": "plan:nothing", "for_staff": "1"},
    ],
)
def test_what_the_form_never_sends_changes_nothing(
    world: PlanWorld, forged: dict[str, str]
) -> None:
    data: dict[str, Any] = {**as_proposed(world, for_staff=False), **forged}
    assert browse(world.login).post(own(world), data).status_code == 302
    visits = [one.appointment for one in world.plan.visits.select_related("appointment")]
    assert len(visits) == 5
    for visit in visits:
        assert (visit.client, visit.practitioner) == (world.client, world.person)
        assert (visit.price, visit.status) == (world.service.price, "booked")
        assert visit.ends_at - visit.starts_at == timedelta(hours=1)


def test_a_time_that_has_passed(world: PlanWorld) -> None:
    passed = world.now.replace(minute=0, second=0, microsecond=0) - 9 * DAY
    data = {**as_proposed(world), "book-1": value_of(passed)}
    page = browse(world.user).post(desk(world), data).content.decode()
    assert "is in the past" in page
    assert len(set(re.findall(r'href="#book-1-(\d+)"', page))) == 3
    assert standing(world) == []
